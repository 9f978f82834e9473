"""Working days in Moldova, and two clocks that stop while the other side must act."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from msign.connections.states import Side
from msign.kernel.clock import CHISINAU
from msign.kernel.errors import Code, MSignError

DAY = dt.timedelta(days=1)

# Labour Code, article 111: public holidays on fixed days (month, day).
FIXED_HOLIDAYS: dict[tuple[int, int], str] = {
    (1, 1): "Anul Nou",
    (1, 7): "Nașterea lui Iisus Hristos (stil vechi)",
    (1, 8): "Nașterea lui Iisus Hristos (stil vechi), a doua zi",
    (3, 8): "Ziua internațională a femeii",
    (5, 1): "Ziua internațională a solidarității oamenilor muncii",
    (5, 9): "Ziua Victoriei și a comemorării eroilor; Ziua Europei",
    (6, 1): "Ziua Ocrotirii Copilului",
    (8, 27): "Ziua Independenței",
    (8, 31): "Sărbătoarea „Limba noastră”",
    (12, 25): "Nașterea lui Iisus Hristos (stil nou)",
}
# Days counted from Orthodox Easter Sunday: Easter Monday, and the Monday of the commemoration of the dead.
_AFTER_EASTER = (0, 1, 8)


def orthodox_easter(year: int) -> dt.date:
    """Return Easter Sunday of the Julian reckoning as a Gregorian date (Meeus), right for 1900 to 2099.

    >>> orthodox_easter(2026)
    datetime.date(2026, 4, 12)
    """
    moon = (19 * (year % 19) + 15) % 30
    week = (2 * (year % 4) + 4 * (year % 7) - moon + 34) % 7
    month, day = divmod(moon + week + 114, 31)
    return dt.date(year, month, day + 1) + 13 * DAY


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """Tells working days. ``moved_free`` and ``moved_working`` hold the Government's decisions of each year."""

    moved_free: frozenset[dt.date] = frozenset()
    moved_working: frozenset[dt.date] = frozenset()

    def is_working(self, day: dt.date) -> bool:
        """Tell whether people work on ``day``."""
        if day in self.moved_working:
            return True
        return day.weekday() < 5 and day not in self.moved_free and not is_public_holiday(day)

    def add(self, start: dt.datetime, days: float) -> dt.datetime:
        """Return the moment ``days`` working days after ``start``; free days do not count at all."""
        moment, left = start.astimezone(CHISINAU), dt.timedelta(days=days)
        while True:
            midnight = _midnight(moment.date() + DAY)
            if self.is_working(moment.date()):
                if (free := midnight - moment) >= left:
                    return (moment + left).astimezone(dt.UTC)
                left -= free
            moment = midnight

    def between(self, start: dt.datetime, end: dt.datetime) -> float:
        """Return the working days from ``start`` to ``end``, with fractions; nothing for an empty span."""
        moment, last, total = start.astimezone(CHISINAU), end.astimezone(CHISINAU), dt.timedelta()
        while moment < last:
            upto = min(_midnight(moment.date() + DAY), last)
            if self.is_working(moment.date()):
                total += upto - moment
            moment = upto
        return total / DAY


def read_decisions(path: Path) -> WorkingCalendar:
    """Return the calendar with the Government's moved days of a TOML file: ``moved_free`` and ``moved_working``.

    Raises ``MSignError`` (``MISCONFIGURED``) for a file that is missing or holds anything but these lists of days.
    """
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _wrong(path, str(error)) from error
    if unknown := table.keys() - {"moved_free", "moved_working"}:
        raise _wrong(path, f"unknown: {', '.join(sorted(unknown))}")
    return WorkingCalendar(**{name: _days(path, name, days) for name, days in table.items()})


def _days(path: Path, name: str, days: object) -> frozenset[dt.date]:
    listed = days if isinstance(days, list) else [None]
    if not all(type(day) is dt.date for day in listed):
        raise _wrong(path, f"{name} is a list of days like 2026-01-02")
    return frozenset(listed)


def _wrong(path: Path, what: str) -> MSignError:
    return MSignError(Code.MISCONFIGURED, f"{path.name}: {what}", member="sla.holidays")


def is_public_holiday(day: dt.date) -> bool:
    """Tell whether ``day`` is a public holiday by law, whatever the Government moved."""
    return (day.month, day.day) in FIXED_HOLIDAYS or (day - orthodox_easter(day.year)).days in _AFTER_EASTER


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), CHISINAU)


@dataclass(frozen=True, slots=True)
class Turn:
    """From this moment on ``side`` must act; ``None`` when nobody must. ``phase`` names a promise that starts anew."""

    since: dt.datetime
    side: Side | None
    phase: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the two clocks show, in working days."""

    operator_days: float
    beneficiary_days: float
    running: Side | None
    due: dt.datetime | None = field(default=None)  # set only while the operator's clock runs
    limit_days: float | None = None

    @property
    def overdue(self) -> bool:
        """Whether the operator's promise is broken."""
        return self.limit_days is not None and self.operator_days > self.limit_days


def read_clocks(
    turns: Sequence[Turn], now: dt.datetime, calendar: WorkingCalendar, limit_days: float | None
) -> Reading:
    """Add up both sides' working days over the present phase, and say by when the operator must act."""
    present = _present_phase(turns)
    spans = list(zip(present, [*(turn.since for turn in present[1:]), now], strict=True))
    operator = _spent(spans, Side.OPERATOR, calendar)
    running = present[-1].side if present else None
    due = None
    if running is Side.OPERATOR and limit_days is not None:
        before = operator - calendar.between(present[-1].since, now)
        due = _last_moment(calendar.add(present[-1].since, max(0.0, limit_days - before)))
    return Reading(operator, _spent(spans, Side.BENEFICIARY, calendar), running, due, limit_days)


def _last_moment(due: dt.datetime) -> dt.datetime:
    """Midnight ends a day: what is due then is due on the day before, and people read the day."""
    return due - dt.timedelta(minutes=1) if due.astimezone(CHISINAU).time() == dt.time() else due


def _present_phase(turns: Sequence[Turn]) -> list[Turn]:
    present: list[Turn] = []
    for turn in turns:
        if present and turn.phase != present[-1].phase:
            present = []
        present.append(turn)
    return present


def _spent(spans: Iterable[tuple[Turn, dt.datetime]], side: Side, calendar: WorkingCalendar) -> float:
    return sum(calendar.between(turn.since, end) for turn, end in spans if turn.side is side)


def percentile_days(durations: Sequence[float], share: float) -> int | None:
    """Return within how many whole working days ``share`` (0..1) of the cases were done; ``None`` below five cases."""
    if len(durations) < 5:
        return None
    ordered = sorted(durations)
    place = max(0, -(-int(share * 100) * len(ordered) // 100) - 1)
    return max(1, -int(-ordered[place] // 1))
