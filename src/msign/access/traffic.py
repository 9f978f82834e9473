"""What let-in systems call: counted in memory, written down once a second, so that a call waits for no statistics.

A killed process loses the counts of its last second, nothing else. The trail, not this, is the record of what happened.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections import Counter
from dataclasses import dataclass

from django.db import DatabaseError, connections, transaction
from django.db.models import F, Max, Sum

from msign.access.models import CallCount
from msign.access.values import Caller
from msign.kernel.clock import CHISINAU, Clock
from msign.kernel.words import Environment

log = logging.getLogger(__name__)

FLUSH_SECONDS = 1.0
KEPT_DAYS = 400  # a year and its comparison with the one before
MAX_KINDS = 10_000  # different calls of one second; more are not counted


@dataclass(frozen=True, slots=True)
class CallKind:
    """Calls that are counted together. ``outcome`` is ``ok`` or the code of the fault."""

    system_id: str
    environment: Environment
    serial: str
    address: str
    operation: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Calls:
    """How often, on which day (of Chisinau), and when last."""

    kind: CallKind
    day: dt.date
    count: int
    last_at: dt.datetime
    tls: str = ""  # of the last of them


class CallMeter:
    """Counts answered calls; give it to the faces as their observer. ``close`` writes down what is left."""

    def __init__(self, *, clock: Clock, flush_seconds: float | None = FLUSH_SECONDS) -> None:
        """``flush_seconds`` of ``None``: only ``flush`` writes."""
        self._clock = clock
        self._flush_seconds = flush_seconds
        self._lock = threading.Lock()
        self._counts: Counter[CallKind] = Counter()
        self._last: dict[CallKind, tuple[dt.datetime, str]] = {}
        self._pruned: dt.date | None = None
        self._thread: threading.Thread | None = None
        self._closed = threading.Event()

    def answered(self, caller: Caller, operation: str, outcome: str) -> None:
        """Count one call."""
        kind = CallKind(
            caller.system_id,
            caller.environment,
            caller.certificate_serial,
            caller.address[:64],
            operation[:40],
            outcome[:40],
        )
        with self._lock:
            if kind not in self._counts and len(self._counts) >= MAX_KINDS:
                return
            self._counts[kind] += 1
            self._last[kind] = (self._clock.now(), caller.tls)
            self._start()

    def flush(self) -> None:
        """Write down what was counted since the last time."""
        with self._lock:
            counts, last = self._counts, self._last
            self._counts, self._last = Counter(), {}
        if not counts:
            return
        try:
            with transaction.atomic():
                for kind, count in counts.items():
                    _add(kind, count, *last[kind])
                self._prune()
        except DatabaseError:
            log.exception("%s calls could not be counted", counts.total())

    def _prune(self) -> None:
        """Drop what is too old, once a day."""
        today = self._clock.now().astimezone(CHISINAU).date()
        if self._pruned != today:
            CallCount.objects.filter(day__lt=today - dt.timedelta(days=KEPT_DAYS)).delete()
            self._pruned = today

    def close(self) -> None:
        """Stop, and write down the rest."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join()
        self.flush()

    def _start(self) -> None:
        if self._thread is None and self._flush_seconds is not None:
            self._thread = threading.Thread(target=self._keep_flushing, name="call meter", daemon=True)
            self._thread.start()

    def _keep_flushing(self) -> None:
        while not self._closed.wait(self._flush_seconds):
            self.flush()
        connections.close_all()


def calls(
    system_id: str, environment: Environment, *, since: dt.date | None = None, limit: int = 1000
) -> tuple[Calls, ...]:
    """Return what a system called, latest first."""
    rows = CallCount.objects.filter(system_id=system_id, environment=environment.value)
    if since is not None:
        rows = rows.filter(day__gte=since)
    return tuple(_calls(row) for row in rows.order_by("-last_at", "-id")[:limit])


@dataclass(frozen=True, slots=True)
class Total:
    """All calls of a day with one operation and outcome, whichever certificate and address they came with."""

    day: dt.date
    operation: str
    outcome: str
    count: int
    last_at: dt.datetime


def totals(system_id: str, environment: Environment, *, since: dt.date) -> tuple[Total, ...]:
    """Return what a system called day by day, oldest first; one row for each operation and outcome."""
    rows = CallCount.objects.filter(system_id=system_id, environment=environment.value, day__gte=since)
    grouped = rows.values("day", "operation", "outcome").annotate(calls=Sum("count"), last=Max("last_at"))
    return tuple(
        Total(row["day"], row["operation"], row["outcome"], row["calls"], row["last"])
        for row in grouped.order_by("day", "operation", "outcome")
    )


def last_used(system_id: str, environment: Environment, serial: str) -> dt.datetime | None:
    """Return when a certificate was last used: an old one that nobody uses any more is safe to remove."""
    rows = CallCount.objects.filter(system_id=system_id, environment=environment.value, serial=serial)
    return rows.order_by("-last_at").values_list("last_at", flat=True).first()


def _add(kind: CallKind, count: int, last_at: dt.datetime, tls: str) -> None:
    key = {
        "system_id": kind.system_id,
        "environment": kind.environment.value,
        "serial": kind.serial,
        "address": kind.address,
        "operation": kind.operation,
        "outcome": kind.outcome,
        "day": last_at.astimezone(CHISINAU).date(),
    }
    CallCount.objects.get_or_create(**key, defaults={"last_at": last_at})
    CallCount.objects.filter(**key).update(count=F("count") + count, last_at=last_at, tls=tls[:16])


def _calls(row: CallCount) -> Calls:
    kind = CallKind(row.system_id, Environment(row.environment), row.serial, row.address, row.operation, row.outcome)
    return Calls(kind, row.day, row.count, row.last_at, row.tls)
