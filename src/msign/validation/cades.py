"""Judges one CMS signature by itself: format, digest, signature value, binding of the signer's certificate.

EN 319 102-1 clauses 5.2.2 (format), 5.2.3 (signing certificate), 5.2.7 (cryptographic verification) with the attribute
rules of EN 319 122-1. Not here: certificate path, revocation, time-stamps, algorithm dates; see ``validation.pades``.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PublicKey

from msign.pki import algorithms, asn1, cms, keys
from msign.pki.algorithms import KeyKind, SignatureAlgorithm
from msign.pki.asn1 import Asn1Error
from msign.pki.certificate import ParsedCertificate
from msign.pki.evidence import RevocationEvidence
from msign.validation.model import Integrity, Reason, Severity, SubIndication

SIGNING_TIME = "1.2.840.113549.1.9.5"
COUNTER_SIGNATURE = "1.2.840.113549.1.9.6"
SIGNATURE_TIMESTAMP = "1.2.840.113549.1.9.16.2.14"
SIGNATURE_POLICY = "1.2.840.113549.1.9.16.2.15"
CONTENT_TIMESTAMP = "1.2.840.113549.1.9.16.2.20"
REVOCATION_ARCHIVAL = "1.2.840.113583.1.1.8"
# SHAKE256 with 64 octets as Ed448 uses it (RFC 8419 clause 2.3, RFC 8702).
_SHAKE256 = frozenset({"2.16.840.1.101.3.4.2.12", "2.16.840.1.101.3.4.2.18"})
_NO_EVIDENCE = RevocationEvidence()

DigestOf = Callable[[str], bytes]
"""Returns the digest of the signed content by algorithm name; KeyError for names that it does not know."""


@dataclass(frozen=True)
class CmsFinding:
    """What a container says and whether its mathematics hold.

    ``failure`` is the sub-indication of the first thing that is wrong, ``None`` if nothing is. ``bound`` tells whether
    a signed attribute names the signing certificate. ``tokens`` are the signature time-stamps, unverified, over
    ``value``.
    """

    integrity: Integrity
    failure: SubIndication | None
    reasons: tuple[Reason, ...] = ()
    certificate: ParsedCertificate | None = None
    certificates: tuple[ParsedCertificate, ...] = ()
    digest: str = ""
    scheme: SignatureAlgorithm | None = None
    value: bytes = b""
    claimed_time: dt.datetime | None = None
    content_digest: bytes | None = None
    tokens: tuple[bytes, ...] = ()
    content_tokens: tuple[bytes, ...] = ()
    evidence: RevocationEvidence = _NO_EVIDENCE
    bound: bool = False
    counter_signatures: int = 0


class _Stop(Exception):  # noqa: N818  (it ends the examination, it is no error of ours)
    """A check failed for good."""

    def __init__(self, failure: SubIndication, code: str, **facts: str) -> None:
        super().__init__(code)
        self.failure = failure
        self.reason = Reason(code, Severity.FAIL, tuple(facts.items()))


def _unreadable(error: Asn1Error) -> _Stop:
    return _Stop(SubIndication.FORMAT_FAILURE, "cms-unreadable", detail=error.message)


def examine(container: bytes, digest_of: DigestOf, *, sha1_content: bool = False) -> CmsFinding:
    """Return what can be said about a detached CMS signature over the content that ``digest_of`` digests.

    Bytes behind the container are ignored: a PDF signer reserves room that the signature does not cover.
    ``sha1_content``: the container encapsulates the SHA-1 of the content (adbe.pkcs7.sha1, ISO 32000-1 12.8.3.3.1).
    Never raises for what is in the container; a container that cannot be read is a FORMAT_FAILURE.
    """
    try:
        data, signer = _opened(container)
    except _Stop as stop:
        return CmsFinding(Integrity.INVALID, stop.failure, (stop.reason,))
    return _Examination(data, signer, digest_of, sha1_content=sha1_content).run()


def examine_signer(data: cms.SignedData, signer: cms.SignerInfo, digest_of: DigestOf) -> CmsFinding:
    """Return what can be said about one of several signers over detached content. Raises nothing for what they hold."""
    try:
        _ = (signer.digest, signer.signature, signer.signed, signer.unsigned)
    except Asn1Error as error:
        stop = _unreadable(error)
        return CmsFinding(Integrity.INVALID, stop.failure, (stop.reason,))
    return _Examination(data, signer, digest_of, sha1_content=False).run()


def _opened(container: bytes) -> tuple[cms.SignedData, cms.SignerInfo]:
    try:
        data = cms.parse_signed_data(asn1.read(container).raw)
        # EN 319 142-1 clause 6.2.1 d: exactly one SignerInfo.
        if len(data.signers) != 1:
            raise _Stop(SubIndication.FORMAT_FAILURE, "cms-signers", count=str(len(data.signers)))
        signer = data.signers[0]
        _ = (signer.digest, signer.signature, signer.signed, signer.unsigned)
    except Asn1Error as error:
        raise _unreadable(error) from None
    return data, signer


class _Examination:
    """The checks in the order of EN 319 102-1 clause 5.3; the first one that fails ends it."""

    def __init__(
        self, data: cms.SignedData, signer: cms.SignerInfo, digest_of: DigestOf, *, sha1_content: bool
    ) -> None:
        self.data, self.signer, self.digest_of, self.sha1_content = data, signer, digest_of, sha1_content
        self.digest = signer.digest
        self.notes: list[Reason] = []
        self.certificate: ParsedCertificate | None = None
        self.scheme: SignatureAlgorithm | None = None
        self.content_digest: bytes | None = None
        self.bound = False

    def run(self) -> CmsFinding:
        try:
            try:
                self._mathematics()
            except Asn1Error as error:
                raise _unreadable(error) from None
        except _Stop as stop:
            return self._finding(stop.failure, stop.reason, intact=False)
        return self._binding()

    def _mathematics(self) -> None:
        self.digest = self.signer.digest or _extendable(self.signer)
        self.certificate = self._signing_certificate()
        self.content_digest = self._content()
        self._attributes()
        self._value()

    def _finding(self, failure: SubIndication | None, *reasons: Reason, intact: bool) -> CmsFinding:
        signer = self.signer
        return CmsFinding(
            integrity=Integrity.VALID if intact else Integrity.INVALID,
            failure=failure,
            reasons=(*reasons, *self.notes),
            certificate=self.certificate,
            certificates=self.data.certificates,
            digest=self.digest,
            scheme=self.scheme,
            value=signer.signature,
            claimed_time=_claimed_time(signer),
            content_digest=self.content_digest,
            tokens=_raw(signer.unsigned.get(SIGNATURE_TIMESTAMP, ())),
            content_tokens=_raw(signer.signed.get(CONTENT_TIMESTAMP, ())),
            evidence=RevocationEvidence(self.data.ocsp, self.data.crls) | _archived(signer),
            bound=self.bound,
            counter_signatures=len(signer.unsigned.get(COUNTER_SIGNATURE, ())),
        )

    def _signing_certificate(self) -> ParsedCertificate:
        """EN 319 102-1 clause 5.2.3: the certificate that the signer's identifier names."""
        found = self.data.signer_certificates(self.signer)
        bound = [c for c in found if any(named.names(c) for named in self.signer.ess_certificates)]
        if not found:
            raise _Stop(SubIndication.NO_SIGNING_CERTIFICATE_FOUND, "signing-certificate-missing")
        return (bound or found)[0]

    def _content(self) -> bytes:
        """Return the digest that the signature must be over, after the rules for encapsulated content."""
        if self.sha1_content:
            held = self.data.content
            if held is None or not hmac.compare_digest(held, self.digest_of("sha1")):
                raise _Stop(SubIndication.HASH_FAILURE, "document-digest-differs", algorithm="sha1")
            return self._digest(held)
        if self.data.content is not None:
            # EN 319 142-1 clause 6.2.1 c: no data shall be encapsulated.
            raise _Stop(SubIndication.FORMAT_FAILURE, "cms-content-encapsulated")
        try:
            return self.digest_of(self.digest)
        except KeyError:
            raise self._unknown_digest() from None

    def _digest(self, data: bytes) -> bytes:
        if self.digest == "shake256":
            return hashlib.shake_256(data).digest(64)
        try:
            return algorithms.digest(self.digest, data)
        except KeyError:
            raise self._unknown_digest() from None

    def _unknown_digest(self) -> _Stop:
        return _Stop(SubIndication.CRYPTO_CONSTRAINTS_FAILURE, "digest-unknown", algorithm=self.digest)

    def _attributes(self) -> None:
        """RFC 5652 clause 5.4: content-type and message-digest, exactly one value each."""
        signer = self.signer
        if not signer.has_signed_attributes:
            self.notes.append(Reason("signed-attributes-missing", Severity.WARN))
            return
        kinds, digests = signer.signed.get(cms.CONTENT_TYPE, []), signer.signed.get(cms.MESSAGE_DIGEST, [])
        if len(digests) != 1 or len(kinds) != 1:
            raise _Stop(SubIndication.FORMAT_FAILURE, "cms-attributes", detail="content type or message digest")
        if kinds[0].oid() != self.data.content_type:
            raise _Stop(SubIndication.FORMAT_FAILURE, "cms-content-type", stated=kinds[0].oid())
        if self.content_digest is None or not hmac.compare_digest(digests[0].octets(), self.content_digest):
            raise _Stop(SubIndication.HASH_FAILURE, "document-digest-differs", algorithm=self.digest)

    def _value(self) -> None:
        """EN 319 102-1 clause 5.2.7: the value over the attributes, or over the content if there are none."""
        signer = self.signer
        self.scheme = signer.scheme
        key = self.certificate.public_key if self.certificate is not None else None
        if self.scheme is None or key is None:
            raise _Stop(SubIndication.SIG_CRYPTO_FAILURE, "signature-algorithm-unknown")
        self._consistent(self.scheme)
        if signer.has_signed_attributes:
            good = keys.verify(key, self.scheme, signer.signature, signer.signed_bytes)
            good = good or keys.verify(key, self.scheme, signer.signature, _sorted(signer.signed_bytes))
        else:
            good = keys.verify_digest(key, self.scheme, signer.signature, self.content_digest or b"")
        if not good:
            raise _Stop(SubIndication.SIG_CRYPTO_FAILURE, "signature-value-wrong")

    def _consistent(self, scheme: SignatureAlgorithm) -> None:
        """The digest in the signature algorithm should be that of the digest algorithm; EdDSA prescribes it."""
        facts = (("digest", self.digest), ("value", scheme.digest))
        if scheme.digest and scheme.digest != self.digest:
            self.notes.append(Reason("digest-algorithms-differ", Severity.WARN, facts))
        # RFC 8419 clause 3.1: SHA-512 with Ed25519, SHAKE256 with Ed448.
        key = self.certificate.public_key if self.certificate is not None else None
        wanted = "shake256" if isinstance(key, Ed448PublicKey) else "sha512"
        if scheme.kind is KeyKind.EDDSA and self.digest != wanted:
            self.notes.append(Reason("eddsa-digest-not-allowed", Severity.FAIL, facts[:1]))

    def _binding(self) -> CmsFinding:
        """EN 319 122-1 clauses 5.2.2.2 and 5.2.2.3: a signed attribute must name this certificate by its digest."""
        try:
            named = self.signer.ess_certificates
            differs = self.certificate is not None and not all(item.names(self.certificate) for item in named)
        except Asn1Error:
            named, differs = (), True
        if differs:
            reason = Reason("signing-certificate-differs", Severity.FAIL)
            return self._finding(SubIndication.NO_SIGNING_CERTIFICATE_FOUND, reason, intact=True)
        self.bound = bool(named)
        if not named:
            self.notes.append(Reason("signing-certificate-attribute-missing", Severity.WARN))
        return self._finding(None, intact=True)


