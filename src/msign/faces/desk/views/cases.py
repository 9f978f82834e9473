"""The applicant's pages of a case: list, start, home, receipt, history, messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext

from msign.connections.actors import Refusal
from msign.connections.catalogue import Purpose
from msign.connections.checklist import Status
from msign.connections.fees import Kind
from msign.connections.queries import organisations
from msign.connections.queries.cases import case_view
from msign.connections.queries.own import own_cases
from msign.connections.queries.statistics import promise
from msign.connections.questions import PAGES, field_named
from msign.connections.roles import Right
from msign.connections.services import applications, testing
from msign.connections.states import EDITABLE, Action, Part, Side, State, actions_from
from msign.connections.tasks import FORWARD, milestones, tasks, whose_turn
from msign.connections.values import CaseView
from msign.connections.words import Sentence
from msign.faces.desk import words
from msign.faces.desk.base import DeskPage, explain, number_of
from msign.faces.desk.forms import NoteForm, StartForm
from msign.frame.components import Tab
from msign.frame.components import steps as tracker_steps

_REVIEWED = (State.SUBMITTED, State.IN_REVIEW)


class Cases(DeskPage):
    """Everything a person has at the desk."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if self.actor.is_operator and not self.actor.team:
            return redirect("desk-queue")
        own = own_cases(self.desk, self.actor)
        past = request.GET.get("tab") == "past"
        lines = own.past if past else own.active
        return self.page(
            "desk/cases.html",
            {
                "rows": [(one, words.tell(whose_turn(one))) for one in lines],
                "tab": "past" if past else "active",
                "tabs": [
                    Tab(gettext("Active"), "?tab=active", not past, len(own.active)),
                    Tab(gettext("History"), "?tab=past", past, len(own.past)),
                ],
                "organisations": organisations.organisations_of(self.actor),
            },
        )


class New(DeskPage):
    """The first questions; on the way to an extension, which of the known systems."""

    def get(self, _request: HttpRequest) -> HttpResponse:
        known = organisations.organisations_of(self.actor)
        first = {"number": known[0].number, "kind": known[0].kind.value} if known else {}
        return self._form(StartForm(initial=first))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = StartForm(request.POST)
        if not form.is_valid():
            return self._form(form, status=422)
        purpose, kind = Purpose(form.cleaned_data["purpose"]), Kind(form.cleaned_data["kind"])
        if purpose is Purpose.DATA_CHANGE:
            return redirect("desk-change")
        found = applications.look_up(self.desk, kind, form.cleaned_data["number"])
        if isinstance(found, Sentence):
            form.add_error("number", words.tell(found))
            return self._form(form, status=422)
        system = self._system(request.POST, found.number) if purpose is Purpose.EXTENSION else None
        if purpose is Purpose.EXTENSION and system is None:
            return self._choose_system(form, found.number)
        try:
            reference = applications.start(
                self.desk, self.actor, kind=kind, number=found.number, purpose=purpose, system_id=system
            )
        except Refusal as refusal:
            form.add_error(None, " ".join(explain(refusal)))
            return self._form(form, status=422)
        return redirect("desk-case", reference)

    def _form(self, form: StartForm, status: int = 200) -> HttpResponse:
        return self.page("desk/new.html", {"form": form, "has_errors": bool(form.errors)}, status=status)

    def _own_systems(self, number: str) -> tuple[tuple[int, str], ...]:
        mine = organisations.organisations_of(self.actor)
        return next((one.systems for one in mine if one.number == number), ())

    def _system(self, data: QueryDict, number: str) -> int | None:
        chosen = number_of(data.get("system", ""))
        return chosen if chosen in dict(self._own_systems(number)) else None

    def _choose_system(self, form: StartForm, number: str) -> HttpResponse:
        systems = self._own_systems(number)
        if not systems:
            form.add_error("purpose", gettext("Your organisation has no system at the desk yet. Connect a new one."))
            return self._form(form, status=422)
        return self.page("desk/choose_system.html", {"form": form, "systems": systems})


@dataclass(frozen=True, slots=True)
class Row:
    """A task as the page shows it."""

    title: str
    hint: str
    status: str
    tone: str
    url: str


