"""`/{requestID}`: takes visitors from other sites and shows the present state of a request, at one address."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from msign.faces.signpages import parameters, remembered, returning, visits
from msign.faces.signpages.parameters import Entry
from msign.faces.signpages.progress import batch_progress, state_words
from msign.faces.signpages.services import Offer
from msign.faces.signpages.tiles import make_tiles
from msign.faces.signpages.views.common import SignView, gone, is_test, to_page
from msign.faces.signpages.views.prompting import prompted
from msign.faces.signpages.visits import Visit
from msign.faces.signpages.words import failure_words
from msign.frame import components, languages, security
from msign.kernel.errors import MSignError
from msign.kernel.words import SignStatus
from msign.signrequests.values import RequestView, SigningChoice


def progress(current: int, *, blocked: bool = False) -> list[components.Step]:
    """Return the four published steps, standing at ``current`` (0-based)."""
    labels = [_("Request"), _("Signing method"), _("Confirmation"), _("Result")]
    return components.steps(labels, current, blocked=blocked)


@method_decorator(csrf_exempt, name="dispatch")  # the entry only: consumers post here from their own sites
class RequestPage(SignView):
    """Entry and every state of a request."""

    def get(self, request: HttpRequest, text: str) -> HttpResponse:
        view = self.find(text)
        if view is None:
            return gone(request)
        if request.path != f"/{view.id}" or parameters.carries_parameters(request):
            return self._arrive(request, view)
        return self._show(request, view, visits.load(request, view.id) or Visit())

    def post(self, request: HttpRequest, text: str) -> HttpResponse:
        view = self.find(text)
        return gone(request) if view is None else self._arrive(request, view)

    def _arrive(self, request: HttpRequest, view: RequestView) -> HttpResponse:
        """Keep the parameters and answer with the clean address, so that reload and Back repeat nothing."""
        response = to_page(view.id)
        entry = parameters.read_entry(request)
        if entry and view.status is SignStatus.PENDING:
            self.given.arrived(view, entry.bad_number)
        if entry:
            visit = visits.load(request, view.id) or Visit()
            visit.arrive(entry)
            self._skip_choice(request, view, visit, entry)
            visits.save(request, response, view.id, visit)
        return response

    def _skip_choice(self, request: HttpRequest, view: RequestView, visit: Visit, entry: Entry) -> None:
        """Begin at once where the consumer named an instrument and nothing is left to ask."""
        speculative = "prefetch" in request.headers.get("Sec-Purpose", "")
        if speculative or not entry.instrument or view.status is not SignStatus.PENDING or view.session:
            return
        offer = next((offer for offer in self.offers(view) if offer.code == entry.instrument), None)
        if offer is None or not offer.available:
            return
        lacks_number = offer.needs_msisdn and not entry.msisdn
        lacks_signer = offer.needs_signer_id and not view.expected_signer.id
        if lacks_number or lacks_signer:
            return
        number = entry.msisdn if offer.needs_msisdn else None
        choice = SigningChoice(offer.code, view.expected_signer.id, number, languages.current())
        try:
            self.given.requests.start(view.id, choice)
            visit.started = True
        except MSignError as error:
            visit.errors = {"code": str(error.code)}

    def _show(self, request: HttpRequest, view: RequestView, visit: Visit) -> HttpResponse:
        match view.status:
            case SignStatus.EXPIRED:
                return gone(request, view)
            case SignStatus.PENDING if view.session is None:
                return self._choose(request, view, visit)
            case SignStatus.PENDING:
                return self._waiting(request, view, visit)
            case SignStatus.SUCCESS | SignStatus.FAILURE:
                return self._result(request, view, visit)

    def _choose(self, request: HttpRequest, view: RequestView, visit: Visit) -> HttpResponse:
        settings = self.given.consumer(view)
        offers = self.offers(view, settings)
        id_check = self.given.id_check[view.environment]
        tiles = make_tiles(offers, view, visit, id_check=id_check, remembered=remembered.number(request))
        judged = next((tile.form for tile in tiles if tile.form.is_bound), None)
        context = {
            **self._facts(view, 1),
            "tiles": tiles,
            "judged": judged,
            "problem": visit.errors.get("code", ""),
            "last_failure": failure_words(view.failure, view.failure_text) if view.failure else None,
            "has_errors": bool(visit.errors or (judged is not None and judged.errors)),
            "switch_form": next((tile.form_id for tile in tiles if tile.open and tile.form.fields), ""),
            "switch_action": f"/{view.id}/language",
            "address": returning.check(visit.return_url, settings, view.environment),
            "seconds_left": max(0, int((view.expires_at - self.given.clock.now()).total_seconds())),
        }
        return render(request, "signpages/choose.html", context)

    def _waiting(self, request: HttpRequest, view: RequestView, visit: Visit) -> HttpResponse:
        session = view.session
        assert session is not None
        offer = next((offer for offer in self.offers(view) if offer.code == session.instrument), None)
        prompt = self.given.requests.prompt(view.id)
        left = max(0, int((session.deadline - self.given.clock.now()).total_seconds()))
        checking = session.checked is not None
        whole = max(1, int((session.deadline - session.started_at).total_seconds()))
        context = {
            **self._facts(view, 2),
            "session": session,
            "offer": offer,
            "device": offer.device if offer else "",
            "heading": _("We are checking the signatures") if checking else _heading(offer),
            "checking": checking,
            "left": left,
            "minutes": left // 60,
            "whole": whole,
            "version": version_of(view),
            "batch": batch_progress(view),
            "state_words": state_words(),
        }
        if prompt is not None:
            return prompted(request, prompt, context, visit)
        return render(request, "signpages/waiting.html", context)

    def _result(self, request: HttpRequest, view: RequestView, visit: Visit) -> HttpResponse:
        settings = self.given.consumer(view)
        address = returning.check(visit.return_url, settings, view.environment)
        back = returning.callback(visit, view.id, settings) if address and address.allowed else None
        signed = view.status is SignStatus.SUCCESS
        context = {
            **self._facts(view, 4 if signed else 3, blocked=not signed),
            "signed": signed,
            "words": None if signed else failure_words(view.failure, view.failure_text),
            "back": back,
            "address": address,
            "own": visit.own and view.system_id == self.given.own_system,
            "keep_hours": self.given.own.keep_hours if self.given.own else 0,
        }
        response = render(request, "signpages/result.html", context)
        if back:
            security.allow(response, "form-action", back.url)
        return response

    def _facts(self, view: RequestView, step: int, *, blocked: bool = False) -> dict[str, Any]:
        return {
            "view": view,
            "steps": progress(step, blocked=blocked),
            "test_environment": is_test(view),
            "own_request": view.system_id == self.given.own_system,
        }


def _heading(offer: Offer | None) -> str:
    """Where the person has to act now."""
    if offer is not None and offer.device == "computer":
        return _("Confirm on your computer")
    if offer is not None and offer.shows_qr:
        return _("Confirm in the app")
    if offer is not None and offer.device == "phone":
        return _("Confirm on your phone")
    return _("Confirm with your signature provider")


def version_of(view: RequestView, *, asks: bool = False) -> str:
    """Return a word that changes whenever the page must be drawn anew."""
    session = view.session
    parts = [str(view.status)]
    if session:
        parts += [session.instrument, str(int(session.started_at.timestamp())), str(session.cancelling)]
        parts.append(str(session.checked is not None))
        parts.append(str(bool(session.device_url)))  # the link to the device comes a moment after the page
        parts.append(str(asks))  # so does what the provider asks of the page
    return "-".join(parts)
