"""Judges one CMS signature by itself: format, digest, signature value, binding of the signer's certificate.

EN 319 102-1 clauses 5.2.2 (format), 5.2.3 (signing certificate), 5.2.7 (cryptographic verification) with the attribute
rules of EN 319 122-1. Not here: certificate path, revocation, time-stamps, algorithm policy; see ``validation.pades``.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass

from msign.pki import asn1, keys
from msign.pki.algorithms import DIGEST_OIDS, KeyKind, SignatureAlgorithm, digest_class
from msign.pki.certificate import ParsedCertificate, parse
from msign.pki.evidence import RevocationEvidence
from msign.pki.names import parse_name
from msign.validation import cms
from msign.validation.model import Integrity, Reason, Severity, SubIndication

_NO_EVIDENCE = RevocationEvidence()

DigestOf = Callable[[str], bytes]
"""Returns the digest of the signed content by algorithm name."""


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


def examine(container: bytes, digest_of: DigestOf, *, sha1_content: bool = False) -> CmsFinding:
    """Return what can be said about a detached CMS signature over the content that ``digest_of`` digests.

    ``sha1_content``: the container encapsulates the SHA-1 of the content (adbe.pkcs7.sha1, ISO 32000-1 12.8.3.3.1).
    Never raises for what is in the container; a container that cannot be read is a FORMAT_FAILURE.
    """
    try:
        data = cms.read_signed_data(container)
        signer = _only_signer(data)
    except asn1.Asn1Error as error:
        return _unreadable(error)
    except _Stop as stop:
        return CmsFinding(Integrity.INVALID, stop.failure, (stop.reason,))
    return _Examination(data, signer, digest_of, sha1_content=sha1_content).run()


def _unreadable(error: asn1.Asn1Error) -> CmsFinding:
    reason = Reason("cms-unreadable", Severity.FAIL, (("detail", error.message),))
    return CmsFinding(Integrity.INVALID, SubIndication.FORMAT_FAILURE, (reason,))


def _only_signer(data: cms.SignedData) -> cms.SignerInfo:
    # EN 319 142-1 clause 6.2.1 d: exactly one SignerInfo.
    if len(data.signers) != 1:
        raise _Stop(SubIndication.FORMAT_FAILURE, "cms-signers", count=str(len(data.signers)))
    return data.signers[0]


class _Examination:
    """The checks in the order of EN 319 102-1 clause 5.3; the first one that fails ends it."""

    def __init__(
        self, data: cms.SignedData, signer: cms.SignerInfo, digest_of: DigestOf, *, sha1_content: bool
    ) -> None:
        self.data, self.signer, self.digest_of, self.sha1_content = data, signer, digest_of, sha1_content
        self.notes: list[Reason] = []
        self.certificates: tuple[ParsedCertificate, ...] = ()
        self.certificate: ParsedCertificate | None = None
        self.scheme: SignatureAlgorithm | None = None
        self.content_digest: bytes | None = None
        self.bound = False

    def run(self) -> CmsFinding:
        try:
            self.certificates = _readable(self.data.certificates)
            self.certificate = self._signing_certificate()
            self.content_digest = self._content()
            self._attributes()
            self._value()
        except _Stop as stop:
            return self._finding(stop.failure, stop.reason)
        except asn1.Asn1Error as error:
            reason = Reason("cms-unreadable", Severity.FAIL, (("detail", error.message),))
            return self._finding(SubIndication.FORMAT_FAILURE, reason)
        return self._bound_certificate()

    def _finding(self, failure: SubIndication | None, *reasons: Reason, intact: bool = False) -> CmsFinding:
        signer = self.signer
        try:
            crls, ocsp = cms.archived_revocation(signer)
            claimed, tokens, content_tokens = signer.claimed_time, signer.signature_tokens, signer.content_tokens
            counters = len(signer.unsigned_attributes.get(cms.COUNTER_SIGNATURE, ()))
        except asn1.Asn1Error:
            crls, ocsp, claimed, tokens, content_tokens, counters = (), (), None, (), (), 0
        return CmsFinding(
            integrity=Integrity.VALID if intact else Integrity.INVALID,
            failure=failure,
            reasons=(*reasons, *self.notes),
            certificate=self.certificate,
            certificates=self.certificates,
            digest=signer.digest,
            scheme=self.scheme,
            value=signer.signature,
            claimed_time=claimed,
            content_digest=self.content_digest,
            tokens=tokens,
            content_tokens=content_tokens,
            evidence=RevocationEvidence(self.data.ocsp + ocsp, self.data.crls + crls),
            bound=self.bound,
            counter_signatures=counters,
        )

    def _signing_certificate(self) -> ParsedCertificate:
        """EN 319 102-1 clause 5.2.3: the certificate that the signer's identifier names."""
        for certificate in self.certificates:
            if self._names(certificate):
                return certificate
        raise _Stop(SubIndication.NO_SIGNING_CERTIFICATE_FOUND, "signing-certificate-missing")

    def _names(self, certificate: ParsedCertificate) -> bool:
        signer = self.signer
        if signer.key_id is not None:
            return certificate.subject_key_id == signer.key_id
        if certificate.serial != signer.serial or signer.issuer is None:
            return False
        return certificate.issuer.der == signer.issuer or certificate.issuer.key == parse_name(signer.issuer).key

    def _content(self) -> bytes:
        """Return the digest that the signature must be over, after the rules for encapsulated content."""
        if self.sha1_content:
            held = self.data.content
            if held is None or not hmac.compare_digest(held, self.digest_of("sha1")):
                raise _Stop(SubIndication.HASH_FAILURE, "document-digest-differs", algorithm="sha1")
            return _digest(self.signer.digest, held)
        if self.data.content is not None:
            # EN 319 142-1 clause 6.2.1 c: no data shall be encapsulated.
            raise _Stop(SubIndication.FORMAT_FAILURE, "cms-content-encapsulated")
        try:
            return self.digest_of(self.signer.digest)
        except KeyError:
            name = self.signer.digest
            raise _Stop(SubIndication.CRYPTO_CONSTRAINTS_FAILURE, "digest-unknown", algorithm=name) from None

    def _attributes(self) -> None:
        """RFC 5652 clause 5.4: content-type and message-digest, exactly one value each."""
        signer = self.signer
        if signer.signed is None:
            self.notes.append(Reason("signed-attributes-missing", Severity.WARN))
            return
        attributes = signer.signed_attributes
        kinds, digests = attributes.get(cms.CONTENT_TYPE, []), attributes.get(cms.MESSAGE_DIGEST, [])
        if len(digests) != 1 or len(kinds) != 1:
            raise _Stop(SubIndication.FORMAT_FAILURE, "cms-attributes", detail="content type or message digest")
        if kinds[0].oid() != self.data.content_type:
            raise _Stop(SubIndication.FORMAT_FAILURE, "cms-content-type", stated=kinds[0].oid())
        if self.content_digest is None or not hmac.compare_digest(digests[0].octets(), self.content_digest):
            raise _Stop(SubIndication.HASH_FAILURE, "document-digest-differs", algorithm=signer.digest)

    def _value(self) -> None:
        """EN 319 102-1 clause 5.2.7: the signature value over the attributes, or over the content if there are none."""
        signer = self.signer
        self.scheme = keys.signature_algorithm(signer.algorithm, signer.digest)
        key = self.certificate.public_key if self.certificate is not None else None
        if self.scheme is None or key is None:
            raise _Stop(SubIndication.SIG_CRYPTO_FAILURE, "signature-algorithm-unknown")
        self._consistent(self.scheme)
        signed = signer.signed_bytes
        if signed is not None:
            good = keys.verify(key, self.scheme, signer.signature, signed)
            good = good or self._reordered(key, self.scheme)
        else:
            good = keys.verify_digest(key, self.scheme, signer.signature, self.content_digest or b"")
        if not good:
            raise _Stop(SubIndication.SIG_CRYPTO_FAILURE, "signature-value-wrong")

    def _consistent(self, scheme: SignatureAlgorithm) -> None:
        """A digest in the signature algorithm must be that of the digest algorithm (RFC 5652 clause 5.3, as DSS)."""
        if scheme.digest and scheme.digest != self.signer.digest:
            facts = (("digest", self.signer.digest), ("value", scheme.digest))
            self.notes.append(Reason("digest-algorithms-differ", Severity.WARN, facts))
        if scheme.kind is KeyKind.EDDSA and self.signer.digest not in ("sha512", "shake256"):
            # RFC 8419 clause 3.1: SHA-512 with Ed25519, SHAKE256 with Ed448.
            self.notes.append(Reason("eddsa-digest", Severity.FAIL, (("digest", self.signer.digest),)))

    def _reordered(self, key: keys.PublicKey, scheme: SignatureAlgorithm) -> bool:
        """Some signers sort the attributes for signing, as DER says, and store them unsorted."""
        if self.signer.signed is None:
            return False
        ordered = sorted(child.raw for child in self.signer.signed.iterate())
        return keys.verify(key, scheme, self.signer.signature, asn1.encode(asn1.SET, *ordered))

    def _bound_certificate(self) -> CmsFinding:
        """EN 319 122-1 clauses 5.2.2.2 and 5.2.2.3: a signed attribute must name this certificate by its digest."""
        try:
            match = _certificate_match(self.signer, self.certificate)
        except asn1.Asn1Error:
            match = False
        if match is False:
            reason = Reason("signing-certificate-differs", Severity.FAIL)
            return self._finding(SubIndication.NO_SIGNING_CERTIFICATE_FOUND, reason, intact=True)
        self.bound = match is True
        if match is None:
            self.notes.append(Reason("signing-certificate-attribute-missing", Severity.WARN))
        return self._finding(None, intact=True)


