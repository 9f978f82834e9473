"""One organisation for the operator: contracts and their end, the team and its rescue."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext

from msign.connections.actors import Refusal, require
from msign.connections.queries import organisations
from msign.connections.queries.lists import listed
from msign.connections.roles import TEAM_NAMES, Right, TeamRole
from msign.connections.services import ending, gather, rescue
from msign.faces.desk import words
from msign.faces.desk.base import DeskPage, explain, number_of
from msign.faces.desk.forms import AppointForm, EndContractForm


class Organisation(DeskPage):
    """Papers, systems, team; two rare commands for those whose roles allow them."""

    def get(self, _request: HttpRequest, number: int) -> HttpResponse:
        return self._show(number, AppointForm(), EndContractForm())

    def post(self, request: HttpRequest, number: int) -> HttpResponse:
        require(self.actor, Right.SEE_QUEUE)
        if "appoint" in request.POST:
            return self._appoint(request, number)
        return self._end(request, number)

    def _appoint(self, request: HttpRequest, number: int) -> HttpResponse:
        require(self.actor, Right.RESCUE_TEAM)
        form = AppointForm(request.POST)
        if not form.is_valid():
            return self._show(number, form, EndContractForm(), status=422)
        leaving = [number_of(key) for key in request.POST.getlist("leaving")]
        try:
            rescue.appoint_administrator(
                self.desk,
                self.actor,
                number,
                email=form.cleaned_data["email"],
                name=form.cleaned_data["name"],
                reason=form.cleaned_data["reason"],
                leaving=leaving,
            )
        except Refusal as refusal:
            for text in explain(refusal):
                form.add_error(None, text)
            return self._show(number, form, EndContractForm(), status=409)
        messages.success(request, gettext("The administrator was appointed; everybody of the team gets a letter."))
        return redirect("desk-organisation", number)

    def _end(self, request: HttpRequest, number: int) -> HttpResponse:
        require(self.actor, Right.END_CONTRACT)
        form = EndContractForm(request.POST)
        if not form.is_valid():
            return self._show(number, AppointForm(), form, status=422)
        contract, day = number_of(request.POST.get("contract", "")), form.cleaned_data["last_day"]
        try:
            known, reason = request.POST.get("known"), form.cleaned_data["reason"]
            ending.end_contract(self.desk, self.actor, contract, last_day=day, reason=reason, known=known)
        except Refusal as refusal:
            for text in explain(refusal):
                form.add_error(None, text)
            return self._show(number, AppointForm(), form, status=409)
        messages.success(request, gettext("The last day of the contract was recorded, and the beneficiary told."))
        return redirect("desk-organisation", number)

    def _show(self, number: int, appoint: AppointForm, end: EndContractForm, status: int = 200) -> HttpResponse:
        require(self.actor, Right.SEE_QUEUE)
        view = organisations.organisation(self.actor, number)
        papers = listed(self.desk, self.actor, "contracts", text=view.number).rows
        contract = next((one for one in papers if one.kind == "contract" and one.state == "in-force"), None)
        roles = [", ".join(gettext(TEAM_NAMES[TeamRole(role)]) for role in one.roles) for one in view.members]
        return self.page(
            "desk/organisation.html",
            {
                "organisation": view,
                "members": list(zip(view.members, roles, strict=True)),
                "papers": [(one, words.PAPERS[one.kind], words.PAPER_STATES[one.state]) for one in papers],
                "contract": contract,
                "over": bool(contract and contract.ends and contract.ends < self._today()),
                "appoint": appoint if self.actor.may(Right.RESCUE_TEAM) else None,
                "end": end if contract and self.actor.may(Right.END_CONTRACT) else None,
                "has_errors": status != 200,
            },
            status=status,
        )

    def _today(self) -> dt.date:
        return gather.today(self.desk)

    def after_refusal(self) -> str:
        return reverse("desk-organisation", args=[self.kwargs["number"]])
