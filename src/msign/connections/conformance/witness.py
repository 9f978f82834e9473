"""Takes down what test systems do at the API and at the sign page: the evidence for the six test cases.

Only the test environment, only what a case asks about, alike things in one row, and never more rows for a system or
more writing in a second than the bounds below: a load test costs evidence, not the database.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Callable, Iterator

from django.db import DatabaseError, transaction
from django.db.models import F

from msign.access.testimony import Testimony
from msign.access.values import Caller
from msign.connections.models import ObservedCall
from msign.kernel.clock import Clock, monotonic
from msign.kernel.words import Environment, SignStatus

log = logging.getLogger(__name__)

MAX_ROWS = 400  # of one system and kind; the oldest go first
WRITES_PER_SECOND = 20.0
BURST = 100.0
POSTED, FETCHED, REFUSED, VERIFIED, OPENED, BAD_NUMBER = "posted", "fetched", "refused", "verified", "opened", "number"


class Recorder:
    """The witness of a process."""

    def __init__(self, *, clock: Clock, seconds: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._seconds = seconds
        self._lock = threading.Lock()
        self._tokens = BURST
        self._filled = seconds()

    def saw(self, caller: Caller, testimony: Testimony) -> None:
        """Take one call down."""
        if caller.environment is Environment.TEST:
            for kind, key, facts in _told(testimony):
                self._keep(caller.system_id, kind, key, facts)

    def arrived(self, system_id: str, environment: Environment, request_id: str, *, bad_number: bool) -> None:
        """Take down that an e-service sent a person to the sign page of a pending request."""
        if environment is not Environment.TEST:
            return
        self._keep(system_id, OPENED, request_id, {})
        if bad_number:
            self._keep(system_id, BAD_NUMBER, request_id, {})

    def _keep(self, system_id: str, kind: str, key: str, facts: dict[str, object]) -> None:
        if not self._may_write():
            return
        try:
            keep(system_id, kind, key, facts, self._clock.now())
        except DatabaseError:
            log.exception("a call of a test system could not be taken down")

    def _may_write(self) -> bool:
        with self._lock:
            now = self._seconds()
            self._tokens = min(BURST, self._tokens + (now - self._filled) * WRITES_PER_SECOND)
            self._filled = now
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True


def keep(system_id: str, kind: str, key: str, facts: dict[str, object], now: dt.datetime) -> None:
    """Write one thing down, or count it to the alike one."""
    where = {"system": system_id, "kind": kind, "key": key[:120]}
    with transaction.atomic():
        if ObservedCall.objects.filter(**where).update(last_at=now, count=F("count") + 1):
            return
        ObservedCall.objects.get_or_create(**where, defaults={"facts": facts, "first_at": now, "last_at": now})
        _drop_oldest(system_id, kind)


def _told(one: Testimony) -> Iterator[tuple[str, str, dict[str, object]]]:
    """Yield what is kept of a call: kind, key, facts."""
    if one.outcome != "ok":
        yield (
            REFUSED,
            f"{one.operation} {one.outcome} {one.member}",
            {
                "operation": one.operation,
                "outcome": one.outcome,
                "member": one.member[:80],
            },
        )
    elif one.status and one.status != SignStatus.PENDING:
        yield FETCHED, one.request_id, {"status": one.status}
    elif one.verified:
        for item in one.verified[:20]:
            facts = {"sha256": item.sha256, "valid": item.valid, "signatures": item.signatures}
            yield VERIFIED, f"{item.sha256} {item.valid}", facts
    elif one.request_id and not one.status:
        yield POSTED, one.request_id, {}


def _drop_oldest(system_id: str, kind: str) -> None:
    kept = ObservedCall.objects.filter(system=system_id, kind=kind).order_by("-last_at", "-id")
    old = list(kept.values_list("id", flat=True)[MAX_ROWS:])
    if old:
        ObservedCall.objects.filter(id__in=old).delete()
