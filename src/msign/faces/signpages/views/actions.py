"""Acts of a person: sign, cancel, change language. Each is answered with a redirect to the request's page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from msign.faces.signpages import remembered, visits
from msign.faces.signpages.forms import InstrumentForm
from msign.faces.signpages.services import Offer
from msign.faces.signpages.views.common import SignView, gone, to_page
from msign.faces.signpages.visits import Visit
from msign.frame import languages
from msign.kernel.errors import Code, MSignError
from msign.kernel.words import SignStatus
from msign.signrequests.values import RequestView, SigningChoice

_TYPED = ("instrument", "signer_id", "msisdn", "remember")


class Sign(SignView):
    """Begin with the chosen instrument. A second click finds an attempt under way and changes nothing."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, text: str) -> HttpResponse:
        view = self.find(text)
        if view is None:
            return gone(request)
        response = to_page(view.id)
        if view.status is SignStatus.PENDING and view.session is None:
            visit = visits.load(request, view.id) or Visit()
            self._try(request, response, view, visit)
            visits.save(request, response, view.id, visit)
        return response

    def _try(self, request: HttpRequest, response: HttpResponse, view: RequestView, visit: Visit) -> None:
        offer = next((offer for offer in self.offers(view) if offer.code == request.POST.get("instrument")), None)
        visit.typed, visit.errors = _typed(request), {}
        if offer is None:
            visit.errors = {"code": "unknown-instrument"}
            return
        form = self._form(request, view, offer)
        if not form.is_valid():
            visit.typed["judged"] = "yes"
            return
        try:
            self.given.requests.start(view.id, _choice(offer, form, view))
        except MSignError as error:
            if error.code is not Code.CONFLICT:
                visit.errors = {"code": str(error.code)}
                return
        visit.started, visit.typed = True, {}
        _remember(response, form)

    def _form(self, request: HttpRequest, view: RequestView, offer: Offer) -> InstrumentForm:
        ask_signer = not view.expected_signer.id
        id_check = self.given.id_check[view.environment]
        return InstrumentForm(request.POST, offer=offer, ask_signer=ask_signer, id_check=id_check)


class Cancel(SignView):
    """End the request; a request that is already finished stays as it is."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, text: str) -> HttpResponse:
        view = self.find(text)
        if view is None:
            return gone(request)
        try:
            self.given.requests.cancel(view.id)
        except MSignError as error:
            if error.code is not Code.CONFLICT:
                raise
        return to_page(view.id)


class ChangeLanguage(SignView):
    """Keep what was typed; the language itself is chosen by the frame from ``lang``."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, text: str) -> HttpResponse:
        view = self.find(text)
        if view is None:
            return gone(request)
        response = to_page(view.id)
        visit = visits.load(request, view.id) or Visit()
        visit.typed, visit.errors = _typed(request), {}
        visits.save(request, response, view.id, visit)
        return response


def _typed(request: HttpRequest) -> dict[str, str]:
    return {name: str(request.POST.get(name, ""))[:40] for name in _TYPED}


def _choice(offer: Offer, form: InstrumentForm, view: RequestView) -> SigningChoice:
    """The fixed expected signer is never replaced by what a browser sends."""
    typed = form.cleaned_data
    signer = view.expected_signer.id or typed.get("signer_id") or None
    return SigningChoice(offer.code, signer, typed.get("msisdn") or None, languages.current())


def _remember(response: HttpResponse, form: InstrumentForm) -> None:
    if "msisdn" not in form.fields:
        return
    if form.cleaned_data.get("remember"):
        remembered.remember(response, form.cleaned_data["msisdn"])
    else:
        remembered.forget(response)
