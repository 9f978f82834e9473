"""The question pages of the unified form, and checking the answers before they are sent."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext

from msign.connections.actors import Refusal
from msign.connections.checklist import Status
from msign.connections.queries.cases import case_view
from msign.connections.questions import PAGES, Page, asked_pages, field_named, page_named
from msign.connections.roles import Right
from msign.connections.services import applications, steps
from msign.connections.states import EDITABLE, Action, Part, State
from msign.connections.values import CaseView
from msign.faces.desk import words
from msign.faces.desk.base import DeskPage, explain, version_of
from msign.faces.desk.forms import QuestionForm
from msign.frame.components import SummaryRow


class Form(DeskPage):
    """One question page. What is typed is saved as a draft even when something is wrong with it."""

    restores = True

    def get(self, request: HttpRequest, reference: str, slug: str) -> HttpResponse:
        view, page = self._find(reference, slug)
        if view.line.state not in EDITABLE[Part.FORM]:
            return redirect("desk-check", reference)
        answers = {**view.answers, "kind": view.kind.value}
        if self.typed:
            messages.info(request, gettext("You were signed out before this was saved. Look at it and save it now."))
            return self._show(view, page, QuestionForm(page, answers, data=self.typed))
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
        return redirect(self._next(reference, page, request.GET.get("back", ""), {**answers, **reading.answers}))

    def _find(self, reference: str, slug: str) -> tuple[CaseView, Page]:
        view, page = case_view(self.desk, self.actor, reference), page_named(slug)
        if page is None or not page.asked({**view.answers, "kind": view.kind.value}):
            raise Http404
        return view, page

    @staticmethod
    def _next(reference: str, page: Page, back: str, answers: dict[str, str]) -> str:
        pages = asked_pages(answers)
        later = [one for one in pages if PAGES.index(one) > PAGES.index(page)]
        if back == "check" or not later:
            return reverse("desk-check", args=[reference])
        return reverse("desk-form", args=[reference, later[0].slug])

    def _show(self, view: CaseView, page: Page, form: QuestionForm, status: int = 200) -> HttpResponse:
        names = {field.name for field in page.fields}
        pages = asked_pages({**view.answers, "kind": view.kind.value})
        return self.page(
            "desk/form.html",
            {
                "case": view,
                "page": page,
                "title": gettext(page.title),
                "form": form,
                "has_errors": status != 200,
                "place": pages.index(page) + 1,
                "places": len(pages),
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
        action = Action.ANSWER if view.line.state is State.NEEDS_INFO else Action.SUBMIT
        try:
            version = applications.confirm_users(
                self.desk, self.actor, reference, ready="users_ready" in request.POST, version=version_of(request)
            )
            steps.perform(self.desk, self.actor, reference, action, version=version)
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
                "cards": [answer_card(view, page, editable=editable) for page in _asked(view)],
                "editable": editable,
                "ready": any(item.code == "users" and item.status is Status.COMPLETED for item in view.checklist),
                "changes": [(card, words.ENVIRONMENTS[card.environment]) for card in view.environments],
                "problems": problems or [],
                "has_errors": bool(problems),
                "action": words.BUTTONS[Action.ANSWER if view.line.state is State.NEEDS_INFO else Action.SUBMIT],
            },
            status=status,
        )


def _asked(view: CaseView) -> tuple[Page, ...]:
    return asked_pages({**view.answers, "kind": view.kind.value})


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
