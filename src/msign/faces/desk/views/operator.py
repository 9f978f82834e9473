"""The operator's pages: queue, review workspace, lists, exports, statistics."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext, gettext_lazy

from msign.connections.actors import Refusal, require
from msign.connections.fees import in_lei
from msign.connections.queries import organisations
from msign.connections.queries.cases import TABS, Search, case_view, counts, queue
from msign.connections.questions import Page, asked_pages
from msign.connections.roles import Right
from msign.connections.services import billing, steps, testing
from msign.connections.states import Action, Side, State, actions_from
from msign.connections.suspension import NAMES as FLAGS
from msign.connections.suspension import Flag
from msign.connections.tasks import whose_turn
from msign.connections.values import CaseView
from msign.faces.desk import words
from msign.faces.desk.base import DeskPage, explain, version_of
from msign.faces.desk.tables import csv_file
from msign.faces.desk.views.form import shown
from msign.frame.components import Tab

TAB_NAMES = {
    "new": gettext_lazy("New"),
    "waiting-on-us": gettext_lazy("Waiting on us"),
    "waiting-on-them": gettext_lazy("Waiting on them"),
    "overdue": gettext_lazy("Overdue"),
    "finished": gettext_lazy("Finished"),
    "all": gettext_lazy("All"),
}
# Reasons that come up again and again; the reviewer edits them.
REASONS = (
    gettext_lazy("The legal basis does not cover signing by these people. Name the article that does."),
    gettext_lazy("The power of the representative is not shown. Name the document with its number and date."),
    gettext_lazy("The description does not let us see who signs what. Add two sentences."),
)


class Queue(DeskPage):
    """Cases by tab, most urgent first; one search for name, number, serial and address."""

    def get(self, request: HttpRequest) -> HttpResponse:
        require(self.actor, Right.SEE_QUEUE)
        search = _search(request)
        lines = queue(self.desk, search)
        if "csv" in request.GET:
            require(self.actor, Right.EXPORT)
            return csv_file("cases.csv", _CASE_HEAD, ((*_case_row(line),) for line in lines))
        number = counts(self.desk)
        query = {"q": search.text} if search.text else {}
        tabs = [
            Tab(str(TAB_NAMES[tab]), "?" + urlencode({"tab": tab, **query}), tab == search.tab, number[tab])
            for tab in TABS
        ]
        rows = [(line, words.TONES[line.state]) for line in lines]
        return self.page(
            "desk/queue.html",
            {
                "rows": rows,
                "tabs": tabs,
                "search": search,
                "may_export": self.actor.may(Right.EXPORT),
                "warnings": self.desk.warnings(),
            },
        )


def _search(request: HttpRequest) -> Search:
    tab = request.GET.get("tab", "waiting-on-us")
    return Search(tab if tab in TABS else "waiting-on-us", request.GET.get("q", "")[:100])


_CASE_HEAD = ("reference", "organisation", "IDNO", "system", "service", "state", "turn", "due", "changed")


def _case_row(line: Any) -> Sequence[object]:
    return (
        line.reference,
        line.organisation,
        line.organisation_number,
        line.system,
        line.service,
        line.state,
        line.turn or "",
        line.clock.due.isoformat() if line.clock.due else "",
        line.changed.isoformat(),
    )


class Review(DeskPage):
    """Answers with threads on the left; clock, checks, what will change and the decision on the right."""

    def get(self, _request: HttpRequest, reference: str) -> HttpResponse:
        require(self.actor, Right.SEE_QUEUE)
        testing.observe(self.desk, reference)
        return self._show(reference)

    def post(self, request: HttpRequest, reference: str) -> HttpResponse:
        require(self.actor, Right.SEE_QUEUE)
        name, reason = request.POST.get("action", ""), request.POST.get("reason", "")[:2000]
        if name not in set(Action):
            return self._show(reference, [gettext("Choose a decision.")], reason, status=422)
        try:
            steps.perform(self.desk, self.actor, reference, Action(name), version=version_of(request), reason=reason)
        except Refusal as refusal:
            return self._show(reference, explain(refusal), reason, status=409)
        return redirect("desk-review", reference)

    def _show(
        self, reference: str, problems: list[str] | None = None, reason: str = "", status: int = 200
    ) -> HttpResponse:
        view = case_view(self.desk, self.actor, reference)
        return self.page("desk/review.html", self._context(view, problems or [], reason), status=status)

    def _context(self, view: CaseView, problems: list[str], reason: str) -> dict[str, Any]:
        possible = [
            action
            for action in actions_from(view.line.state, Side.OPERATOR, served=view.served, live=view.live)
            if self.actor.may(action) and action is not Action.TERMINATE
        ]
        return {
            "case": view,
            "turn": words.tell(whose_turn(view.line, Side.OPERATOR)),
            "tone": words.TONES[view.line.state],
            "cards": [
                _review_card(view, page)
                for page in asked_pages({**(view.submitted or view.answers), "kind": view.kind.value})
            ],
            "checks": [(check.outcome, words.tell(check.sentence)) for check in view.checks],
            "decisions": [(action.value, words.BUTTONS[action]) for action in possible],
            "needs_words": any(a in (Action.ASK, Action.REJECT) for a in possible),
            "templates": REASONS,
            "problems": problems,
            "has_errors": bool(problems),
            "reason": reason,
            "may_comment": self.actor.may(Right.COMMENT) and view.line.state in (State.IN_REVIEW, State.SUBMITTED),
            "papers": [(one, words.PAPERS[one.kind], words.PAPER_STATES[one.state]) for one in view.documents],
            "invoices": [(one, words.STANDINGS[one.standing]) for one in view.invoices],
            "environments": [(card, words.ENVIRONMENTS[card.environment]) for card in view.environments],
            "dangers": self._dangers(view),
            "flags": [(flag, gettext(FLAGS[flag])) for flag in sorted(view.line.flags)],
        }

    def _dangers(self, view: CaseView) -> list[tuple[str, str]]:
        reference = view.line.reference
        found = []
        if Action.TERMINATE in actions_from(view.line.state, Side.OPERATOR) and self.actor.may(Action.TERMINATE):
            found.append((str(words.BUTTONS[Action.TERMINATE]), reverse("desk-do", args=[reference, "terminate"])))
        if any(card.applied != "none" for card in view.environments):
            if self.actor.may(Right.SUSPEND):
                found.append((gettext("Suspend or resume"), reverse("desk-suspend", args=[reference, Flag.OPERATOR])))
            if self.actor.may(Right.FLAG_INCIDENT):
                found.append((gettext("Security incident"), reverse("desk-suspend", args=[reference, Flag.INCIDENT])))
        return found


def _review_card(view: CaseView, page: Page) -> tuple[str, list[dict[str, Any]]]:
    answers = {**(view.submitted or view.answers), "kind": view.kind.value}
    rows = [
        {
            "name": field.name,
            "label": gettext(field.label),
            "value": shown(field.name, answers.get(field.name, "")),
            "changed": field.name in view.changed_fields,
            "before": shown(field.name, view.before.get(field.name, "")),
            "thread": [one for one in view.comments if one.field == field.name],
        }
        for field in page.asked(answers)
    ]
    return gettext(page.title), rows


class Invoices(DeskPage):
    """Who has paid, who has not; finance marks payments."""

    def get(self, request: HttpRequest) -> HttpResponse:
        rows = organisations.invoices(self.desk, self.actor)
        if "csv" in request.GET:
            require(self.actor, Right.EXPORT)
            head = ("number", "organisation", "case", "lei", "issued", "due", "paid", "standing")
            return csv_file(
                "invoices.csv",
                head,
                (
                    (r.label, r.organisation, r.reference, in_lei(r.bani), r.issued, r.due, r.paid or "", r.standing)
                    for r in rows
                ),
            )
        shown_rows = [(row, in_lei(row.bani), words.STANDINGS[row.standing]) for row in rows]
        today = self.desk.clock.now().date().isoformat()
        return self.page(
            "desk/invoices.html",
            {"rows": shown_rows, "may_mark": self.actor.may(Right.MARK_PAID), "today": today},
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        number, day = request.POST.get("number", ""), request.POST.get("day", "")
        try:
            paid = dt.date.fromisoformat(day)
        except ValueError:
            return redirect("desk-invoices")
        billing.mark_paid(self.desk, self.actor, int(number) if number.isdecimal() else 0, paid)
        return redirect("desk-invoices")

    def after_refusal(self) -> str:
        return reverse("desk-invoices")


class Lists(DeskPage):
    """Organisations, papers and the certificate calendar."""

    def get(self, request: HttpRequest) -> HttpResponse:
        require(self.actor, Right.SEE_QUEUE)
        fleet = organisations.certificates(self.desk, self.actor)
        if "csv" in request.GET:
            require(self.actor, Right.EXPORT)
            head = ("organisation", "system", "environment", "serial", "not after", "state")
            return csv_file(
                "certificates.csv",
                head,
                ((o, s, one.environment, one.serial, one.not_after.date(), one.life) for o, s, one in fleet),
            )
        return self.page(
            "desk/lists.html",
            {
                "organisations": organisations.all_organisations(self.actor),
                "certificates": [
                    (o, s, one, words.LIFE[one.life], words.ENVIRONMENTS[one.environment]) for o, s, one in fleet
                ],
                "papers": [
                    (number, words.PAPERS[kind], name, reference, words.PAPER_STATES[state], since)
                    for number, kind, name, reference, state, since in organisations.contracts(self.actor)
                ],
                "may_export": self.actor.may(Right.EXPORT),
            },
        )
