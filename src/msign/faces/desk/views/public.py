"""Start page, signing in by an e-mailed link, and the local mailbox of the embedded default."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext

from msign.connections.catalogue import SERVICES
from msign.connections.fees import TARIFFS, in_lei
from msign.connections.queries.statistics import promise
from msign.connections.services import people
from msign.faces.desk.base import SESSION_KEY, DeskPage
from msign.faces.desk.forms import SignInForm
from msign.frame import languages
from msign.frame.visitors import VisitorShares
from msign.notices import queries as notices


class Start(DeskPage):
    """What is needed, what it costs, how long it takes, who acts when."""

    public = True

    def get(self, _request: HttpRequest) -> HttpResponse:
        price = max((tariff.bani for tariff in TARIFFS if tariff.service == "msign"), default=0)
        return self.page(
            "desk/start.html",
            {
                "promise": promise(self.desk),
                "review_days": self.desk.policy.review_days,
                "price": in_lei(price).removesuffix(",00"),
                "services": [(service.name, gettext(service.about)) for service in SERVICES],
            },
        )


class SignIn(DeskPage):
    """Ask for an address and send a link to it; never says whether the address is known."""

    public = True
    shares: VisitorShares = None  # type: ignore[assignment]  # given by as_view()

    def get(self, request: HttpRequest) -> HttpResponse:
        if self.person is not None:
            return redirect(self._next(request.GET.get("next", "")))
        return self.page("desk/sign_in.html", {"form": SignInForm()})

    def post(self, request: HttpRequest) -> HttpResponse:
        form = SignInForm(request.POST)
        if not form.is_valid():
            return self.page("desk/sign_in.html", {"form": form, "has_errors": True}, status=422)
        if not self.shares.take(str(request.META.get("REMOTE_ADDR", "")), 0):
            form.add_error(None, gettext("Too many links were asked for from your network. Try again in an hour."))
            return self.page("desk/sign_in.html", {"form": form, "has_errors": True}, status=429)
        people.send_link(
            self.desk,
            email=form.cleaned_data["email"],
            name=form.cleaned_data["name"],
            language=languages.current(),
        )
        request.session["desk_next"] = self._next(request.GET.get("next", ""))
        return redirect("desk-link-sent")

    @staticmethod
    def _next(address: str) -> str:
        safe = url_has_allowed_host_and_scheme(address, allowed_hosts=None)
        return address if safe and address.startswith("/") else reverse("desk-cases")


class LinkSent(DeskPage):
    """Look into your mailbox."""

    public = True

    def get(self, _request: HttpRequest) -> HttpResponse:
        return self.page("desk/link_sent.html", {"minutes": self.desk.policy.link_minutes})


class UseLink(DeskPage):
    """The link of the letter. Opening it changes nothing, so that mail scanners do not use it up; the button does."""

    public = True

    def get(self, _request: HttpRequest, secret: str) -> HttpResponse:
        return self.page("desk/use_link.html", {"secret": secret})

    def post(self, request: HttpRequest, secret: str) -> HttpResponse:
        person = people.sign_in(self.desk, secret)
        if person is None:
            return self.page("desk/use_link.html", {"spent": True}, status=410)
        target = str(request.session.get("desk_next", "")) or reverse("desk-cases")
        request.session.cycle_key()
        request.session[SESSION_KEY] = person
        request.session.set_expiry(int(self.desk.policy.session_hours * 3600))
        return redirect(target)


class SignOut(DeskPage):
    """Forget the person."""

    public = True

    def post(self, request: HttpRequest) -> HttpResponse:
        request.session.flush()
        return redirect("desk")


class Mailbox(DeskPage):
    """The letters of the embedded default. Where mail is really sent, this page does not exist."""

    public = True

    def get(self, _request: HttpRequest, number: int | None = None) -> HttpResponse:
        if not self.desk.policy.local_mailbox:
            raise Http404
        if number is None:
            return self.page("desk/mailbox.html", {"letters": notices.latest(200)})
        letter = notices.letter(number)
        if letter is None:
            raise Http404
        return self.page("desk/letter.html", {"letter": letter})
