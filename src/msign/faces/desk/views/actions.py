"""Steps that deserve a second look: what will change, two buttons. Also suspension and its lifting."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from msign.connections.actors import Refusal
from msign.connections.queries.cases import case_view, removals
from msign.connections.services import steps, store, suspending
from msign.connections.states import TABLE, Action, Side
from msign.connections.suspension import NAMES, Flag
from msign.connections.words import Sentence
from msign.faces.desk import words
from msign.faces.desk.base import DeskPage, explain, version_of
from msign.faces.desk.forms import NoteForm

_SHOWN = frozenset(words.CONSEQUENCES)


class Do(DeskPage):
    """One step of the beneficiary, or terminating by the operator."""

    def get(self, _request: HttpRequest, reference: str, name: str) -> HttpResponse:
        action = _action(name)
        store.check_right(self.actor, reference, action)
        return self._show(reference, action, NoteForm())

    def post(self, request: HttpRequest, reference: str, name: str) -> HttpResponse:
        action, form = _action(name), NoteForm(request.POST)
        form.full_clean()
        try:
            steps.perform(
                self.desk,
                self.actor,
                reference,
                action,
                version=version_of(request),
                reason=request.POST.get("text", "")[:2000],
            )
        except Refusal as refusal:
            for text in explain(refusal):
                form.add_error(None, text)
            return self._show(reference, action, form, status=409)
        return redirect("desk-case" if TABLE[action].side is Side.BENEFICIARY else "desk-review", reference)

    def _show(self, reference: str, action: Action, form: NoteForm, status: int = 200) -> HttpResponse:
        view = case_view(self.desk, self.actor, reference)
        return self.page(
            "desk/do.html",
            {
                "case": view,
                "button": words.BUTTONS[action],
                "consequence": words.CONSEQUENCES[action],
                "form": form,
                "ask_reason": action in (Action.WITHDRAW, Action.TERMINATE),
                "ends": [
                    (words.ENVIRONMENTS[one.environment], one)
                    for one in (removals(self.actor, reference) if action is Action.TERMINATE else ())
                ],
                "dangerous": action in (Action.WITHDRAW, Action.TERMINATE),
                "has_errors": status != 200,
            },
            status=status,
        )


def _action(name: str) -> Action:
    if name not in _SHOWN:
        raise Http404
    return Action(name)


class Suspend(DeskPage):
    """Set or lift a flag."""

    def get(self, _request: HttpRequest, reference: str, name: str) -> HttpResponse:
        flag = _flag(name)
        store.check_right(self.actor, reference, suspending.right_to(flag))
        return self._show(reference, flag, NoteForm())

    def post(self, request: HttpRequest, reference: str, name: str) -> HttpResponse:
        flag, form, version = _flag(name), NoteForm(request.POST), version_of(request)
        form.full_clean()
        try:
            if "lift" in request.POST:
                suspending.resume(self.desk, self.actor, reference, flag, version=version)
            else:
                reason = request.POST.get("text", "")[:2000]
                suspending.suspend(self.desk, self.actor, reference, flag, reason=reason, version=version)
        except Refusal as refusal:
            for text in explain(refusal):
                form.add_error(None, text)
            return self._show(reference, flag, form, status=409)
        view = case_view(self.desk, self.actor, reference)
        operator = self.actor.side(view.organisation_id) is Side.OPERATOR
        return redirect("desk-review" if operator else "desk-case", reference)

    def _show(self, reference: str, flag: Flag, form: NoteForm, status: int = 200) -> HttpResponse:
        view = case_view(self.desk, self.actor, reference)
        if flag in view.line.flags:  # a colleague was faster: the page asks for no reason now
            self.keep_words()
        return self.page(
            "desk/suspend.html",
            {
                "case": view,
                "flag": flag,
                "flag_name": words.tell(Sentence(NAMES[flag])),
                "raised": flag in view.line.flags,
                "form": form,
                "has_errors": status != 200,
            },
            status=status,
        )


def _flag(name: str) -> Flag:
    if name not in set(Flag) - {Flag.FEE_UNPAID}:
        raise Http404
    return Flag(name)