def _extendable(signer: cms.SignerInfo) -> str:
    oid = signer.node.children()[2].children()[0].oid()
    return "shake256" if oid in _SHAKE256 else oid


def _sorted(attributes: bytes) -> bytes:
    """Some signers sort the attributes for signing, as DER says, and store them unsorted."""
    return asn1.encode(asn1.SET, *sorted(child.raw for child in asn1.read(attributes).iterate()))


def _raw(nodes: object) -> tuple[bytes, ...]:
    return tuple(dict.fromkeys(node.raw for node in nodes)) if isinstance(nodes, list) else ()


def _claimed_time(signer: cms.SignerInfo) -> dt.datetime | None:
    values = signer.signed.get(SIGNING_TIME)
    try:
        return values[0].time() if values else None
    except Asn1Error:
        return None


def _archived(signer: cms.SignerInfo) -> RevocationEvidence:
    """The signed adbe-revocationInfoArchival (ISO 32000-1 clause 12.8.3.3.2): CRLs under [0], OCSP under [1]."""
    found: dict[int, list[bytes]] = {0xA0: [], 0xA1: []}
    try:
        for value in signer.signed.get(REVOCATION_ARCHIVAL, ()):
            for part in value.children():
                if part.tag in found:
                    found[part.tag] += [child.raw for child in part.inner().iterate()]
    except Asn1Error:
        return _NO_EVIDENCE
    return RevocationEvidence(tuple(found[0xA1]), tuple(found[0xA0]))
