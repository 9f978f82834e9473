"""What running API processes enforce: each reports the state of access that its decisions rest on.

So a page can tell "written" from "in force everywhere". Whoever has not reported for a while does not run any more.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from django.db import DatabaseError, connections

from msign.access.models import ListenerReport
from msign.kernel.clock import Clock
from msign.kernel.words import Environment

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.5  # how soon a process confirms a change
BEAT_SECONDS = 5.0  # how often it says that it still runs
SILENT = dt.timedelta(seconds=20)  # then it does not count any more


@dataclass(frozen=True, slots=True)
class Report:
    """One running API process."""

    environment: Environment
    generation: int
    seen_at: dt.datetime


class Reporter:
    """Reports for one process until ``close``. ``generation`` is asked of the very gate that decides."""

    def __init__(self, *, environment: Environment, generation: Callable[[], int], clock: Clock) -> None:
        self._id = uuid.uuid4().hex
        self._environment = environment
        self._generation = generation
        self._clock = clock
        self._said: tuple[int, dt.datetime] | None = None
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="listener report", daemon=True)

    def start(self) -> None:
        """Begin to report, in a thread of its own."""
        self._thread.start()

    def close(self) -> None:
        """Stop, and take the report back."""
        self._closed.set()
        self._thread.join()

    def report(self) -> None:
        """Say what is enforced now, if it is news or time for a sign of life."""
        number, now = self._generation(), self._clock.now()
        if self._said is not None:
            before, moment = self._said
            if before == number and (now - moment).total_seconds() < BEAT_SECONDS:
                return
        facts = {"environment": self._environment.value, "generation": number, "seen_at": now}
        ListenerReport.objects.update_or_create(pk=self._id, defaults=facts)
        ListenerReport.objects.filter(seen_at__lt=now - SILENT).delete()
        self._said = (number, now)

    def _run(self) -> None:
        while not self._closed.wait(LOOK_SECONDS):
            _guarded(self.report)
        _guarded(lambda: ListenerReport.objects.filter(pk=self._id).delete())
        connections.close_all()


def reports(now: dt.datetime, environment: Environment | None = None) -> tuple[Report, ...]:
    """Return the processes that run, of one environment or of all."""
    rows = ListenerReport.objects.filter(seen_at__gte=now - SILENT).order_by("environment", "id")
    if environment is not None:
        rows = rows.filter(environment=environment.value)
    return tuple(Report(Environment(row.environment), row.generation, row.seen_at) for row in rows)


def _guarded(action: Callable[[], object]) -> None:
    """A database that is away costs a report, never the process."""
    try:
        action()
    except DatabaseError as error:
        log.warning("the report of the listener was not written: %s", error)
        connections.close_all()
