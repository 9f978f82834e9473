"""Certificate, addresses, test cases, and the difference that goes to production."""

from __future__ import annotations

import hashlib
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Sequence

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from msign.connections.addresses import Line
from msign.connections.certificates import MAX_UPLOAD_BYTES
from msign.connections.queries.cases import case_view
from msign.connections.roles import Right
from msign.connections.services import technical
from msign.connections.services.store import STALE
from msign.connections.values import NetworkView
from msign.connections.words import Sentence, say
from msign.faces.desk import words
from msign.faces.desk.base import DeskPage, number_of
from msign.faces.desk.forms import AddressesForm, CertificateForm
from msign.kernel.words import Environment


def environment_named(text: str) -> Environment:
    """Return the environment of an address; anything else is a page that does not exist."""
    try:
        return Environment(text)
    except ValueError:
        raise Http404 from None


class Certificate(DeskPage):
    """Send a file or a serial number; see what we read; confirm."""

    def get(self, _request: HttpRequest, reference: str, environment: str) -> HttpResponse:
        return self._show(reference, environment_named(environment), CertificateForm())

    def post(self, request: HttpRequest, reference: str, environment: str) -> HttpResponse:
        place = environment_named(environment)
        if "remove" in request.POST:
            technical.remove_certificate(self.desk, self.actor, reference, place, number_of(request.POST["remove"]))
            return redirect("desk-certificate", reference, environment)
        if "confirmed" in request.POST:
            technical.register_certificate(self.desk, self.actor, reference, place, decoded(request.POST["confirmed"]))
            return redirect("desk-case", reference)
        form = CertificateForm(request.POST, request.FILES)
        form.full_clean()
        offered = self._inspect(request, reference, place)
        if isinstance(offered, technical.Offered):
            return self._offer(reference, place, offered)
        field, sentence = offered
        form.add_error(field, words.tell(sentence))
        return self._show(reference, place, form, status=422)

    def _inspect(
        self, request: HttpRequest, reference: str, place: Environment
    ) -> technical.Offered | tuple[str, Sentence]:
        file, serial = request.FILES.get("file"), request.POST.get("serial", "").strip()
        if file is not None:
            data = file.read(MAX_UPLOAD_BYTES + 1)
            found = technical.inspect_certificate(self.desk, self.actor, reference, place, data)
            return found if isinstance(found, technical.Offered) else ("file", found)
        if serial:
            found = technical.inspect_serial(self.desk, self.actor, reference, place, serial)
            return found if isinstance(found, technical.Offered) else ("serial", found)
        return "file", say("Choose the certificate file, or enter a serial number.")

    def _offer(self, reference: str, place: Environment, offered: technical.Offered) -> HttpResponse:
        view = case_view(self.desk, self.actor, reference)
        return self.page(
            "desk/certificate_read.html",
            {
                "case": view,
                "environment": place,
                "name": words.ENVIRONMENTS[place],
                "reading": offered.reading,
                "checks": [(check.outcome, words.tell(check.sentence)) for check in offered.checks],
                "acceptable": offered.acceptable,
                "confirmed": encoded(offered.reading.der),
                "has_errors": not offered.acceptable,
            },
            status=200 if offered.acceptable else 422,
        )

    def _show(self, reference: str, place: Environment, form: CertificateForm, status: int = 200) -> HttpResponse:
        view = case_view(self.desk, self.actor, reference)
        return self.page(
            "desk/certificate.html",
            {
                "case": view,
                "card": view.environment(place),
                "environment": place,
                "name": words.ENVIRONMENTS[place],
                "life": words.LIFE,
                "form": form,
                "may_edit": self.actor.may(Right.EDIT_TECHNICAL, view.organisation_id),
                "has_errors": status != 200,
            },
            status=status,
        )


def encoded(der: bytes) -> str:
    """Return a certificate as a hidden field carries it."""
    return b64encode(der).decode()


def decoded(text: str) -> bytes:
    """Return the certificate of a hidden field; nothing for what is none."""
    try:
        return b64decode(text, validate=True)
    except (Base64Error, ValueError):
        return b""


class Addresses(DeskPage):
    """Addresses of one environment, one a line; every line is answered."""

    def get(self, _request: HttpRequest, reference: str, environment: str) -> HttpResponse:
        place = environment_named(environment)
        networks = self._listed(reference, place)
        typed = "\n".join(one.network.removesuffix("/32").removesuffix("/128") for one in networks)
        return self._show(
            reference, place, AddressesForm(initial={"addresses": typed, "vpn": any(n.vpn for n in networks)})
        )

    def post(self, request: HttpRequest, reference: str, environment: str) -> HttpResponse:
        place = environment_named(environment)
        form = AddressesForm(request.POST)
        form.full_clean()
        text, vpn = request.POST.get("addresses", "")[:4000], "vpn" in request.POST
        lines, stops = technical.inspect_addresses(self.desk, self.actor, reference, place, text, vpn=vpn)
        for stop in stops:
            form.add_error("addresses", words.tell(stop))
        warnings = _warnings(lines)
        if request.POST.get("known", now := _mark(self._listed(reference, place))) != now:
            form.add_error(None, words.tell(STALE))
            form.add_error(None, words.tell(_standing(self._listed(reference, place))))
            return self._show(reference, place, form, 409, warnings)
        if stops or (warnings and "sure" not in request.POST):
            return self._show(reference, place, form, 422 if stops else 200, warnings)
        technical.save_addresses(self.desk, self.actor, reference, place, text, vpn=vpn)
        return redirect("desk-case", reference)

    def _listed(self, reference: str, place: Environment) -> Sequence[NetworkView]:
        return case_view(self.desk, self.actor, reference).environment(place).networks

    def _show(
        self,
        reference: str,
        place: Environment,
        form: AddressesForm,
        status: int = 200,
        warnings: list[str] | None = None,
    ) -> HttpResponse:
        view = case_view(self.desk, self.actor, reference)
        return self.page(
            "desk/addresses.html",
            {
                "case": view,
                "card": view.environment(place),
                "environment": place,
                "name": words.ENVIRONMENTS[place],
                "form": form,
                "known": _mark(view.environment(place).networks),
                "warnings": warnings or [],
                "policy": self.desk.policy.addresses,
                "may_edit": self.actor.may(Right.EDIT_TECHNICAL, view.organisation_id),
                "has_errors": status != 200,
            },
            status=status,
        )


def _mark(networks: Sequence[NetworkView]) -> str:
    """A name for a list of addresses: two people who change the same list meet here."""
    text = "\n".join(sorted(f"{one.network} {one.vpn}" for one in networks))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _standing(networks: Sequence[NetworkView]) -> Sentence:
    return say("On the list now: %(networks)s.", networks=", ".join(one.network for one in networks) or "–")


def _warnings(lines: tuple[Line, ...]) -> list[str]:
    return [words.tell(found.sentence) for line in lines for found in line.findings if found.severity == "warn"]


class Promotion(DeskPage):
    """What goes to production, as a difference to test: what must differ, and what must not."""

    def get(self, _request: HttpRequest, reference: str) -> HttpResponse:
        view = case_view(self.desk, self.actor, reference)
        test, production = (view.environment(place) for place in (Environment.TEST, Environment.PRODUCTION))
        shared = {one.network for one in test.networks} & {one.network for one in production.networks}
        return self.page(
            "desk/promotion.html",
            {"case": view, "test": test, "production": production, "shared": sorted(shared)},
        )
