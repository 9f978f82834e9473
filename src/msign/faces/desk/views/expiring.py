"""What ends or falls due soon."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy

from msign.connections.queries.expiring import DAYS_AHEAD, Ending, What, expiring
from msign.connections.roles import Right
from msign.faces.desk.base import DeskPage

_SOON = 14
NAMES = {
    What.CONTRACT: gettext_lazy("Contract"),
    What.INVOICE: gettext_lazy("Invoice"),
    What.YEAR: gettext_lazy("Paid year"),
}
THEN = {
    What.CONTRACT: gettext_lazy("calls are refused from"),
    What.INVOICE: gettext_lazy("unpaid, calls are refused from"),
    What.YEAR: gettext_lazy("the next invoice is written on"),
}


class Expiring(DeskPage):
    """Contracts, invoices and paid years, the most urgent first; certificates have a page of their own."""

    def get(self, _request: HttpRequest) -> HttpResponse:
        found = expiring(self.desk, self.actor)
        rows = [(one, NAMES[one.what], THEN[one.what], _tone(one)) for one in found]
        return self.page(
            "desk/expiring.html",
            {"rows": rows, "days": DAYS_AHEAD, "sees_money": self.actor.may(Right.SEE_INVOICES)},
        )


def _tone(one: Ending) -> str:
    if one.days < 0:
        return "danger"
    return "accent" if one.days <= _SOON else ""
