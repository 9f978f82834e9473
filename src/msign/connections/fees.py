"""What a connection costs, when it must be paid, and what follows when it is not. Tariffs are dated data."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Iterable
from dataclasses import dataclass

from msign.connections.words import Sentence, say


class Kind(enum.StrEnum):
    """What kind of party a beneficiary is."""

    PUBLIC = "public"
    PRIVATE = "private"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Tariff:
    """A price a year for each information system, in bani, from a day on."""

    service: str
    kind: Kind
    bani: int
    valid_from: dt.date
    source: str


_SINCE = dt.date(2024, 1, 1)
TARIFFS: tuple[Tariff, ...] = (
    Tariff("msign", Kind.PUBLIC, 0, _SINCE, "published: free for public institutions"),
    Tariff("msign", Kind.PRIVATE, 15_200_00, _SINCE, "published: 15 200 lei a year and information system"),
    Tariff("msign", Kind.PERSON, 15_200_00, _SINCE, "published: 15 200 lei a year and information system"),
    Tariff("mpass", Kind.PUBLIC, 0, _SINCE, "published: free for public institutions"),
    Tariff("mpass", Kind.PRIVATE, 10_800_00, _SINCE, "published: 10 800 lei a year"),
    Tariff("mpass", Kind.PERSON, 10_800_00, _SINCE, "published: 10 800 lei a year"),
)


def tariff_on(day: dt.date, service: str, kind: Kind, tariffs: Iterable[Tariff] = TARIFFS) -> Tariff | None:
    """Return the tariff in force on ``day``; ``None`` when the service has no price for this kind."""
    listed = [t for t in tariffs if t.service == service and t.kind is kind and t.valid_from <= day]
    return max(listed, key=lambda t: t.valid_from, default=None)


class Before(enum.StrEnum):
    """What an invoice must be paid before. Setting ``fee.required_before``."""

    TEST = "test"
    PRODUCTION = "production"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class FeePolicy:
    """Terms of payment; all are settings, since none is published."""

    due_days: int = 30
    grace_days: int = 30
    reminder_days: tuple[int, ...] = (7, 0, -7, -21)  # before (+) and after (-) the due day
    renewal_notice_days: int = 45  # a new yearly invoice is issued so long before the period ends
    required_before: Before = Before.PRODUCTION


class Standing(enum.StrEnum):
    """How an invoice stands."""

    OPEN = "open"
    PAID = "paid"
    OVERDUE = "overdue"
    SUSPENDS = "suspends"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Dues:
    """The dates of one invoice."""

    issued: dt.date
    due: dt.date
    paid: dt.date | None = None
    cancelled: bool = False


def due_day(issued: dt.date, policy: FeePolicy) -> dt.date:
    """Return the last day of payment of an invoice issued on this day."""
    return issued + dt.timedelta(days=policy.due_days)


def standing(dues: Dues, today: dt.date, policy: FeePolicy) -> Standing:
    """Return how the invoice stands today: overdue after its due day, suspending after the days of grace."""
    if dues.cancelled:
        return Standing.CANCELLED
    if dues.paid is not None:
        return Standing.PAID
    late = (today - dues.due).days
    if late <= 0:
        return Standing.OPEN
    return Standing.SUSPENDS if late > policy.grace_days else Standing.OVERDUE


def reminders_due(dues: Dues, today: dt.date, policy: FeePolicy) -> int:
    """Return how many steps of the ladder of reminders lie behind an unpaid invoice; none for a paid one."""
    if standing(dues, today, policy) in (Standing.PAID, Standing.CANCELLED):
        return 0
    return sum(1 for step in policy.reminder_days if (dues.due - today).days <= step)


def renewal_day(period_end: dt.date, policy: FeePolicy) -> dt.date:
    """Return the day on which the invoice of the next year is issued."""
    return period_end - dt.timedelta(days=policy.renewal_notice_days)


def year_after(day: dt.date) -> dt.date:
    """Return the last day of the year that begins on ``day``; 29 February counts as 28."""
    try:
        return day.replace(year=day.year + 1) - dt.timedelta(days=1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)


def payment_gaps(invoices: Iterable[Dues], *, owed: bool, stage: Before, policy: FeePolicy) -> tuple[Sentence, ...]:
    """Return what stands in the way of ``stage`` on the side of money."""
    if not owed or policy.required_before is Before.NONE:
        return ()
    if policy.required_before is Before.PRODUCTION and stage is Before.TEST:
        return ()
    listed = [invoice for invoice in invoices if not invoice.cancelled]
    if not listed:
        return (say("The invoice for the first year has not been issued yet."),)
    return (say("The invoice has not been paid yet."),) if any(invoice.paid is None for invoice in listed) else ()


def in_lei(bani: int) -> str:
    """Return an amount as people write it: ``15 200,00``, thousands by a no-break space.

    >>> in_lei(1520000).replace(chr(160), " ")
    '15 200,00'
    """
    lei, rest = divmod(bani, 100)
    return f"{lei:,}".replace(",", "\u00a0") + f",{rest:02}"
