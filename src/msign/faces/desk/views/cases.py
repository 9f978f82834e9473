"""The applicant's pages of a case: list, start, home, form, check, receipt, history, team."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext

from msign.connections.actors import Refusal
from msign.connections.catalogue import Purpose
from msign.connections.checklist import Status
from msign.connections.fees import Kind
from msign.connections.form import PAGES, Page, field_named, page_named
from msign.connections.queries import organisations
from msign.connections.queries.cases import case_view, own_cases, promise
from msign.connections.roles import TEAM_NAMES, Right, TeamRole
from msign.connections.services import applications, people, steps, technical
from msign.connections.states import EDITABLE, Action, Part, Side, State, actions_from
from msign.connections.tasks import FORWARD, MILESTONES, milestones_reached, tasks, whose_turn
from msign.connections.values import CaseView
from msign.connections.words import Sentence
from msign.faces.desk import words
from msign.faces.desk.base import DeskPage, explain, version_of
from msign.faces.desk.forms import MemberForm, NoteForm, QuestionForm, StartForm
from msign.frame.components import SummaryRow
from msign.frame.components import steps as tracker_steps


class Cases(DeskPage):
    """Everything a person has at the desk."""

    def get(self, _request: HttpRequest) -> HttpResponse:
        if self.actor.is_operator and not self.actor.team:
            return redirect("desk-queue")
        return self.page(
            "desk/cases.html",
            {"cases": own_cases(self.desk, self.actor), "organisations": organisations.organisations_of(self.actor)},
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
            messages.info(request, gettext("Open the connection that changes, and press “Open for changes” there."))
            return redirect("desk-cases")
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
        text = data.get("system", "")
        known = dict(self._own_systems(number))
        return int(text) if text.isdecimal() and int(text) in known else None

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
        technical.observe(self.desk, reference)
        view = case_view(self.desk, self.actor, reference)
        return self.page("desk/case.html", self._context(view))

    def _context(self, view: CaseView) -> dict[str, Any]:
        labels = [words.tell(label) for label, _state in MILESTONES]
        return {
            "case": view,
            "turn": words.tell(whose_turn(view, self.actor.side(view.organisation_id))),
            "steps": tracker_steps(labels, milestones_reached(view.line.state)),
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
        return [(str(words.BUTTONS[a]), reverse("desk-do", args=[view.line.reference, a.value])) for a in listed]


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


class Form(DeskPage):
    """One question page. What is typed is saved as a draft even when something is wrong with it."""

    def get(self, _request: HttpRequest, reference: str, slug: str) -> HttpResponse:
        view, page = self._find(reference, slug)
        if view.line.state not in EDITABLE[Part.FORM]:
            return redirect("desk-check", reference)
        answers = {**view.answers, "kind": view.kind.value}
        return self._show(view, page, QuestionForm(page, answers))

    def post(self, request: HttpRequest, reference: str, slug: str) -> HttpResponse:
        view, page = self._find(reference, slug)
        typed = {field.name: request.POST.get(field.name, "") for field in page.fields}
        answers = {**view.answers, "kind": view.kind.value}
        form = QuestionForm(page, answers, data=request.POST)
        try:
            reading = applications.save_page(self.desk, self.actor, reference, page, typed, version=version_of(request))
        except Refusal as refusal:
            form.blame({"": " ".join(explain(refusal))})
            fresh = case_view(self.desk, self.actor, reference)
            return self._show(fresh, page, form, status=409)
        if "later" in request.POST:
            return redirect("desk-case", reference)
        if reading.problems:
            form.blame(reading.problems)
            return self._show(case_view(self.desk, self.actor, reference), page, form, status=422)
        return redirect(self._next(reference, page, request.GET.get("back", "")))

    def _find(self, reference: str, slug: str) -> tuple[CaseView, Page]:
        view, page = case_view(self.desk, self.actor, reference), page_named(slug)
        if page is None:
            raise Http404
        return view, page

    @staticmethod
    def _next(reference: str, page: Page, back: str) -> str:
        place = PAGES.index(page) + 1
        if back == "check" or place >= len(PAGES):
            return reverse("desk-check", args=[reference])
        return reverse("desk-form", args=[reference, PAGES[place].slug])

    def _show(self, view: CaseView, page: Page, form: QuestionForm, status: int = 200) -> HttpResponse:
        names = {field.name for field in page.fields}
        return self.page(
            "desk/form.html",
            {
                "case": view,
                "page": page,
                "title": gettext(page.title),
                "form": form,
                "has_errors": status != 200,
                "place": PAGES.index(page) + 1,
                "places": len(PAGES),
                "threads": [one for one in view.comments if one.field in names],
                "labels": {field.name: gettext(field.label) for field in page.fields},
            },
            status=status,
        )


class Check(DeskPage):
    """All answers on one page; sending them is the button here."""

    def get(self, _request: HttpRequest, reference: str) -> HttpResponse:
        return self._show(case_view(self.desk, self.actor, reference))

    def post(self, request: HttpRequest, reference: str) -> HttpResponse:
        view = case_view(self.desk, self.actor, reference)
        applications.confirm_users(self.desk, self.actor, reference, ready="users_ready" in request.POST)
        action = Action.ANSWER if view.line.state is State.NEEDS_INFO else Action.SUBMIT
        try:
            steps.perform(self.desk, self.actor, reference, action)
        except Refusal as refusal:
            fresh = case_view(self.desk, self.actor, reference)
            return self._show(fresh, explain(refusal), status=422)
        return redirect("desk-sent", reference)

    def _show(self, view: CaseView, problems: list[str] | None = None, status: int = 200) -> HttpResponse:
        editable = view.line.state in EDITABLE[Part.FORM] and self.actor.may(Right.EDIT_FORM, view.organisation_id)
        return self.page(
            "desk/check.html",
            {
                "case": view,
                "cards": [answer_card(view, page, editable=editable) for page in PAGES],
                "editable": editable,
                "problems": problems or [],
                "has_errors": bool(problems),
                "action": words.BUTTONS[Action.ANSWER if view.line.state is State.NEEDS_INFO else Action.SUBMIT],
            },
            status=status,
        )


def answer_card(view: CaseView, page: Page, *, editable: bool) -> tuple[str, list[SummaryRow]]:
    """Return a page of the form as a heading and its answers."""
    answers = {**view.answers, "kind": view.kind.value}
    url = reverse("desk-form", args=[view.line.reference, page.slug]) + "?back=check" if editable else ""
    rows = [
        SummaryRow(gettext(field.label), shown(field.name, answers.get(field.name, "")), url, gettext(field.label))
        for field in page.asked(answers)
    ]
    return gettext(page.title), rows


def shown(name: str, value: str) -> str:
    """Return an answer as people read it: the words of a choice, not its code."""
    field = field_named(name)
    if field is None or not field.choices or not value:
        return value
    words_of = dict(field.choices)
    return gettext(words_of[value]) if value in words_of else value


class Sent(DeskPage):
    """The receipt: number, what happens next, who acts, by when."""

    def get(self, _request: HttpRequest, reference: str) -> HttpResponse:
        view = case_view(self.desk, self.actor, reference)
        if view.line.state is State.DRAFT:
            return redirect("desk-case", reference)
        return self.page(
            "desk/sent.html", {"case": view, "promise": promise(self.desk), "operator": self.desk.policy.operator}
        )


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
        field = request.POST.get("field", "")
        applications.comment(self.desk, self.actor, reference, field=field, text=request.POST.get("text", ""))
        view = case_view(self.desk, self.actor, reference)
        if self.actor.side(view.organisation_id) is Side.OPERATOR:
            return redirect("desk-review", reference)
        page = next((page for page in PAGES if field in {one.name for one in page.fields}), None)
        return redirect("desk-form", reference, page.slug) if page else redirect("desk-case", reference)


class Team(DeskPage):
    """Who belongs to the organisation's team."""

    def get(self, _request: HttpRequest, organisation: int) -> HttpResponse:
        return self._show(organisation, MemberForm())

    def post(self, request: HttpRequest, organisation: int) -> HttpResponse:
        form = MemberForm(request.POST)
        if form.is_valid():
            try:
                people.set_member(
                    self.desk,
                    self.actor,
                    organisation,
                    email=form.cleaned_data["email"],
                    name=form.cleaned_data["name"],
                    roles=[TeamRole(role) for role in form.cleaned_data["roles"]],
                )
            except Refusal as refusal:
                form.add_error(None, " ".join(explain(refusal)))
            else:
                return redirect("desk-team", organisation)
        return self._show(organisation, form, status=422)

    def _show(self, organisation: int, form: MemberForm, status: int = 200) -> HttpResponse:
        found = organisations.organisation(self.actor, organisation)
        rows = [
            (one, ", ".join(gettext(name) for role, name in TEAM_NAMES.items() if role in one.roles))
            for one in found.members
        ]
        return self.page(
            "desk/team.html",
            {
                "organisation": found,
                "members": rows,
                "form": form,
                "may_manage": self.actor.may(Right.MANAGE_TEAM, organisation),
                "has_errors": status != 200,
            },
            status=status,
        )
