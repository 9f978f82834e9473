"""Changing contractual or technical data: which connection, then the same form, opened again."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext

from msign.connections.actors import Refusal
from msign.connections.queries.own import changeable
from msign.connections.services import steps
from msign.connections.states import Action
from msign.faces.desk.base import DeskPage, explain


class Change(DeskPage):
    """Choose the live connection whose data change; it keeps working as it is until the operator applies them."""

    def get(self, _request: HttpRequest) -> HttpResponse:
        return self._show()

    def post(self, request: HttpRequest) -> HttpResponse:
        reference = request.POST.get("reference", "")
        if not reference:
            return self._show([gettext("Choose the connection that changes.")])
        try:
            steps.perform(self.desk, self.actor, reference, Action.REOPEN)
        except Refusal as refusal:
            return self._show(explain(refusal))
        return redirect("desk-case", reference)

    def _show(self, problems: list[str] | None = None) -> HttpResponse:
        return self.page(
            "desk/change.html",
            {"lines": changeable(self.desk, self.actor), "problems": problems or [], "has_errors": bool(problems)},
            status=422 if problems else 200,
        )
