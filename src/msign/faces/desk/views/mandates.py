"""Powers to sign for another, at the desk: found, added, ended, with what is known of each."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy

from msign.audit.queries import events_of
from msign.audit.tags import Tag
from msign.connections.actors import require
from msign.connections.queries.paging import paged
from msign.connections.roles import Right
from msign.faces.desk.base import DeskPage
from msign.faces.desk.mandateforms import EndForm, FindForm, MandateForm
from msign.faces.desk.views.listing import page_number, pager
from msign.frame import formats, languages
from msign.kernel.errors import Code, MSignError
from msign.mandates import queries, services
from msign.mandates.states import Standing, standing
from msign.mandates.values import Mandate
from msign.signrequests.figures import leaning_on

STANDINGS = {
    Standing.VALID: (gettext_lazy("In force"), "success"),
    Standing.NOT_YET: (gettext_lazy("Not in force yet"), "accent"),
    Standing.EXPIRED: (gettext_lazy("Expired"), "muted"),
    Standing.ENDED: (gettext_lazy("Ended"), "danger"),
}
_WHAT = {Tag.MANDATE_ADDED: gettext_lazy("added"), Tag.MANDATE_REVOKED: gettext_lazy("ended")}


class Mandates(DeskPage):
    """All mandates, newest first; a search is sent as a form, because numbers of persons stay out of addresses."""

    def get(self, request: HttpRequest) -> HttpResponse:
        require(self.actor, Right.SEE_MANDATES)
        return self._show(MandateForm(), number=page_number(request))

    def post(self, request: HttpRequest) -> HttpResponse:
        if "find" in request.POST:
            require(self.actor, Right.SEE_MANDATES)
            return self._show(MandateForm(), found=FindForm(request.POST))
        require(self.actor, Right.ADD_MANDATE)
        form = MandateForm(request.POST, check=self.desk.policy.id_check)
        if form.is_valid():
            try:
                new = services.add([form.mandate], at=self.desk.clock.now(), actor=self.actor.label)
            except MSignError as error:
                if error.code is not Code.CONFLICT:
                    raise
                form.add_error("number", gettext("This number is known with other content. End that mandate first."))
            else:
                messages.success(request, gettext("Added.") if new else gettext("It was known already."))
                return redirect("desk-mandate", form.mandate.number)
        return self._show(form, status=422)

    def _show(
        self, form: MandateForm, *, found: FindForm | None = None, number: int = 1, status: int = 200
    ) -> HttpResponse:
        text = found.text if found else ""
        page, now = paged(queries.matching(text), queries.value_of, number), self.desk.clock.now()
        context = {
            "form": form,
            "find": found or FindForm(),
            "text": text,
            "rows": [
                (one, reverse("desk-mandate", args=[one.number]), _standing(one, now), _period(one))
                for one in page.rows
            ],
            "pager": pager(page, {}) if not text else None,
            "more": text and page.pages > 1,
            "may_add": self.actor.may(Right.ADD_MANDATE),
            "has_errors": status != 200,
        }
        return self.page("desk/mandates.html", context, status=status)


class OneMandate(DeskPage):
    """One mandate: what it says, how it stands, who said so, what leaned on it; and its end."""

    def get(self, _request: HttpRequest, number: str) -> HttpResponse:
        return self._show(number, EndForm())

    def post(self, request: HttpRequest, number: str) -> HttpResponse:
        require(self.actor, Right.END_MANDATE)
        form = EndForm(request.POST)
        if not form.is_valid():
            return self._show(number, form, status=422)
        try:
            services.revoke(number, why=form.cleaned_data["reason"], at=self.desk.clock.now(), actor=self.actor.label)
        except MSignError as error:
            if error.code is not Code.CONFLICT:
                raise Http404 from error
            messages.error(request, gettext("It was ended already."))
        else:
            messages.success(request, gettext("Ended. What was signed before stays signed."))
        return redirect("desk-mandate", number)

    def _show(self, number: str, form: EndForm, status: int = 200) -> HttpResponse:
        require(self.actor, Right.SEE_MANDATES)
        mandate = queries.mandate(number)
        if mandate is None:
            raise Http404
        stands = standing(mandate, self.desk.clock.now())
        trail = events_of(subjects=(f"mandate:{number}",), tags=tuple(_WHAT))
        context = {
            "mandate": mandate,
            "standing": STANDINGS[stands],
            "period": _period(mandate),
            "trail": [(one, _WHAT[Tag(one.tag)], one.facts.get("reason", "")) for one in trail],
            "leaning": leaning_on(number),
            "form": form,
            "may_end": self.actor.may(Right.END_MANDATE) and stands is not Standing.ENDED,
            "has_errors": status != 200,
        }
        return self.page("desk/mandate.html", context, status=status)


def _period(mandate: Mandate) -> str:
    """Days count whole: the last one is the day before the first moment that is outside."""
    last = mandate.valid_until
    shown = _day(last - dt.timedelta(microseconds=1)) if last else gettext("no end")
    return f"{_day(mandate.valid_from)} – {shown}"


def _day(moment: dt.datetime) -> str:
    return formats.day(moment, languages.current())


def _standing(mandate: Mandate, now: dt.datetime) -> tuple[object, str]:
    return STANDINGS[standing(mandate, now)]
