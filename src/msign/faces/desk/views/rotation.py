"""Certificates of an environment that is open: what is in force, a new one beside it, the old one out of use."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext

from msign.connections.certificates import MAX_UPLOAD_BYTES
from msign.connections.queries import fleet
from msign.connections.queries.cases import case_view
from msign.connections.roles import Right
from msign.connections.services import rotation
from msign.connections.services.rotation import Offer, Way
from msign.connections.words import Sentence, say
from msign.faces.desk import words
from msign.faces.desk.base import DeskPage, number_of
from msign.faces.desk.forms import RotationForm
from msign.faces.desk.views.technical import decoded, encoded, environment_named
from msign.kernel.words import Environment


class Rotation(DeskPage):
    """Upload, look at what was read, confirm; or take an old one out."""

    def get(self, _request: HttpRequest, reference: str, environment: str) -> HttpResponse:
        return self._show(reference, environment_named(environment), RotationForm())

    def post(self, request: HttpRequest, reference: str, environment: str) -> HttpResponse:
        place = environment_named(environment)
        if "remove" in request.POST:
            return self._take_out(request, reference, place)
        if "confirmed" in request.POST:
            return self._rotate(request, reference, place)
        file = request.FILES.get("file")
        found = (
            rotation.inspect(self.desk, self.actor, reference, place, file.read(MAX_UPLOAD_BYTES + 1))
            if file is not None
            else say("Choose the certificate file.")
        )
        if isinstance(found, Offer):
            return self._offer(reference, place, found)
        form = RotationForm(request.POST, request.FILES)
        form.full_clean()
        form.add_error("file", words.tell(found))
        return self._show(reference, place, form, status=422)

    def after_refusal(self) -> str:
        return reverse("desk-rotation", args=[self.kwargs["reference"], self.kwargs["environment"]])

    def _take_out(self, request: HttpRequest, reference: str, place: Environment) -> HttpResponse:
        rotation.take_out(self.desk, self.actor, reference, place, number_of(request.POST["remove"]))
        messages.success(request, gettext("The certificate is out of use."))
        return redirect("desk-rotation", reference, place.value)

    def _rotate(self, request: HttpRequest, reference: str, place: Environment) -> HttpResponse:
        way = rotation.rotate(self.desk, self.actor, reference, place, decoded(request.POST["confirmed"]))
        if way is Way.AT_ONCE:
            messages.success(request, gettext("The new certificate is in force, beside the old one."))
        else:
            messages.info(request, gettext("The operator decides about this; you will get a letter."))
        return redirect("desk-rotation", reference, place.value)

    def _offer(self, reference: str, place: Environment, offer: Offer) -> HttpResponse:
        return self.page(
            "desk/rotation_read.html",
            {
                "case": case_view(self.desk, self.actor, reference),
                "environment": place,
                "name": words.ENVIRONMENTS[place],
                "reading": offer.reading,
                "checks": [(check.outcome, words.tell(check.sentence)) for check in offer.checks],
                "acceptable": offer.acceptable,
                "why": words.tell(offer.why) if isinstance(offer.why, Sentence) else "",
                "confirmed": encoded(offer.reading.der),
                "has_errors": not offer.acceptable,
            },
            status=200 if offer.acceptable else 422,
        )

    def _show(self, reference: str, place: Environment, form: RotationForm, status: int = 200) -> HttpResponse:
        view = case_view(self.desk, self.actor, reference)
        card, now = view.environment(place), self.desk.clock.now()
        in_force = [one for one in card.certificates if one.in_force]
        return self.page(
            "desk/rotation.html",
            {
                "case": view,
                "card": card,
                "environment": place,
                "name": words.ENVIRONMENTS[place],
                "rows": [(one, words.LIFE[one.life], (now - one.last_used).days if one.last_used else None)
                         for one in in_force],
                "several": len(in_force) > 1,
                "pending": [one for one in fleet.pending(self.actor, reference) if one.environment is place],
                "form": form,
                "may_edit": self.actor.may(Right.EDIT_TECHNICAL, view.organisation_id) and card.open,
                "has_errors": status != 200,
            },
            status=status,
        )  # fmt: skip
