"""What the trust service answers over HTTP, without HTTP: path and body in, reply out. Served by the tsp service and
handed to tests as an in-process transport."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from msign.sandbox.hierarchy import Hierarchy
from msign.sandbox.status import CrlBuilder, Mode, OcspResponder

DELEGATED = ("qualified", "root")  # the others answer with their own key
_DOWN = "the sandbox service was switched off for a test"


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer."""

    status: int
    content_type: str
    body: bytes


@dataclass(slots=True)
class TrustServices:
    """OCSP, CRL, CA certificates and time-stamps of a hierarchy. ``modes`` maps a path to its failure mode."""

    hierarchy: Hierarchy
    responders: Mapping[str, OcspResponder] = field(default_factory=dict)
    modes: MutableMapping[str, Mode] = field(default_factory=dict)
    _lists: dict[str, CrlBuilder] = field(default_factory=dict)
    _delegates: dict[str, OcspResponder] = field(default_factory=dict)

    def answer(self, method: str, path: str, body: bytes) -> Reply:
        """Return the reply to one request."""
        mode = self.modes.get(path, Mode.NORMAL)
        if mode is Mode.DOWN:
            return _text(503, _DOWN)
        area, _, name = path.strip("/").partition("/")
        if area == "tsa" and not name:
            return self._timestamp(method, body, mode)
        identifier, _, ending = name.partition(".")
        if identifier not in self.hierarchy.authorities:
            return _text(404, "no such authority")
        return self._authority(method, f"{area}.{ending}", identifier, body, mode)

    def _authority(self, method: str, what: str, identifier: str, body: bytes, mode: Mode) -> Reply:
        match what, method:
            case "ocsp.", "POST":
                return Reply(200, "application/ocsp-response", self.responder(identifier).respond(body, mode))
            case "ocsp.", _:
                return _text(405, "POST an OCSP request here")
            case "crl.crl", _:
                return Reply(200, "application/pkix-crl", self.crl(identifier).current(mode))
            case "cert.crt", _:
                der = self.hierarchy[identifier].certificate.public_bytes(Encoding.DER)
                return Reply(200, "application/pkix-cert", der)
        return _text(404, "nothing here")

    def responder(self, identifier: str) -> OcspResponder:
        """Return the OCSP responder of one authority: delegated below the root, its own key elsewhere."""
        if identifier in self.responders:
            return self.responders[identifier]
        if identifier not in self._delegates:
            delegated = identifier in DELEGATED
            self._delegates[identifier] = OcspResponder(self.hierarchy[identifier], delegated=delegated)
        return self._delegates[identifier]

    def crl(self, identifier: str) -> CrlBuilder:
        """Return the CRL builder of one authority."""
        return self._lists.setdefault(identifier, CrlBuilder(self.hierarchy[identifier]))

    def ocsp_response(self, certificate: x509.Certificate, mode: Mode = Mode.NORMAL) -> bytes:
        """Return the OCSP answer for ``certificate`` without a request."""
        return self.responder(self.hierarchy.issuer_of(certificate).identifier).answer_for(certificate, mode)

    def _timestamp(self, method: str, body: bytes, mode: Mode) -> Reply:
        if method != "POST":
            return _text(405, "POST a time-stamp request here")
        return Reply(200, "application/timestamp-reply", self.hierarchy.tsa.respond(body, mode))


def _text(status: int, text: str) -> Reply:
    return Reply(status, "text/plain; charset=utf-8", text.encode())
