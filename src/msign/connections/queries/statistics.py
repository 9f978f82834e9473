"""How long steps take, what is open and overdue, month by month. Applicants and the operator read the same numbers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q
from django.db.models.functions import TruncMonth

from msign.connections import clocks
from msign.connections.calendar import percentile_days
from msign.connections.models import Case, HistoryEvent, StepTime
from msign.connections.ports import Desk
from msign.connections.states import Action, Side, State
from msign.connections.values import Promise
from msign.kernel.clock import CHISINAU

MONTHS = 12
SHARES = (0.5, 0.8, 0.95)
OPERATOR_STEPS = ("review", "documents", "test", "validation", "production")
BENEFICIARY_STEPS = ("signing", "technical-data", "testing")


@dataclass(frozen=True, slots=True)
class StepNumbers:
    """One step over the months looked at: how many were finished, and within how many days; what stands there now.

    ``within`` holds whole working days for each of ``SHARES``, ``None`` below five finished cases.
    """

    step: str
    side: Side
    finished: int
    within: tuple[int | None, ...]
    limit_days: float | None
    kept: int  # finished within the promise
    open: int
    overdue: int


@dataclass(frozen=True, slots=True)
class MonthNumbers:
    """One month: requests that came in and connections activated, and how fast reviews were."""

    month: dt.date
    received: int
    activated: int
    review_within: int | None  # working days for eight of ten


@dataclass(frozen=True, slots=True)
class Statistics:
    """Everything on the page of statistics."""

    steps: tuple[StepNumbers, ...]
    months: tuple[MonthNumbers, ...]


def promise(desk: Desk) -> Promise:
    """Return what applicants may expect: the limit, and within how many days eight of ten were reviewed lately."""
    review = StepTime.objects.filter(step="review", closed__gte=_since(desk)).values_list("operator_days", flat=True)
    return Promise(desk.policy.connection_days, percentile_days(list(review), 0.8))


def statistics(desk: Desk) -> Statistics:
    """Return the numbers of the last twelve months and of this moment."""
    since = _since(desk)
    standing = _standing(desk)
    steps = [_step(desk, name, side, since, standing) for side, names in _SIDES for name in names]
    return Statistics(tuple(steps), _months(since))


_SIDES = ((Side.OPERATOR, OPERATOR_STEPS), (Side.BENEFICIARY, BENEFICIARY_STEPS))


def _since(desk: Desk) -> dt.datetime:
    """The first moment of the month eleven months ago."""
    today = desk.clock.now().astimezone(CHISINAU)
    index = today.year * 12 + today.month - MONTHS
    return dt.datetime(index // 12, index % 12 + 1, 1, tzinfo=CHISINAU)


def _step(desk: Desk, name: str, side: Side, since: dt.datetime, standing: dict[str, tuple[int, int]]) -> StepNumbers:
    column = "operator_days" if side is Side.OPERATOR else "beneficiary_days"
    rows = StepTime.objects.filter(step=name, closed__gte=since).values_list(column, "limit_days")
    days = [one for one, _limit in rows]
    state = next(state for state, step in clocks.STEPS.items() if step == name)
    limit = clocks.step_limit(state, desk.policy)
    return StepNumbers(
        step=name,
        side=side,
        finished=len(days),
        within=tuple(percentile_days(days, share) for share in SHARES),
        limit_days=limit,
        kept=sum(1 for one, promised in rows if promised is not None and one <= promised),
        open=standing.get(name, (0, 0))[0],
        overdue=standing.get(name, (0, 0))[1],
    )


def _standing(desk: Desk) -> dict[str, tuple[int, int]]:
    """How many cases stand in each step now, and how many of them are overdue."""
    late = Count("pk", filter=Q(due__lte=desk.clock.now()))
    rows = Case.objects.values_list("state").annotate(number=Count("pk"), late=late)
    found: dict[str, tuple[int, int]] = {}
    for state, number, overdue in rows:
        if step := clocks.STEPS.get(State(state)):
            before = found.get(step, (0, 0))
            found[step] = (before[0] + number, before[1] + overdue)
    return found


def _months(since: dt.datetime) -> tuple[MonthNumbers, ...]:
    received, activated = (_events_by_month(action, since) for action in (Action.SUBMIT, Action.ACTIVATE))
    review: dict[dt.date, list[float]] = {}
    for row in StepTime.objects.filter(step="review", closed__gte=since):
        if row.closed is not None:
            review.setdefault(_month(row.closed), []).append(row.operator_days)
    return tuple(
        MonthNumbers(
            month, received.get(month, 0), activated.get(month, 0), percentile_days(review.get(month, []), 0.8)
        )
        for month in _month_names(since)
    )


def _events_by_month(action: Action, since: dt.datetime) -> dict[dt.date, int]:
    rows = HistoryEvent.objects.filter(action=action.value, moment__gte=since)
    months = rows.annotate(month=TruncMonth("moment", tzinfo=CHISINAU)).values_list("month").annotate(Count("pk"))
    return {month.date(): number for month, number in months.order_by("month")}


def _month(moment: dt.datetime) -> dt.date:
    return moment.astimezone(CHISINAU).date().replace(day=1)


def _month_names(since: dt.datetime) -> Sequence[dt.date]:
    first = since.year * 12 + since.month - 1
    return [dt.date(index // 12, index % 12 + 1, 1) for index in range(first, first + MONTHS)]
