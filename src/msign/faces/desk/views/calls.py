"""What the gateway sees of a system, why it refuses, and the repairs that a team makes alone."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext

from msign.access.refusals import RefusedAttempt
from msign.access.sentences import Fixer, fixer, refusal
from msign.connections.actors import Refusal
from msign.connections.queries.calls import SeenCall, own_attempt, seen_calls
from msign.connections.queries.cases import case_view
from msign.connections.queries.explaining import Explanation, explain_attempt, explain_serial
from msign.connections.roles import Right
from msign.connections.services import selfcare
from msign.connections.services.rotation import Way
from msign.connections.words import Sentence
from msign.faces.desk import words
from msign.faces.desk.base import DeskPage, explain, number_of
from msign.faces.desk.forms import ExplainForm
from msign.faces.desk.views.technical import environment_named
from msign.frame import languages
from msign.kernel.words import Environment


class Calls(DeskPage):
    """The latest calls, as they come in; a refused one says what to do, and the button does it."""

    def get(self, _request: HttpRequest, reference: str, environment: str) -> HttpResponse:
        place = environment_named(environment)
        view = case_view(self.desk, self.actor, reference)
        rows = seen_calls(self.desk, self.actor, reference, place)
        card = view.environment(place)
        return self.page(
            "desk/calls.html",
            {
                "case": view,
                "card": card,
                "environment": place,
                "name": words.ENVIRONMENTS[place],
                "rows": [_row(one) for one in rows],
                "version": _version(rows),
                "may_edit": self.actor.may(Right.EDIT_TECHNICAL, view.organisation_id),
                "now": self.desk.clock.now(),
            },
        )

    def post(self, request: HttpRequest, reference: str, environment: str) -> HttpResponse:
        place = environment_named(environment)
        attempt = self._attempt(request, reference)
        try:
            way = self._repair(request.POST.get("repair", ""), reference, place, attempt)
        except Refusal as stop:
            for text in explain(stop):
                messages.error(request, text)
        else:
            self._thank(request, way)
        return redirect("desk-calls", reference, environment)

    def _attempt(self, request: HttpRequest, reference: str) -> RefusedAttempt:
        found = own_attempt(self.actor, reference, number_of(request.POST.get("attempt", "")))
        if found is None:
            raise Http404
        return found

    def _repair(self, repair: str, reference: str, place: Environment, attempt: RefusedAttempt) -> Way:
        match repair:
            case "address":
                return selfcare.add_address(self.desk, self.actor, reference, attempt.environment, attempt.address)
            case "certificate":
                return selfcare.register_seen(self.desk, self.actor, reference, place, attempt)
            case "production":
                return selfcare.register_seen(self.desk, self.actor, reference, Environment.PRODUCTION, attempt)
            case _:
                raise Http404

    @staticmethod
    def _thank(request: HttpRequest, way: Way) -> None:
        if way is Way.AT_ONCE:
            messages.success(request, gettext("Done. It counts within a second: call again."))
        else:
            messages.info(request, gettext("The operator decides about this; you will get a letter."))


class CallsState(DeskPage):
    """What the page asks every few seconds: only whether there is something new."""

    def get(self, _request: HttpRequest, reference: str, environment: str) -> HttpResponse:
        rows = seen_calls(self.desk, self.actor, reference, environment_named(environment))
        return JsonResponse({"version": _version(rows)})


def _version(rows: Sequence[SeenCall]) -> str:
    """A name for what is shown: the page is drawn again when it changes."""
    seen = "|".join(f"{one.attempt}:{one.outcome}:{one.operation}:{one.count}" for one in rows)
    return hashlib.sha256(seen.encode()).hexdigest()[:16]


def _row(one: SeenCall) -> dict[str, Any]:
    told = {"call": one, "why": "", "fixer": ""}
    if one.reason is not None:
        told["why"] = refusal(one.reason, languages.current())
        told["fixer"] = words.FIXERS[fixer(one.reason)]
    return told


class Explain(DeskPage):
    """Every check of one call: a refused one of the list, or one that is typed in."""

    def get(self, request: HttpRequest, reference: str) -> HttpResponse:
        if "attempt" in request.GET:
            attempt = own_attempt(self.actor, reference, number_of(request.GET["attempt"]))
            if attempt is None:
                raise Http404
            return self._show(
                reference, ExplainForm(), explain_attempt(self.desk, attempt, languages.current()), attempt
            )
        if "serial" in request.GET:
            return self._typed(request, reference)
        return self._show(reference, ExplainForm())

    def _typed(self, request: HttpRequest, reference: str) -> HttpResponse:
        form = ExplainForm(request.GET)
        form.full_clean()
        found = explain_serial(
            self.desk,
            self.actor,
            reference,
            environment=environment_named(request.GET.get("environment", "test")),
            serial=request.GET["serial"][:200],
            address=request.GET.get("address", "")[:64],
            language=languages.current(),
        )
        if isinstance(found, Sentence):
            field = (
                "address" if request.GET["serial"].strip() and not request.GET.get("address", "").strip() else "serial"
            )
            form.add_error(field, words.tell(found))
            return self._show(reference, form, status=422)
        return self._show(reference, form, found)

    def _show(
        self,
        reference: str,
        form: ExplainForm,
        found: Explanation | None = None,
        attempt: RefusedAttempt | None = None,
        status: int = 200,
    ) -> HttpResponse:
        context = {
            "case": case_view(self.desk, self.actor, reference),
            "form": form,
            "found": found,
            "attempt": attempt,
            "checks": [(one, words.CHECKS[one.outcome], _who(one.fixer)) for one in found.checks] if found else [],
            "fixer": _who(found.fixer) if found else "",
            "repair": _repair_link(reference, found),
            "has_errors": status != 200,
        }
        return self.page("desk/explain.html", context, status=status)


def _who(one: Fixer | None) -> str:
    return str(words.FIXERS[one]) if one else ""


def _repair_link(reference: str, found: Explanation | None) -> str:
    """Where the beneficiary puts it right, if it is the one who can."""
    if found is None or found.reason is None or found.fixer is None:
        return ""
    return reverse("desk-calls", args=[reference, found.environment.value])
