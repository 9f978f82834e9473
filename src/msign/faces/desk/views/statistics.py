"""How long steps take: the page of the operator. Charts are drawn by the server; each has its table beside it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy

from msign.connections.actors import require
from msign.connections.queries.statistics import SHARES, MonthNumbers, StepNumbers, promise, statistics
from msign.connections.roles import Right
from msign.connections.states import Side
from msign.faces.desk.base import DeskPage
from msign.faces.desk.tables import csv_file

STEPS = {
    "review": gettext_lazy("Review of the request"),
    "documents": gettext_lazy("Writing the documents"),
    "signing": gettext_lazy("Signing the documents"),
    "technical-data": gettext_lazy("Certificate and addresses"),
    "test": gettext_lazy("Opening test access"),
    "testing": gettext_lazy("Testing"),
    "validation": gettext_lazy("Validation"),
    "production": gettext_lazy("Activating production"),
}
_HEIGHT = 160  # of a chart, in its own units


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart, in the chart's own units."""

    y: float
    height: float
    label: dt.date
    value: int
    tone: str


class Statistics(DeskPage):
    """Times by step with percentiles, what is open and overdue, and the last twelve months."""

    def get(self, request: HttpRequest) -> HttpResponse:
        require(self.actor, Right.SEE_QUEUE)
        found = statistics(self.desk)
        if "csv" in request.GET:
            require(self.actor, Right.EXPORT)
            return csv_file("statistics.csv", _HEAD, map(_row, found.steps))
        ours = [one for one in found.steps if one.side is Side.OPERATOR]
        theirs = [one for one in found.steps if one.side is Side.BENEFICIARY]
        return self.page(
            "desk/statistics.html",
            {
                "promise": promise(self.desk),
                "ours": [_shown(one) for one in ours],
                "theirs": [_shown(one) for one in theirs],
                "months": found.months,
                "received": _bars([(one.month, one.received) for one in found.months], "received"),
                "activated": _bars([(one.month, one.activated) for one in found.months], "activated"),
                "most": _most(found.months),
                "open": sum(one.open for one in found.steps),
                "overdue": sum(one.overdue for one in found.steps),
                "may_export": self.actor.may(Right.EXPORT),
            },
        )


def _shown(one: StepNumbers) -> dict[str, Any]:
    """A step with the widths of its bars: the promise is the whole length, a longer time fills it."""
    longest = max([one.limit_days or 0, *(days or 0 for days in one.within)]) or 1
    bars = [
        {
            "share": round(10 * share) if share != 0.95 else 0,
            "percent": round(100 * share),
            "days": days,
            "width": 0 if days is None else round(100 * days / longest, 1),
            "late": bool(days and one.limit_days and days > one.limit_days),
        }
        for share, days in zip(SHARES, one.within, strict=True)
    ]
    limit = round(100 * one.limit_days / longest, 1) if one.limit_days else None
    kept = round(100 * one.kept / one.finished) if one.finished and one.limit_days else None
    return {"name": STEPS[one.step], "numbers": one, "bars": bars, "limit_at": limit, "kept_percent": kept}


def _most(months: tuple[MonthNumbers, ...]) -> int:
    return max([1, *(one.received for one in months), *(one.activated for one in months)])


def _bars(values: list[tuple[dt.date, int]], tone: str) -> list[Bar]:
    most = max([1, *(value for _month, value in values)])
    heights = [round(_HEIGHT * value / most, 1) for _month, value in values]
    return [
        Bar(round(_HEIGHT - height, 1), height, month, value, tone)
        for height, (month, value) in zip(heights, values, strict=True)
    ]


_HEAD = (
    "step",
    "whose",
    "finished",
    "half within",
    "8 of 10 within",
    "95 % within",
    "limit",
    "kept",
    "open",
    "overdue",
)


def _row(one: StepNumbers) -> tuple[object, ...]:
    within = ["" if days is None else days for days in one.within]
    return (one.step, one.side, one.finished, *within, one.limit_days or "", one.kept, one.open, one.overdue)
