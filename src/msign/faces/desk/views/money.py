"""Invoices: who has paid, who has not; finance marks payments and cancels what was wrong."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext, gettext_lazy

from msign.connections.actors import require
from msign.connections.fees import Standing, in_lei
from msign.connections.queries.lists import listed
from msign.connections.roles import Right
from msign.connections.services import billing, gather
from msign.faces.desk import words
from msign.faces.desk.base import DeskPage, number_of
from msign.faces.desk.views.listing import page_number, pager
from msign.frame.components import Tab

TABS = {
    "open": gettext_lazy("Not paid"),
    "overdue": gettext_lazy("Overdue"),
    "paid": gettext_lazy("Paid invoices"),
    "cancelled": gettext_lazy("Cancelled invoices"),
    "": gettext_lazy("All"),
}
TONES = {
    Standing.OPEN: "brand",
    Standing.PAID: "success",
    Standing.OVERDUE: "accent",
    Standing.SUSPENDS: "danger",
    Standing.CANCELLED: "muted",
}


class Invoices(DeskPage):
    """The invoices of a tab, the most urgent first."""

    def get(self, request: HttpRequest) -> HttpResponse:
        only, text = request.GET.get("only", "open")[:20], request.GET.get("q", "")[:100]
        page = listed(self.desk, self.actor, "invoices", text=text, only=only, page=page_number(request))
        tabs = [Tab(str(name), "?" + urlencode({"only": key, "q": text}), key == only) for key, name in TABS.items()]
        return self.page(
            "desk/invoices.html",
            {
                "rows": [
                    (row, in_lei(row.bani), words.STANDINGS[row.standing], TONES[row.standing]) for row in page.rows
                ],
                "tabs": tabs,
                "text": text,
                "only": only,
                "pager": pager(page, {"only": only, "q": text}),
                "may_mark": self.actor.may(Right.MARK_PAID),
                "may_export": self.actor.may(Right.EXPORT),
                "today": gather.today(self.desk).isoformat(),
            },
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        require(self.actor, Right.MARK_PAID)
        typed, number = request.POST, number_of(request.POST.get("number", ""))
        if "cancel" in typed:
            billing.cancel(self.desk, self.actor, number, typed.get("reason", "")[:500])
            messages.success(request, gettext("The invoice was cancelled, and the beneficiary told."))
            return redirect("desk-invoices")
        try:
            day = dt.date.fromisoformat(typed.get("day", ""))
        except ValueError:
            messages.error(request, gettext("Enter the day on which the payment arrived."))
            return redirect("desk-invoices")
        billing.mark_paid(self.desk, self.actor, number, day)
        messages.success(request, gettext("The payment was recorded. A suspension for it ends within seconds."))
        return redirect("desk-invoices")

    def after_refusal(self) -> str:
        return reverse("desk-invoices")
