"""The operator's pages about access: how decisions stand, what waits, when certificates end; everybody's calendar."""

from __future__ import annotations

import datetime as dt
from itertools import groupby

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext, override

from msign.connections.actors import require
from msign.connections.ical import AllDay, calendar
from msign.connections.queries import fleet
from msign.connections.queries.fleet import AccessLine, Expiring
from msign.connections.roles import Right
from msign.connections.services import calendars, deciding, enforcing
from msign.connections.services.reminders import DAYS
from msign.connections.states import Action
from msign.faces.desk import words
from msign.faces.desk.base import DeskPage
from msign.faces.desk.tables import csv_file
from msign.faces.desk.views.technical import environment_named
from msign.kernel.clock import state_time


class Access(DeskPage):
    """Every decision about access and what the gateway makes of it; changes that wait; running processes."""

    def get(self, _request: HttpRequest) -> HttpResponse:
        newest, reports = fleet.listeners(self.desk, self.actor)
        return self.page(
            "desk/access.html",
            {
                "lines": [_line(one) for one in fleet.access_lines(self.desk, self.actor)],
                "pending": [
                    (one, words.ENVIRONMENTS[one.environment], words.tell(one.why)) for one in fleet.pending(self.actor)
                ],
                "reports": [(one, words.ENVIRONMENTS[one.environment], one.generation >= newest) for one in reports],
                "may_apply": self.actor.may(Right.SUSPEND),
                "may_decide": self.actor.may(Action.ACTIVATE),
            },
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        reference, place = request.POST.get("reference", ""), environment_named(request.POST.get("environment", ""))
        outcome = enforcing.apply_again(self.desk, self.actor, reference, place)
        messages.info(request, f"{reference}: {words.APPLIED[outcome]}")
        return redirect("desk-access")

    def after_refusal(self) -> str:
        return reverse("desk-access")


def _line(one: AccessLine) -> tuple[AccessLine, list[str], str]:
    problems = [words.tell(found.sentence) for found in one.reading.differences]
    return one, problems, str(words.ENVIRONMENTS[one.environment])


class Decide(DeskPage):
    """The operator's answer to a change that a team asked for."""

    def post(self, request: HttpRequest, reference: str, number: int) -> HttpResponse:
        accept, reason = "accept" in request.POST, request.POST.get("reason", "")[:2000]
        deciding.decide(self.desk, self.actor, reference, number, accept=accept, reason=reason)
        messages.success(request, gettext("Decided. The team is told."))
        return redirect("desk-access")

    def after_refusal(self) -> str:
        return reverse("desk-access")


class Expiries(DeskPage):
    """Certificates in force by month of expiry: the operator's fleet, or those of a person's teams; and the feed."""

    def get(self, request: HttpRequest) -> HttpResponse:
        rows = fleet.expiring(self.actor)
        if "csv" in request.GET:
            require(self.actor, Right.EXPORT)
            head = ("organisation", "system", "environment", "serial", "not after", "last used", "not revoked at")
            return csv_file("expiries.csv", head, (_cells(one) for one in rows))
        return self._show(rows)

    def post(self, request: HttpRequest) -> HttpResponse:
        if "revoke" in request.POST:
            calendars.revoke(self.actor)
            messages.success(request, gettext("The address of your calendar works no more."))
            return redirect("desk-expiries")
        secret = calendars.issue(self.desk, self.actor)
        address = self.desk.web_url + reverse("desk-calendar", args=[secret])
        return self._show(fleet.expiring(self.actor), address)

    def _show(self, rows: list[Expiring], address: str = "") -> HttpResponse:
        now = self.desk.clock.now()
        shown = [(one, words.ENVIRONMENTS[one.environment], (one.not_after - now).days) for one in rows]
        months = [(key, list(group)) for key, group in groupby(shown, lambda row: _month(row[0].not_after))]
        return self.page(
            "desk/expiries.html",
            {
                "months": months,
                "address": address,
                "has_feed": calendars.exists(self.actor),
                "days": ", ".join(map(str, DAYS)),
                "stale": now - dt.timedelta(days=self.desk.policy.revocation_days),
                "may_export": self.actor.may(Right.EXPORT),
            },
        )


def _month(moment: dt.datetime) -> dt.date:
    return state_time(moment).date().replace(day=1)


def _cells(one: Expiring) -> tuple[object, ...]:
    moments = (one.last_used, one.answered)
    return (one.organisation, one.system, one.environment, one.serial, one.not_after.date(),
            *(moment.isoformat(timespec="minutes") if moment else "" for moment in moments))  # fmt: skip


class Calendar(DeskPage):
    """The calendar file behind a secret address; nobody signs in for it, and it tells no more than dates and names."""

    public = True

    def get(self, _request: HttpRequest, secret: str) -> HttpResponse:
        reader = calendars.reader(secret)
        if reader is None:
            raise Http404
        with override(reader.language.value):
            body = calendar(gettext("MSign certificates"), map(_event, fleet.expiring(reader)), self.desk.clock.now())
        return HttpResponse(body, content_type="text/calendar; charset=utf-8")


def _event(one: Expiring) -> AllDay:
    place = str(words.ENVIRONMENTS[one.environment])
    facts = {"system": one.system, "environment": place, "serial": one.serial}
    return AllDay(
        uid=f"{one.environment}-{one.serial}@msign",
        day=state_time(one.not_after).date(),
        summary=gettext("The certificate of “%(system)s” expires (%(environment)s)") % facts,
        description=gettext("Serial number %(serial)s") % facts,
        alarms=DAYS,
    )