class Home(DeskPage):
    """Name, tag, whose turn, tracker, task list, environment cards."""

    def get(self, _request: HttpRequest, reference: str) -> HttpResponse:
        testing.observe(self.desk, reference)
        view = case_view(self.desk, self.actor, reference)
        return self.page("desk/case.html", self._context(view))

    def _context(self, view: CaseView) -> dict[str, Any]:
        labels, reached = milestones(view)
        waits_for_review = view.served and view.line.clock.due is not None and view.line.state in _REVIEWED
        return {
            "case": view,
            "turn": words.tell(whose_turn(view.line, self.actor.side(view.organisation_id))),
            "promise": promise(self.desk) if waits_for_review else None,
            "sent": view.line.state is not State.DRAFT,
            "steps": tracker_steps([words.tell(label) for label in labels], reached),
            "tasks": [self._row(view, task) for task in tasks(view, self.desk.policy.id_check)],
            "forward": self._forward(view),
            "others": self._others(view),
            "checklist": [
                (words.tell(i.title), words.tell(i.why), words.STATUS[i.status], i.status) for i in view.checklist
            ],
            "flags": sorted(view.line.flags),
            "may_suspend": self.actor.may(Right.SUSPEND, view.organisation_id) and _granted(view),
            "general": [one for one in view.comments if not one.field],
            "note": NoteForm(),
        }

    def _row(self, view: CaseView, task: Any) -> Row:
        open_to = task.status is not Status.CANNOT_START
        url = _task_url(view, task.code) if open_to else ""
        return Row(
            words.tell(task.title),
            words.tell(task.hint),
            str(words.STATUS[task.status]),
            words.STATUS_TONES.get(task.status, ""),
            url,
        )

    def _forward(self, view: CaseView) -> Action | None:
        action = FORWARD.get(view.line.state)
        return action if action is not None and self.actor.may(action, view.organisation_id) else None

    def _others(self, view: CaseView) -> list[tuple[str, str]]:
        possible = actions_from(view.line.state, Side.BENEFICIARY)
        listed = [
            a for a in (Action.REOPEN, Action.WITHDRAW) if a in possible and self.actor.may(a, view.organisation_id)
        ]
        names = {a: str(words.BUTTONS[a]) for a in listed}
        if view.live:
            names[Action.WITHDRAW] = gettext("Give up the changes")
        return [(names[a], reverse("desk-do", args=[view.line.reference, a.value])) for a in listed]


def _granted(view: CaseView) -> bool:
    return any(card.applied != "none" for card in view.environments)


def _task_url(view: CaseView, code: str) -> str:
    reference = view.line.reference
    kind, _colon, detail = code.partition(":")
    editable = view.line.state in EDITABLE[Part.FORM]
    match kind:
        case "form":
            return (
                reverse("desk-form", args=[reference, detail]) if editable else reverse("desk-check", args=[reference])
            )
        case "send":
            return reverse("desk-check", args=[reference])
        case "sign":
            return reverse("desk-documents", args=[reference])
        case "certificate" | "addresses":
            return reverse(f"desk-{kind}", args=[reference, detail])
        case _:
            return reverse("desk-tests", args=[reference])


class History(DeskPage):
    """Everything that happened, newest first."""

    def get(self, _request: HttpRequest, reference: str) -> HttpResponse:
        view = case_view(self.desk, self.actor, reference)
        events = [
            (event, words.EVENTS.get(event.action, event.action), words.SIDES[event.side]) for event in view.history
        ]
        return self.page("desk/history.html", {"case": view, "events": events})


class Comment(DeskPage):
    """A message in a thread."""

    def post(self, request: HttpRequest, reference: str) -> HttpResponse:
        field, text = request.POST.get("field", ""), request.POST.get("text", "")
        try:
            applications.comment(self.desk, self.actor, reference, field=field, text=text)
        except Refusal as refusal:
            return self._again(reference, field, text, explain(refusal))
        view = case_view(self.desk, self.actor, reference)
        if self.actor.side(view.organisation_id) is Side.OPERATOR:
            return redirect("desk-review", reference)
        page = next((page for page in PAGES if field in {one.name for one in page.fields}), None)
        return redirect("desk-form", reference, page.slug) if page else redirect("desk-case", reference)

    def _again(self, reference: str, field: str, text: str, problems: list[str]) -> HttpResponse:
        """Show what was written and what is wrong with it: nothing typed is lost."""
        form, question = NoteForm({"text": text}), field_named(field)
        form.blame({"text": " ".join(problems)})
        view = case_view(self.desk, self.actor, reference)
        about = gettext(question.label) if question else ""
        context = {"case": view, "form": form, "field": field, "about": about, "has_errors": True}
        return self.page("desk/comment.html", context, status=422)
