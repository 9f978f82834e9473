"""The trust service: OCSP, CRL, certificates and time-stamps over plain HTTP, and a desk that issues and revokes."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse, JsonResponse

from msign.kernel.clock import state_time
from msign.kernel.errors import Code, MSignError, invalid
from msign.kernel.identifiers import IdCheck, is_idno, is_idnp
from msign.sandbox import pages, profiles, vault
from msign.sandbox.answers import TrustServices
from msign.sandbox.authority import long_serial, new_key
from msign.sandbox.book import Entry
from msign.sandbox.hierarchy import Hierarchy
from msign.sandbox.profiles import Kind
from msign.sandbox.register import SqliteBook
from msign.sandbox.status import Mode, OcspResponder
from msign.sandbox.trustedlist import BROKEN_PATH, LIST_PATH, TrustedListPublisher
from msign.sandbox.web import App, Route

_LEAF_DAYS = 730
_SLOW_SECONDS = 20.0
_MAX_QUERY = 64 * 1024
_SHOWN = 30
_TAGS = {"good": "success", "suspended": "accent", "revoked": "danger"}
_ACTIONS = {"good": ("suspend", "revoke"), "suspended": ("release", "revoke"), "revoked": ()}
_PERSON_AUTHORITIES = ("qualified", "advanced", "untrusted")


@dataclass(frozen=True, slots=True)
class TrustDesk:
    """The views of the service."""

    hierarchy: Hierarchy
    services: TrustServices
    register: SqliteBook
    slow_seconds: float = _SLOW_SECONDS
    trusted_list: TrustedListPublisher | None = None

    async def protocol(self, request: ASGIRequest, **_: str) -> HttpResponse:
        """OCSP, CRL, CA certificate or time-stamp."""
        if self.services.modes.get(request.path) is Mode.SLOW:
            await asyncio.sleep(self.slow_seconds)
        body = request.read(_MAX_QUERY)
        reply = await asyncio.to_thread(self.services.answer, request.method or "GET", request.path, body)
        return HttpResponse(reply.body, status=reply.status, content_type=reply.content_type)

    def list_of_services(self, request: ASGIRequest) -> HttpResponse:
        """The trusted list, or the one with a broken signature; like everything here it can be switched to fail."""
        mode = self.services.modes.get(request.path, Mode.NORMAL)
        if self.trusted_list is None or mode is Mode.DOWN:
            return HttpResponse(
                "the sandbox service was switched off for a test", status=503, content_type="text/plain"
            )
        broken = request.path == BROKEN_PATH or mode is not Mode.NORMAL
        body = self.trusted_list.broken() if broken else self.trusted_list.current()
        return HttpResponse(body, content_type="application/vnd.etsi.tsl+xml")

    def overview(self, request: ASGIRequest) -> HttpResponse:
        """The page: who is who, what was issued, and the two forms."""
        words = pages.words(request)
        rows = [_row(entry, words) for entry in self.register.latest(_SHOWN)]
        authorities = [(name, _common_name(ca.certificate)) for name, ca in self.hierarchy.authorities.items()]
        behaviours = [(mode.value, words[f"mode_{mode}"]) for mode in Mode]
        modes = [
            (p, m.value, words[f"mode_{m}"]) for p, m in sorted(self.services.modes.items()) if m is not Mode.NORMAL
        ]
        paths = [
            "/tsa",
            *((LIST_PATH,) if self.trusted_list else ()),
            *(f"/ocsp/{name}" for name, _ in authorities),
            *(f"/crl/{name}.crl" for name, _ in authorities),
        ]
        return pages.render(
            request, "tsp.html", rows=rows, authorities=authorities, modes=modes, behaviours=behaviours, paths=paths
        )

    def issue_person(self, request: ASGIRequest) -> HttpResponse:
        """JSON: ``csr``, ``idnp``, ``given``, ``surname``, and what the subject may hold besides."""
        values = _json(request)
        idnp = _text(values, "idnp")
        if not is_idnp(idnp, IdCheck.FORMAT):
            raise invalid("idnp", "13 digits were expected")
        given, surname = _text(values, "given"), _text(values, "surname")
        organisation, idno = _text(values, "organisation", ""), _text(values, "idno", "")
        if values.get("form") == "old":
            subject = profiles.old_person_subject(given, surname, idnp, organisation, idno, "administrator")
        else:
            subject = profiles.person_subject(given, surname, idnp, organisation=organisation, idno=idno)
        qualified = values.get("qualified", True) is True
        kind = Kind.QUALIFIED_PERSON if qualified else Kind.ADVANCED_PERSON
        authority = _text(values, "authority", "") or ("qualified" if qualified else "advanced")
        if authority not in _PERSON_AUTHORITIES:
            raise invalid("authority", f"one of {', '.join(_PERSON_AUTHORITIES)} was expected")
        return self._issued(authority, kind, subject, _csr(_text(values, "csr")))

    def issue_system(self, request: ASGIRequest) -> HttpResponse:
        """JSON or form with ``name``, ``idno`` and ``csr``; without a ``csr`` the answer holds a new key too."""
        values = _json(request) if request.content_type == "application/json" else request.POST.dict()
        idno = _text(values, "idno")
        if not is_idno(idno, IdCheck.FORMAT):
            raise invalid("idno", "13 digits were expected")
        organisation = _text(values, "organisation", "Organizația Model")
        subject = profiles.system_subject(_text(values, "name"), organisation, idno)
        if _text(values, "csr", "").strip():
            return self._issued("systems", Kind.SYSTEM, subject, _csr(_text(values, "csr")), serial=long_serial())
        return self._with_new_key(subject)

    def take_back(self, request: ASGIRequest) -> HttpResponse:
        """Revoke, suspend or release: ``authority``, ``serial`` (hexadecimal), ``action``, optional ``at``."""
        values = _json(request) if request.content_type == "application/json" else request.POST.dict()
        authority = self.hierarchy.authorities.get(_text(values, "authority"))
        if authority is None:
            raise invalid("authority", "no such authority")
        serial, moment = int(_text(values, "serial"), 16), _moment(_text(values, "at", ""))
        match _text(values, "action"):
            case "revoke":
                authority.revoke(serial, at=moment)
            case "suspend":
                authority.suspend(serial, at=moment)
            case "release":
                authority.release(serial)
            case other:
                raise invalid("action", f"revoke, suspend or release was expected, not {other[:20]}")
        return pages.see_other("/") if request.content_type != "application/json" else JsonResponse({"done": True})

    def set_mode(self, request: ASGIRequest) -> HttpResponse:
        """Switch a path to a failure mode: JSON or form with ``path`` and ``mode``."""
        values = _json(request) if request.content_type == "application/json" else request.POST.dict()
        try:
            self.services.modes[_text(values, "path")] = Mode(_text(values, "mode"))
        except ValueError as error:
            raise invalid("mode", f"one of {', '.join(Mode)} was expected") from error
        return pages.see_other("/") if request.content_type != "application/json" else JsonResponse({"done": True})

    def _issued(
        self, authority: str, kind: Kind, subject: x509.Name, key: object, serial: int | None = None
    ) -> JsonResponse:
        issuer = self.hierarchy[authority]
        now = issuer.clock.now().replace(microsecond=0)
        validity = (now - dt.timedelta(minutes=5), now + dt.timedelta(days=_LEAF_DAYS))
        public_key = key.public_key() if isinstance(key, x509.CertificateSigningRequest) else key
        certificate = issuer.issue(kind, subject, public_key, validity=validity, serial=serial)  # type: ignore[arg-type]
        chain = [item.public_bytes(Encoding.PEM).decode() for item in issuer.chain]
        pem = certificate.public_bytes(Encoding.PEM).decode()
        return JsonResponse({"certificate": pem, "chain": chain}, status=201)

    def _with_new_key(self, subject: x509.Name) -> HttpResponse:
        key = new_key("rsa2048")
        made = json.loads(self._issued("systems", Kind.SYSTEM, subject, key.public_key(), long_serial()).content)
        body = vault.key_pem(key) + made["certificate"].encode()
        headers = {"Content-Disposition": 'attachment; filename="system.pem"'}
        return HttpResponse(body, content_type="application/x-pem-file", headers=headers)


def create_app(
    hierarchy: Hierarchy,
    register: SqliteBook,
    *,
    responders: Mapping[str, OcspResponder] | None = None,
    slow_seconds: float = _SLOW_SECONDS,
    trusted_list: TrustedListPublisher | None = None,
) -> App:
    """Return the trust service as an ASGI application."""
    desk = TrustDesk(hierarchy, TrustServices(hierarchy, responders or {}), register, slow_seconds, trusted_list)
    return App(
        [
            Route("GET POST", "/ocsp/{authority}", desk.protocol, cross_site=True),
            Route("GET HEAD", "/crl/{name}", desk.protocol),
            Route("GET HEAD", "/cert/{name}", desk.protocol),
            Route("GET POST", "/tsa", desk.protocol, cross_site=True),
            Route("GET HEAD", LIST_PATH, desk.list_of_services),
            Route("GET HEAD", BROKEN_PATH, desk.list_of_services),
            Route("GET", "/", desk.overview),
            Route("POST", "/api/persons", desk.issue_person),
            Route("POST", "/api/systems", desk.issue_system),
            Route("POST", "/api/status", desk.take_back),
            Route("POST", "/api/modes", desk.set_mode),
            *pages.STATIC_ROUTES,
        ],
        error_page=pages.error_page,
    )


def _json(request: ASGIRequest) -> dict[str, object]:
    try:
        found = json.loads(request.read(_MAX_QUERY))
    except ValueError as error:
        raise MSignError(Code.BAD_MESSAGE, "the body is not JSON") from error
    if not isinstance(found, dict):
        raise MSignError(Code.BAD_MESSAGE, "a JSON object was expected")
    return found


def _text(values: dict[str, object] | dict[str, str], key: str, default: str | None = None) -> str:
    found = values.get(key, default)
    if not isinstance(found, str) or (default is None and not found.strip()):
        raise invalid(key, "is missing")
    return found.strip()


def _csr(pem: str) -> x509.CertificateSigningRequest:
    try:
        request = x509.load_pem_x509_csr(pem.encode())
        if not request.is_signature_valid:
            raise InvalidSignature
    except (ValueError, InvalidSignature) as error:
        raise invalid("csr", "a PKCS#10 request in PEM, signed by its own key, was expected") from error
    return request


def _moment(text: str) -> dt.datetime | None:
    if not text:
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise invalid("at", "a date and time such as 2026-03-02T09:15:30Z was expected") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _common_name(certificate: x509.Certificate) -> str:
    found = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(found[0].value) if found else ""


def _row(entry: Entry, words: pages.Words) -> dict[str, object]:
    certificate = x509.load_der_x509_certificate(entry.certificate)
    state = "good" if entry.revoked_at is None else ("suspended" if entry.suspended else "revoked")
    until = state_time(certificate.not_valid_after_utc)
    return {
        "authority": entry.authority,
        "serial": f"{entry.serial:X}",
        "name": _common_name(certificate),
        "until": f"{until:%d.%m.%Y}",
        "state": words[f"tsp_{state}"],
        "tag": _TAGS[state],
        "actions": [(action, words[f"tsp_{action}"]) for action in _ACTIONS[state]],
    }
