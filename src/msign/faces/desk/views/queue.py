"""The operator's queue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.http import urlencode
from django.utils.translation import gettext, gettext_lazy

from msign.connections import trailcheck
from msign.connections.actors import require
from msign.connections.catalogue import SERVICES
from msign.connections.queries.queue import TABS, Search, counts, queue, reviewers, units, whole_queue
from msign.connections.roles import Right
from msign.connections.states import NAMES, State
from msign.connections.values import CaseLine
from msign.faces.desk.base import DeskPage
from msign.faces.desk.tables import csv_file
from msign.faces.desk.views.listing import page_number, pager
from msign.frame.components import Tab

TAB_NAMES = {
    "new": gettext_lazy("New"),
    "waiting-on-us": gettext_lazy("Waiting on us"),
    "nearly-due": gettext_lazy("Nearly due"),
    "overdue": gettext_lazy("Overdue"),
    "waiting-on-them": gettext_lazy("Waiting on them"),
    "finished": gettext_lazy("Finished"),
    "all": gettext_lazy("All"),
}
_HEAD = (
    "reference", "organisation", "IDNO", "system", "service", "state", "turn", "our days", "their days", "due",
    "overdue", "reviewer", "team", "changed",
)  # fmt: skip


class Queue(DeskPage):
    """Cases by tab, most urgent first; filters, and one search for name, number, serial and address."""

    def get(self, request: HttpRequest) -> HttpResponse:
        require(self.actor, Right.SEE_QUEUE)
        search = _search(request)
        if "csv" in request.GET:
            require(self.actor, Right.EXPORT)
            return csv_file("cases.csv", _HEAD, map(_row, whole_queue(self.desk, search)))
        page = queue(self.desk, search)
        query = _query(search)
        return self.page(
            "desk/queue.html",
            {
                "rows": page.rows,
                "pager": pager(page, {**query, "tab": search.tab}),
                "tabs": self._tabs(search, query),
                "search": search,
                "filtered": len(query) > 0,
                "choices": _choices(search),
                "export": "?" + urlencode({**query, "tab": search.tab, "csv": "1"}),
                "may_export": self.actor.may(Right.EXPORT),
                "warnings": self.desk.warnings(),
                "broken": trailcheck.alarm(),
                "sees_audit": self.actor.may(Right.SEE_AUDIT),
            },
        )

    def _tabs(self, search: Search, query: dict[str, str]) -> list[Tab]:
        number = counts(self.desk, search)
        return [
            Tab(str(TAB_NAMES[tab]), "?" + urlencode({"tab": tab, **query}), tab == search.tab, number[tab])
            for tab in TABS
        ]


def _search(request: HttpRequest) -> Search:
    asked = {name: request.GET.get(name, "")[:100] for name in ("tab", "q", "state", "service", "reviewer")}
    return Search(
        tab=asked["tab"] if asked["tab"] in TABS else "waiting-on-us",
        text=asked["q"],
        state=asked["state"],
        service=asked["service"],
        reviewer=asked["reviewer"],
        page=page_number(request),
    )


def _query(search: Search) -> dict[str, str]:
    asked = {"q": search.text, "state": search.state, "service": search.service, "reviewer": search.reviewer}
    return {name: value for name, value in asked.items() if value}


def _choices(search: Search) -> list[dict[str, Any]]:
    """The three choices beside the search box: state, service, who has it."""
    states = [(state.value, gettext(NAMES[state])) for state in State if state is not State.DRAFT]
    services = [(service.code, service.name) for service in SERVICES]
    holders = [("none", gettext("Nobody yet")), *((str(one.person_id), one.name) for one in reviewers())]
    holders += [(f"unit:{name}", gettext("Team %(name)s") % {"name": name}) for name in units()]
    return [
        {"name": "state", "label": gettext("State"), "options": states, "chosen": search.state},
        {"name": "service", "label": gettext("Service"), "options": services, "chosen": search.service},
        {"name": "reviewer", "label": gettext("Reviewer"), "options": holders, "chosen": search.reviewer},
    ]


def _row(line: CaseLine) -> Sequence[object]:
    return (
        line.reference,
        line.organisation,
        line.organisation_number,
        line.system,
        line.service,
        line.state,
        line.turn or "",
        f"{line.clock.operator_days:.2f}",
        f"{line.clock.beneficiary_days:.2f}",
        line.clock.due.isoformat() if line.clock.due else "",
        "yes" if line.clock.overdue else "",
        line.reviewer,
        line.unit,
        line.changed.isoformat(),
    )
