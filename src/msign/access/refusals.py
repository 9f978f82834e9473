"""Refused calls, kept for whoever has to find out why; bounded in number and in how often they make us write."""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from django.db import DatabaseError, transaction
from django.db.models import F

from msign.access.certificates import MAX_CERTIFICATE_BYTES, Presented
from msign.access.models import RefusedCall
from msign.access.values import UNKNOWN, Circumstances, DenialReason, Denied
from msign.kernel.clock import Clock, monotonic
from msign.kernel.words import Environment

log = logging.getLogger(__name__)

MAX_ROWS = 1000  # of strangers, and as many of callers with a certificate of ours; the oldest go first
WRITES_PER_SECOND = 5.0  # a flood of refused calls costs no more than this, for each of the two groups
BURST = 20.0
# Anybody can make such calls; they must not crowd out those of somebody whose certificate an accepted authority issued.
_STRANGERS = (DenialReason.NO_CERTIFICATE, DenialReason.UNREADABLE_CERTIFICATE, DenialReason.UNTRUSTED_ISSUER)


@dataclass(frozen=True, slots=True)
class RefusedAttempt:
    """Calls that were refused for the same reason, from one address with one certificate."""

    id: int
    environment: Environment
    address: str
    reason: DenialReason
    serial: str
    subject: str
    der: bytes
    first_at: dt.datetime
    last_at: dt.datetime
    count: int
    tls: str = ""  # of the last of them
    operation: str = ""
    fingerprint: str = ""


class RefusalLog:
    """Writes refused calls down. Never fails a call: what cannot be written is logged and forgotten."""

    def __init__(self, *, clock: Clock, seconds: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._strangers, self._others = _Bucket(seconds), _Bucket(seconds)

    def note(
        self,
        environment: Environment,
        denied: Denied,
        certificate: Presented | None,
        circumstances: Circumstances = UNKNOWN,
    ) -> None:
        """Keep one refusal, unless too many came in the last seconds."""
        if not (self._strangers if denied.reason in _STRANGERS else self._others).take():
            return
        try:
            _keep(environment, denied, certificate, circumstances, self._clock.now())
        except DatabaseError:
            log.exception("a refused call could not be kept")


class _Bucket:
    """Refills steadily; what it holds may be spent at once."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._tokens = BURST
        self._filled = seconds()

    def take(self) -> bool:
        with self._lock:
            now = self._seconds()
            self._tokens = min(BURST, self._tokens + (now - self._filled) * WRITES_PER_SECOND)
            self._filled = now
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True


def refused_attempts(
    *,
    environment: Environment | None = None,
    serials: tuple[str, ...] | None = None,
    since: dt.datetime | None = None,
    limit: int = 50,
) -> tuple[RefusedAttempt, ...]:
    """Return what was refused, newest first; of some certificates only, if their serial numbers are given."""
    rows = RefusedCall.objects.order_by("-last_at", "-id")
    if environment is not None:
        rows = rows.filter(environment=environment.value)
    if serials is not None:
        rows = rows.filter(serial__in=serials)
    if since is not None:
        rows = rows.filter(last_at__gte=since)
    return tuple(_attempt(row) for row in rows[:limit])


def refused_attempt(number: int) -> RefusedAttempt | None:
    """Return one of them. Who may see it is the asker's to judge."""
    row = RefusedCall.objects.filter(pk=number).first()
    return _attempt(row) if row else None


def _keep(
    environment: Environment,
    denied: Denied,
    certificate: Presented | None,
    circumstances: Circumstances,
    now: dt.datetime,
) -> None:
    key = {
        "environment": environment.value,
        "fingerprint": certificate.fingerprint if certificate else "",
        "address": denied.address[:64],
        "reason": denied.reason.value,
    }
    latest = {"last_at": now, "tls": circumstances.tls[:16], "operation": circumstances.operation[:40]}
    with transaction.atomic():
        if RefusedCall.objects.filter(**key).update(**latest, count=F("count") + 1):
            return
        der = certificate.der if certificate and len(certificate.der) <= MAX_CERTIFICATE_BYTES else b""
        subject = certificate.subject[:255] if certificate else ""
        more = {"serial": denied.serial[:64], "subject": subject, "der": der, "first_at": now, **latest}
        RefusedCall.objects.get_or_create(**key, defaults=more)
        _drop_oldest(denied.reason)


def _drop_oldest(reason: DenialReason) -> None:
    group = RefusedCall.objects.order_by("-last_at", "-id")
    group = group.filter(reason__in=_STRANGERS) if reason in _STRANGERS else group.exclude(reason__in=_STRANGERS)
    old = list(group.values_list("id", flat=True)[MAX_ROWS:])
    if old:
        RefusedCall.objects.filter(id__in=old).delete()


def _attempt(row: RefusedCall) -> RefusedAttempt:
    return RefusedAttempt(
        id=row.pk,
        environment=Environment(row.environment),
        address=row.address,
        reason=DenialReason(row.reason),
        serial=row.serial,
        subject=row.subject,
        der=bytes(row.der),
        first_at=row.first_at,
        last_at=row.last_at,
        count=row.count,
        tls=row.tls,
        operation=row.operation,
        fingerprint=row.fingerprint,
    )
