"""What every view of a request needs: the request by its id, or the same neutral page for all that is not there."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views import View

from msign.access.values import ConsumerSettings
from msign.faces.signpages import visits
from msign.faces.signpages.services import Offer, SignPageServices
from msign.frame import languages
from msign.kernel.ids import normalise_request_id
from msign.kernel.words import Environment, SignStatus
from msign.signrequests.values import RequestView


class SignView(View):
    """Base of the views; services come from the wiring."""

    services: SignPageServices | None = None

    @property
    def given(self) -> SignPageServices:
        assert self.services is not None, "the wiring passes services"
        return self.services

    def find(self, text: str) -> RequestView | None:
        """Return the request whose id is written as ``text``; 404 for what is no id at all."""
        request_id = normalise_request_id(text)
        if request_id is None:
            raise Http404
        return self.given.requests.view(request_id)

    def offers(self, view: RequestView, settings: ConsumerSettings | None = None) -> list[Offer]:
        """Return the tiles for this request in the visitor's language; ``settings`` if they were read already."""
        return list(self.given.instruments.offers(view, settings or self.given.consumer(view), languages.current()))


def to_page(request_id: str) -> HttpResponse:
    """Every POST is answered so: the browser loads the request's own page, which shows the present state."""
    response = HttpResponseRedirect(f"/{request_id}")
    response.status_code = 303
    return response


def gone(request: HttpRequest, view: RequestView | None = None) -> HttpResponse:
    """Unknown, removed and expired look alike; only who was here before it expired is told what happened."""
    expired = view is not None and view.status is SignStatus.EXPIRED and visits.load(request, view.id) is not None
    return render(request, "signpages/gone.html", {"expired": expired}, status=404)


def is_test(view: RequestView) -> bool:
    """Tell whether the page must carry the test mark."""
    return view.environment is Environment.TEST
