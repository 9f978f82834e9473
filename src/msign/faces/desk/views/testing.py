"""The six published test cases: what the traffic proves, with its evidence, and what people decide about the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language, gettext

from msign.connections.actors import Refusal
from msign.connections.catalogue import TEST_CASES
from msign.connections.conformance.standing import CaseStanding
from msign.connections.conformance.values import Evidence, Instrument, Result
from msign.connections.queries.cases import case_view
from msign.connections.roles import Right
from msign.connections.services import testing
from msign.connections.states import State
from msign.connections.values import CaseView
from msign.connections.words import Sentence
from msign.faces.desk import words
from msign.faces.desk.base import DeskPage, explain
from msign.faces.desk.forms import NoteForm
from msign.kernel.words import Environment

_OPEN = (State.TEST_CONFIGURED, State.TESTING)


@dataclass(frozen=True, slots=True)
class Shown:
    """One test case as the page shows it."""

    standing: CaseStanding
    title: str
    tag: str
    tone: str
    why: str
    evidence: tuple[tuple[Evidence, str, str, str], ...]
    form: NoteForm | None


class Tests(DeskPage):
    """Both sides see the same page; the beneficiary explains, the operator waives."""

    def get(self, _request: HttpRequest, reference: str) -> HttpResponse:
        testing.observe(self.desk, reference)
        return self._show(reference)

    def post(self, request: HttpRequest, reference: str) -> HttpResponse:
        code, note = request.POST.get("code", ""), request.POST.get("text", "")
        act = testing.waive_test if self.actor.may(Right.WAIVE_TEST) else testing.declare_test
        try:
            act(self.desk, self.actor, reference, code, note)
        except Refusal as refusal:
            return self._show(reference, code, note, explain(refusal))
        return redirect("desk-tests", reference)

    def _show(self, reference: str, code: str = "", note: str = "", problems: list[str] | None = None) -> HttpResponse:
        view = case_view(self.desk, self.actor, reference)
        context = self._context(view, code, note, problems or [])
        if problems and not any(row.form and row.standing.code == code for row in context["rows"]):
            self.keep_words()
        return self.page("desk/tests.html", context, status=422 if problems else 200)

    def _context(self, view: CaseView, code: str, note: str, problems: list[str]) -> dict[str, Any]:
        waive = self.actor.may(Right.WAIVE_TEST)
        may = waive or self.actor.may(Right.EDIT_TECHNICAL, view.organisation_id)
        is_open = may and view.line.state in _OPEN
        # After the request to go live the frozen run counts; a new round of tests shows what is seen now.
        frozen = view.run is not None and view.line.state not in _OPEN
        tests = view.run.tests if frozen and view.run else view.tests
        names = _names(self.desk.instruments())
        rows = []
        for test in tests:
            form = self._form(test, code, note, problems) if is_open and _may_decide(test, waive=waive) else None
            rows.append(_shown(test, names, form))
        return {
            "case": view,
            "card": view.environment(Environment.TEST),
            "rows": rows,
            "done": sum(test.done for test in tests),
            "required": self.desk.policy.required_tests,
            "frozen": frozen,
            "waive": waive,
            "problems": problems,
            "has_errors": bool(problems),
        }

    def _form(self, test: CaseStanding, code: str, note: str, problems: list[str]) -> NoteForm:
        form = NoteForm({"text": note} if test.code == code else None, prefix=None, auto_id=f"id_{test.code}_%s")
        if test.code == code and problems:
            form.blame({"text": " ".join(problems)})
        return form


def _may_decide(test: CaseStanding, *, waive: bool) -> bool:
    """The operator may waive what is not done; the beneficiary explains only what the traffic left open."""
    return not test.done and (waive or test.result is Result.REVIEW)


def _shown(test: CaseStanding, names: Mapping[str, str], form: NoteForm | None) -> Shown:
    tag, tone = words.RESULTS[test.result]
    if test.decision:
        tag, tone = words.DECISIONS[test.decision]
    return Shown(
        standing=test,
        title=gettext(TEST_CASES[test.code]),
        tag=str(tag),
        tone=tone,
        why=_told(test.why, names),
        evidence=tuple(
            (one, _told(one.what, names), str(words.RESULTS[one.result][0]), words.RESULTS[one.result][1])
            for one in reversed(test.evidence)
        ),
        form=form,
    )


def _names(instruments: Sequence[Instrument]) -> dict[str, str]:
    """Return the instruments' names in the visitor's language."""
    language = (get_language() or "ro")[:2]
    return {one.code: one.names.get(language, one.code) for one in instruments}


def _told(sentence: Sentence, names: Mapping[str, str]) -> str:
    facts = {key: names.get(value, value) if key == "instrument" else value for key, value in sentence.facts}
    return gettext(sentence.msgid) % facts if facts else gettext(sentence.msgid)
