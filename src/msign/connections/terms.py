"""How long a contract holds, and when its parties are reminded of its end. Pure: no clock, no rows."""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TermPolicy:
    """The term of new contracts; none is published, so by default a contract holds until a party ends it."""

    months: int = 0  # 0: no term
    reminder_days: tuple[int, ...] = (60, 30, 7)  # before the last day


def last_day(first: dt.date, policy: TermPolicy) -> dt.date | None:
    """Return the last day of a contract that came into force on ``first``; ``None`` without a term.

    >>> last_day(dt.date(2026, 3, 2), TermPolicy(months=12))
    datetime.date(2027, 3, 1)
    >>> last_day(dt.date(2027, 8, 31), TermPolicy(months=6))
    datetime.date(2028, 2, 28)
    """
    if not policy.months:
        return None
    years, month = divmod(first.month - 1 + policy.months, 12)
    year, length = first.year + years, calendar.monthrange(first.year + years, month + 1)[1]
    return dt.date(year, month + 1, min(first.day, length)) - dt.timedelta(days=1)


def rungs_passed(ends: dt.date, today: dt.date, policy: TermPolicy) -> int:
    """Return how many steps of the ladder of reminders lie behind ``today``; none once the last day is over."""
    left = (ends - today).days
    return 0 if left < 0 else sum(1 for days in policy.reminder_days if left <= days)