def _readable(certificates: tuple[bytes, ...]) -> tuple[ParsedCertificate, ...]:
    found = []
    for der in certificates:
        try:
            found.append(parse(der))
        except asn1.Asn1Error:
            continue  # a stray one does no harm; the signer's own is missed below
    return tuple(found)


def _digest(name: str, data: bytes) -> bytes:
    if name == "shake256":
        return hashlib.shake_256(data).digest(64)
    if digest_class(name) is None:
        raise _Stop(SubIndication.CRYPTO_CONSTRAINTS_FAILURE, "digest-unknown", algorithm=name)
    return hashlib.new(name.replace("sha3-", "sha3_"), data, usedforsecurity=False).digest()


def _certificate_match(signer: cms.SignerInfo, certificate: ParsedCertificate | None) -> bool | None:
    """Tell whether the signing-certificate attributes name the certificate; ``None`` where there is none of them."""
    if certificate is None:
        return False
    found: bool | None = None
    for value in signer.signed_attributes.get(cms.SIGNING_CERTIFICATE, ()):
        first = value.children()[0].children()[0]  # only the first ESSCertID names the signer (RFC 5035 clause 5.4)
        found = _same("sha1", first.children()[0], certificate) and found is not False
    for value in signer.signed_attributes.get(cms.SIGNING_CERTIFICATE_V2, ()):
        parts = value.children()[0].children()[0].children()
        named = parts[0].tag == asn1.SEQUENCE
        algorithm = DIGEST_OIDS.get(parts[0].children()[0].oid(), "") if named else "sha256"
        found = _same(algorithm, parts[1 if named else 0], certificate) and found is not False
    return found


def _same(algorithm: str, node: asn1.Node, certificate: ParsedCertificate) -> bool:
    if digest_class(algorithm) is None:
        return False
    return hmac.compare_digest(node.octets(), _digest(algorithm, certificate.der))
