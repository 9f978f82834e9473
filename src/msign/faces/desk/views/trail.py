"""The audit trail at the desk, and the decisions behind what the gateway enforces."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import urlencode
from django.utils.translation import gettext, gettext_lazy

from msign.audit.queries import RecordedEvent
from msign.audit.tags import Tag
from msign.connections import trailcheck
from msign.connections.queries.cases import case_view
from msign.connections.queries.trail import AREAS, MOST_COUNTED, TrailSearch, enforced, trail, whole_trail
from msign.connections.roles import Right
from msign.connections.suspension import NAMES as FLAGS
from msign.connections.suspension import Flag
from msign.faces.desk import words
from msign.faces.desk.base import DeskPage
from msign.faces.desk.tables import csv_file
from msign.kernel.clock import CHISINAU

AREA_NAMES = {
    "signrequests": gettext_lazy("Signing"),
    "access": gettext_lazy("Access"),
    "connections": gettext_lazy("Connections"),
}
WHAT = {
    "certificate": gettext_lazy("Certificate"),
    "network": gettext_lazy("Address"),
    "suspension": gettext_lazy("Suspension"),
}
_HEAD = ("number", "at", "tag", "object", "actor", "facts", "hash")
_FIELDS = ("area", "tag", "actor", "subject", "since", "until")


class Trail(DeskPage):
    """Events newest first, by actor, action, object and time; and whether the chain is whole."""

    def get(self, request: HttpRequest) -> HttpResponse:
        typed = {name: request.GET.get(name, "").strip()[:80] for name in _FIELDS}
        problems: list[str] = []
        search = _search(request, typed, problems)
        if "csv" in request.GET and not problems:
            return csv_file("audit.csv", _HEAD, map(_row, whole_trail(self.actor, search)))
        page, asked = trail(self.actor, search), {name: value for name, value in typed.items() if value}
        return self.page(
            "desk/trail.html",
            {
                "found": page,
                "more_than": page.total >= MOST_COUNTED,
                "rows": [(one, _facts(one.event)) for one in page.events],
                "typed": typed,
                "problems": problems,
                "has_errors": bool(problems),
                "areas": [(area, AREA_NAMES.get(area, area)) for area in AREAS],
                "tags": [tag.value for tag in Tag],
                "older": "?" + urlencode({**asked, "before": str(page.older)}) if page.older else "",
                "newest": "?" + urlencode(asked) if page.newer else "",
                "export": "?" + urlencode({**asked, "csv": "1"}),
                "may_export": self.actor.may(Right.EXPORT),
                "chain": trailcheck.standing(self.actor),
            },
            status=422 if problems else 200,
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        trailcheck.again(self.desk, self.actor)
        messages.success(request, gettext("The chain is being verified; look again in a moment."))
        return redirect("desk-trail")


def _search(request: HttpRequest, typed: dict[str, str], problems: list[str]) -> TrailSearch:
    before = request.GET.get("before", "")
    return TrailSearch(
        area=typed["area"],
        tag=typed["tag"],
        actor=typed["actor"],
        subject=typed["subject"],
        since=_day(typed["since"], problems),
        until=_day(typed["until"], problems, days=1),
        before=int(before) if before.isdecimal() and len(before) < 18 else None,
    )


def _day(text: str, problems: list[str], *, days: int = 0) -> dt.datetime | None:
    """The beginning of a day in Chișinău, or of a day so much later."""
    if not text:
        return None
    try:
        day = dt.date.fromisoformat(text) + dt.timedelta(days=days)
        return dt.datetime.combine(day, dt.time(), CHISINAU).astimezone(dt.UTC)
    except (ValueError, OverflowError):  # the first and the last day there is have none before and after them
        problems.append(gettext("“%(text)s” is not a day. Enter it like 2026-03-02.") % {"text": text})
        return None


def _facts(event: RecordedEvent) -> str:
    return "; ".join(f"{name}: {_plain(value)}" for name, value in event.facts.items())


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _row(one: RecordedEvent) -> tuple[object, ...]:
    facts = json.dumps(one.facts, ensure_ascii=False)
    return (one.sequence, one.at.isoformat(), one.tag, one.subject, one.actor, facts, one.hash)


class Enforced(DeskPage):
    """What the gateway enforces for a case, row by row, each with the decision that it traces to."""

    def get(self, _request: HttpRequest, reference: str) -> HttpResponse:
        found = enforced(self.actor, reference)
        view = case_view(self.desk, self.actor, reference)
        shown: list[dict[str, Any]] = [
            {
                "name": words.ENVIRONMENTS[one.environment],
                "enabled": one.enabled,
                "rows": [(row, WHAT[row.what], _value(row.what, row.value), _event(row.decision)) for row in one.rows],
            }
            for one in found
        ]
        return self.page(
            "desk/enforced.html",
            {"case": view, "environments": shown, "sees_audit": self.actor.may(Right.SEE_AUDIT)},
        )


def _value(what: str, value: str) -> str:
    return gettext(FLAGS[Flag(value)]) if what == "suspension" else value


def _event(decision: Any) -> object:
    return words.EVENTS.get(decision.action, decision.action) if decision else ""
