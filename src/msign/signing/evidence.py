"""What later verifiers need beside a signature: certificates up to the roots, OCSP responses and CRLs, gathered now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from msign.kernel.clock import Clock
from msign.kernel.errors import Code, MSignError
from msign.pki.asn1 import Asn1Error
from msign.pki.certificate import ParsedCertificate, common_name, parse
from msign.pki.cms import parse_signed_data
from msign.pki.evidence import RevocationSource
from msign.pki.ocsp import parse_ocsp
from msign.pki.path import IssuerSource
from msign.pki.rfc5280 import signed_by

_MAX_CERTIFICATES = 64
_SIGNATURE_TIMESTAMP = "1.2.840.113549.1.9.16.2.14"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Validation data in DER, each piece once."""

    certificates: tuple[bytes, ...] = ()
    ocsp: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()


class EvidenceSource(Protocol):
    """Whoever can gather validation data."""

    def gather(self, certificates: Sequence[bytes]) -> Evidence:
        """Return what is needed to judge these certificates later.

        Raises ``MSignError(UNAVAILABLE, retry=True)`` naming the certificate for which nothing could be had.
        """
        ...


class EvidenceCollector:
    """Gathers evidence from a revocation source; what has been found once is shared by a whole batch through its cache.

    Revocation answers are not judged: a signature with a revoked certificate gets the proof of that, too. ``known`` are
    certificates at hand (roots, intermediates), ``issuers`` may fetch missing ones.
    """

    def __init__(
        self,
        *,
        revocation: RevocationSource,
        clock: Clock,
        known: Iterable[ParsedCertificate] = (),
        issuers: IssuerSource | None = None,
    ) -> None:
        self._revocation, self._clock, self._issuers = revocation, clock, issuers
        self._known = tuple(known)

    def gather(self, certificates: Sequence[bytes]) -> Evidence:
        """Return chains and revocation data of all ``certificates``, of their issuers and of OCSP responders."""
        search = _Search(self._known, self._issuers)
        for encoded in certificates:
            search.add(parse(encoded))
        while search.waiting:
            self._settle(search.waiting.pop(0), search)
        return Evidence(
            tuple(one.der for one in search.found), tuple(dict.fromkeys(search.ocsp)), tuple(dict.fromkeys(search.crls))
        )

    def _settle(self, certificate: ParsedCertificate, search: _Search) -> None:
        if certificate.self_issued:
            return  # a root: nobody can revoke it
        issuer = search.issuer_of(certificate)
        if issuer is None:
            raise _missing(certificate, "its issuer is not known")
        search.add(issuer)
        if certificate.ocsp_no_check:
            return
        evidence = self._revocation.find(certificate, issuer, self._clock.now())
        if not evidence.ocsp and not evidence.crls:
            raise _missing(certificate, "; ".join(evidence.failures) or "it names no place to ask")
        search.ocsp += evidence.ocsp
        search.crls += evidence.crls
        for response in evidence.ocsp:
            for responder in parse_ocsp(response).certificates:
                search.add(responder)


def _missing(certificate: ParsedCertificate, why: str) -> MSignError:
    text = f"no validation data for the certificate {common_name(certificate.der)!r}: {why}"
    return MSignError(Code.UNAVAILABLE, text, retry=True)


class _Search:
    """Certificates seen so far, in order, and those still to be settled."""

    def __init__(self, known: Sequence[ParsedCertificate], issuers: IssuerSource | None) -> None:
        self._known, self._issuers = known, issuers
        self.found: list[ParsedCertificate] = []
        self.waiting: list[ParsedCertificate] = []
        self.ocsp: list[bytes] = []
        self.crls: list[bytes] = []

    def add(self, certificate: ParsedCertificate) -> None:
        """Note a certificate once."""
        if certificate in self.found:
            return
        if len(self.found) >= _MAX_CERTIFICATES:
            raise MSignError(Code.LIMIT_EXCEEDED, f"more than {_MAX_CERTIFICATES} certificates in one signature")
        self.found.append(certificate)
        self.waiting.append(certificate)

    def issuer_of(self, certificate: ParsedCertificate) -> ParsedCertificate | None:
        """Return the certificate that signed this one, from those at hand or fetched."""
        at_hand = _signer(certificate, [*self.found, *self._known])
        if at_hand or self._issuers is None:
            return at_hand
        return _signer(certificate, self._issuers.issuers(certificate))


def _signer(certificate: ParsedCertificate, candidates: Iterable[ParsedCertificate]) -> ParsedCertificate | None:
    for one in candidates:
        key = one.public_key
        if one.subject == certificate.issuer and key is not None and signed_by(certificate, key):
            return one
    return None


def certificates_in(container: bytes) -> tuple[bytes, ...]:
    """Return all certificates in a CMS SignedData and in its signature time-stamps; unreadable tokens give none.

    Raises ``Asn1Error`` if the container itself is unreadable.
    """
    signed = parse_signed_data(container, trailing=True)
    found = [one.der for one in signed.certificates]
    for signer in signed.signers:
        for token in signer.unsigned.get(_SIGNATURE_TIMESTAMP, ()):
            found += token_certificates(token.raw)
    return tuple(dict.fromkeys(found))


def has_timestamp(container: bytes) -> bool:
    """Tell whether every signer of a CMS SignedData has a signature time-stamp (whatever it is worth)."""
    return all(_SIGNATURE_TIMESTAMP in one.unsigned for one in parse_signed_data(container, trailing=True).signers)


def token_certificates(token: bytes) -> list[bytes]:
    """Return the certificates in a time-stamp token; none if it is unreadable."""
    try:
        return [one.der for one in parse_signed_data(token).certificates]
    except Asn1Error:
        return []
