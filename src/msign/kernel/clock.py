"""Where time comes from. The only module that asks the system; a lint rule keeps it so."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass, field
from typing import Protocol
from zoneinfo import ZoneInfo

CHISINAU = ZoneInfo("Europe/Chisinau")


def state_time(moment: dt.datetime) -> dt.datetime:
    """Return a moment in Chișinău time. The last one there is stays what it is: certificates without an end say
    99991231235959Z (RFC 5280, 4.1.2.5), and two hours later there is no year.
    """
    try:
        return moment.astimezone(CHISINAU)
    except OverflowError:
        return moment


class Clock(Protocol):
    """Tells the time; passed in, so that tests choose it."""

    def now(self) -> dt.datetime:
        """Return the present moment, aware, in UTC."""
        ...


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's own clock."""

    def now(self) -> dt.datetime:
        """Return the present moment, aware, in UTC."""
        return dt.datetime.now(dt.UTC)


@dataclass(slots=True)
class FixedClock:
    """A clock for tests: stands still until moved."""

    moment: dt.datetime = field(default_factory=lambda: dt.datetime(2026, 3, 2, 9, 15, 30, tzinfo=dt.UTC))

    def now(self) -> dt.datetime:
        """Return the moment it was set to."""
        return self.moment

    def move(self, **delta: float) -> None:
        """Move forward by ``timedelta(**delta)``."""
        self.moment += dt.timedelta(**delta)


def monotonic() -> float:
    """Return seconds that never run backwards, for deadlines and durations."""
    return time.perf_counter()
