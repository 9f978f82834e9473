"""Who belongs to an organisation's team."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext

from msign.connections.actors import Refusal
from msign.connections.queries import organisations
from msign.connections.roles import TEAM_NAMES, Right, TeamRole
from msign.connections.services import people
from msign.faces.desk.base import DeskPage, explain
from msign.faces.desk.forms import MemberForm


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
                    known=request.POST.get("known"),
                )
            except Refusal as refusal:
                form.add_error(None, " ".join(explain(refusal)))
                return self._show(organisation, form, status=409)
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
                "known": people.team_mark(organisation),
                "may_manage": self.actor.may(Right.MANAGE_TEAM, organisation),
                "has_errors": status != 200,
            },
            status=status,
        )
