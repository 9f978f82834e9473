"""How a request ends: compare-and-set from Pending, session closed, audit event, all in one transaction.

Whoever comes second changes nothing and is told so. The audit row precedes the release: both become visible with the
same commit.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from django.db import transaction

from msign.audit import events
from msign.kernel.words import FailureReason, SignStatus
from msign.signrequests import figures, usage
from msign.signrequests.models import SignContent, SigningSession, SignRequest
from msign.signrequests.rules import Rules
from msign.signrequests.values import DelegationProof

SIGNED = "signed"


@dataclass(frozen=True, slots=True)
class Release:
    """What a judged and stored result consists of; ``signatures`` maps positions to (key, SHA-256)."""

    certificate: bytes
    certificate_sha256: str
    signer_id: str | None
    provider: str
    signatures: Mapping[int, tuple[str, str]]
    size: int = 0  # bytes of all signatures
    notes: tuple[str, ...] = ()
    delegation: DelegationProof | None = None


class _TooLateError(Exception):
    """Somebody else ended the request first."""


def succeed(session: SigningSession, release: Release, now: dt.datetime) -> bool:
    """Release the signatures, unless the person cancelled or the request ended meanwhile; tell whether it was done."""
    try:
        with transaction.atomic():
            _close(session, SIGNED, now, cancelling=False)
            kept = asdict(release.delegation) if release.delegation else None
            _finish(
                session.request_id,
                SignStatus.SUCCESS,
                now,
                release.size,
                certificate=release.certificate,
                delegation=kept,
            )
            for position, (key, _digest) in release.signatures.items():
                SignContent.objects.filter(request_id=session.request_id, position=position).update(signature_key=key)
            events.request_signed(
                at=now,
                request_id=session.request_id,
                provider=release.provider,
                signer_id=release.signer_id,
                certificate_sha256=release.certificate_sha256,
                signatures=tuple(release.signatures[position][1] for position in sorted(release.signatures)),
                notes=release.notes,
            )
    except _TooLateError:
        return False
    return True


def fail(session: SigningSession, reason: FailureReason, text: str, now: dt.datetime, *, keep_open: bool) -> bool:
    """End the attempt without signatures; the request ends with it unless ``keep_open``. Tell whether it was done."""
    try:
        with transaction.atomic():
            _close(session, reason.value, now)
            if keep_open:
                events.session_failed(at=now, request_id=session.request_id, session=session.order_id, reason=reason)
            else:
                _finish(session.request_id, SignStatus.FAILURE, now, failure=reason.value, failure_text=text[:200])
                events.request_failed(at=now, request_id=session.request_id, reason=reason)
    except _TooLateError:
        return False
    return True


def close_stray(session: SigningSession, now: dt.datetime) -> None:
    """Close a session whose request has ended without it."""
    with transaction.atomic():
        SigningSession.objects.filter(pk=session.pk, active=True).update(
            active=False, ended_at=now, outcome="stray", msisdn=""
        )


def cancel_unstarted(request_id: str, now: dt.datetime) -> bool:
    """End a pending request that nobody is signing; tell whether it was done."""
    try:
        with transaction.atomic():
            _finish(request_id, SignStatus.FAILURE, now, unattended=True, failure=FailureReason.CANCELLED.value)
            events.request_failed(at=now, request_id=request_id, reason=FailureReason.CANCELLED)
    except _TooLateError:
        return False
    return True


def expire_if_due(row: SignRequest, now: dt.datetime) -> bool:
    """Expire a pending request whose time is over; tell whether its status changed here or meanwhile."""
    if row.status != SignStatus.PENDING.value or row.expires_at > now:
        return False
    try:
        with transaction.atomic():
            _finish(row.pk, SignStatus.EXPIRED, now, unattended=True, expires_at__lte=now)
            events.request_expired(at=now, request_id=row.pk)
    except _TooLateError:
        return SignRequest.objects.filter(pk=row.pk).exclude(status=SignStatus.PENDING.value).exists()
    return True


def kept_no_longer(row: SignRequest, rules: Rules, now: dt.datetime) -> bool:
    """Tell whether the online retention of a finished request is over."""
    finished = row.finished_at
    return finished is not None and rules.kept_until(row.system_id, row.created_at, finished) <= now


def _close(session: SigningSession, outcome: str, now: dt.datetime, **also: object) -> None:
    rows = SigningSession.objects.filter(pk=session.pk, active=True, **also)
    if rows.update(active=False, ended_at=now, outcome=outcome, msisdn="", state=None) != 1:
        raise _TooLateError
    figures.ended(session, outcome, now)


def _finish(
    request_id: str,
    status: SignStatus,
    now: dt.datetime,
    released: int = 0,
    *,
    unattended: bool = False,
    **columns: object,
) -> None:
    conditions = {name: columns.pop(name) for name in list(columns) if name.endswith("__lte")}
    rows = SignRequest.objects.filter(pk=request_id, status=SignStatus.PENDING.value, **conditions)
    if unattended:
        rows = rows.exclude(sessions__active=True)
    if rows.update(status=status.value, finished_at=now, **columns) != 1:
        raise _TooLateError
    usage.finished(request_id, released=released)
