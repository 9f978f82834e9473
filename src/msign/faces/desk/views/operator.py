"""The operator's review workspace: one case, its decision, and who has it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext, override

from msign.connections.actors import Refusal, require
from msign.connections.ports import Desk
from msign.connections.queries.cases import case_language, case_view
from msign.connections.queries.queue import reviewers, units
from msign.connections.questions import Page, asked_pages
from msign.connections.roles import Right
from msign.connections.services import assigning, steps, testing
from msign.connections.states import ENDED, Action, Side, State, actions_from
from msign.connections.suspension import NAMES as FLAGS
from msign.connections.suspension import Flag
from msign.connections.tasks import whose_turn
from msign.connections.values import CaseView
from msign.connections.words import mark
from msign.faces.desk import words
from msign.faces.desk.base import DeskPage, explain, number_of, version_of
from msign.faces.desk.views.form import shown

# Reasons that come up again and again, for each decision that needs one; the reviewer edits them.
REASONS: dict[Action, tuple[str, ...]] = {
    Action.ASK: (
        mark("The legal basis does not cover signing by these people. Name the article that does."),
        mark("The power of the representative is not shown. Name the document with its number and date."),
        mark("The description does not let us see who signs what. Add two sentences."),
        mark("The number of the system in the RRSI is missing or names another system. Correct it."),
    ),
    Action.REJECT: (
        mark("The organisation does not provide a public service that needs electronic signatures."),
        mark("The request repeats another one that is being handled. Go on with that one."),
        mark("The questions were not answered in time. Start a new request when the answers are there."),
    ),
}


class Review(DeskPage):
    """Answers with threads on the left; clock, checks, what will change and the decision on the right."""

    def get(self, _request: HttpRequest, reference: str) -> HttpResponse:
        require(self.actor, Right.SEE_QUEUE)
        testing.observe(self.desk, reference)
        return self._show(reference)

    def post(self, request: HttpRequest, reference: str) -> HttpResponse:
        require(self.actor, Right.SEE_QUEUE)
        name, reason = request.POST.get("action", ""), request.POST.get("reason", "")[:2000]
        if "template" in request.POST:
            return self._show(reference, reason=self._with_template(reference, reason, request.POST["template"]))
        if name not in set(Action):
            return self._show(reference, [gettext("Choose a decision.")], reason, status=422)
        try:
            steps.perform(self.desk, self.actor, reference, Action(name), version=version_of(request), reason=reason)
        except Refusal as refusal:
            return self._show(reference, explain(refusal), reason, status=409)
        return redirect("desk-review", reference)

    def _with_template(self, reference: str, reason: str, chosen: str) -> str:
        """Add a ready-made reason to what was typed, in the language of those who will read it."""
        texts = [text for action in REASONS.values() for text in action]
        if not chosen.isdecimal() or int(chosen[:4]) >= len(texts):
            return reason
        with override(case_language(self.actor, reference).value):
            return "\n".join(filter(None, (reason.strip(), gettext(texts[int(chosen[:4])]))))

    def _show(
        self, reference: str, problems: list[str] | None = None, reason: str = "", status: int = 200
    ) -> HttpResponse:
        view = case_view(self.desk, self.actor, reference)
        context = self._context(view, problems or [], reason)
        if not context["needs_words"]:  # somebody else decided meanwhile: there is no field for a reason any more
            self.keep_words()
        return self.page("desk/review.html", context, status=status)

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
            "templates": _templates(possible),
            "holders": _holders(view) if self.actor.may(Right.REASSIGN) and view.line.state not in ENDED else [],
            "holder": view.line.reviewer or view.line.unit,
            "rungs": _rungs(self.desk, view),
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
                found += [
                    (gettext(FLAGS[flag]), reverse("desk-suspend", args=[reference, flag]))
                    for flag in (Flag.CONTRACT_ENDED, Flag.RRSI_REMOVED)
                    if flag in view.line.flags
                ]
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


class Assign(DeskPage):
    """Give a case to a colleague, to a team, or back to everybody."""

    def post(self, request: HttpRequest, reference: str) -> HttpResponse:
        chosen, reason = request.POST.get("holder", ""), request.POST.get("reason", "")[:2000]
        kind, _colon, name = chosen.partition(":")
        assigning.assign(
            self.desk,
            self.actor,
            reference,
            reviewer_id=number_of(name) if kind == "person" else None,
            unit=name if kind == "unit" else "",
            reason=reason,
            version=version_of(request),
        )
        messages.success(request, gettext("The request was given on; its new reviewer gets a letter."))
        return redirect("desk-review", reference)

    def after_refusal(self) -> str:
        return reverse("desk-review", args=[self.kwargs["reference"]])


def _templates(possible: Sequence[Action]) -> list[tuple[int, str]]:
    """The ready-made reasons of the decisions that are possible now, with their places in the whole list."""
    numbered = enumerate((action, text) for action, texts in REASONS.items() for text in texts)
    return [(number, gettext(text)) for number, (action, text) in numbered if action in possible]


def _holders(view: CaseView) -> list[tuple[str, str]]:
    """To whom a case can be given: people, teams, everybody."""
    people = [(f"person:{one.person_id}", f"{one.name}, {one.unit}" if one.unit else one.name) for one in reviewers()]
    teams = [(f"unit:{name}", gettext("Team %(name)s") % {"name": name}) for name in units()]
    everybody = [("all", gettext("All reviewers"))] if view.line.reviewer or view.line.unit else []
    return [*(one for one in people if one[1].split(",")[0] != view.line.reviewer), *teams, *everybody]


def _rungs(desk: Desk, view: CaseView) -> list[dict[str, Any]]:
    """The ladder of reminders for this case: which steps were taken, which come, and who is told."""
    limit = view.line.clock.limit_days
    if limit is None or view.line.clock.running is not Side.OPERATOR:
        return []
    ladder = desk.policy.escalation.rungs
    return [
        {"percent": round(100 * one.share), "told": words.TOLD[one.told], "taken": number < view.line.rung}
        for number, one in enumerate(ladder)
    ]
