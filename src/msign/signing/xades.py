"""XAdES baseline signatures (EN 319 132-1) over a given digest: prepare, complete, sign.

The shape is fixed (docs/reference/signing.md): root ``ds:Signature``; one reference to the data, one to
SignedProperties; exclusive canonicalisation everywhere. The digest is taken as it was given: whether it belongs to a
document is the caller's knowledge.
"""

from __future__ import annotations

import enum
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from cryptography import x509

from msign.kernel.clock import Clock, SystemClock
from msign.kernel.errors import invalid
from msign.kernel.words import SignatureLevel
from msign.pki.tsa import TimestampSource
from msign.signing.algorithms import Digest, SignatureAlgorithm
from msign.signing.evidence import EvidenceSource
from msign.signing.keys import Signer
from msign.signing.prepared import PreparedSignature
from msign.signing.xadesbody import (
    CertificateForm,
    DataReference,
    HashStyle,
    assemble,
    dump_references,
    refuse_contradiction,
    with_signed_info,
)
from msign.signing.xadeslong import Content, augment

__all__ = [
    "CertificateForm",
    "Content",
    "DataReference",
    "HashStyle",
    "ReferenceUri",
    "XadesParameters",
    "augment",
    "bind",
    "complete",
    "prepare",
    "sign",
]  # fmt: skip


class ReferenceUri(enum.StrEnum):
    """What the data reference names. Setting ``xades.reference_uri`` (identifiers-and-pki 5)."""

    CORRELATION_ID = "correlation-id"
    NAME = "name"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class XadesParameters:
    """How a XAdES signature is made. Levels LT and LTA need ``evidence`` when it is completed."""

    level: SignatureLevel = SignatureLevel.T
    style: HashStyle = HashStyle.DETACHED_DIGEST
    reference_uri: ReferenceUri = ReferenceUri.CORRELATION_ID
    correlation_id: str | None = None
    name: str | None = None
    digest: Digest | None = None  # of the given hash; None = by its length
    mime_type: str = "application/octet-stream"
    certificate_form: CertificateForm = CertificateForm.V2

    @property
    def uri(self) -> str | None:
        """The reference's URI, percent-encoded; ``None`` where there is nothing to name."""
        chosen = {ReferenceUri.CORRELATION_ID: self.correlation_id, ReferenceUri.NAME: self.name}
        named = chosen.get(self.reference_uri)
        if named and any(unicodedata.category(one) in ("Cc", "Cs") for one in named):
            raise invalid(self.reference_uri.value, "holds control characters, or half a character")
        return quote(named, safe="") if named else None


def prepare(
    digest: bytes,
    *,
    certificate: x509.Certificate | bytes | None = None,
    chain: Sequence[x509.Certificate | bytes] = (),
    algorithm: SignatureAlgorithm | None = None,
    parameters: XadesParameters | None = None,
    clock: Clock | None = None,
) -> PreparedSignature:
    """Return what is to be signed for a hash of 20, 32, 48 or 64 bytes.

    SHA-1 (20 bytes) appears as DigestMethod of that one reference only. Without ``certificate`` the value waits for
    ``bind``. Raises ``MSignError(INVALID_PARAMETER)`` for other lengths.
    """
    chosen = parameters or XadesParameters()
    kind = chosen.digest or Digest.by_length(len(digest))
    reference = DataReference(kind, digest, chosen.uri, chosen.mime_type)
    return prepare_references(
        [reference], certificate=certificate, chain=chain, algorithm=algorithm, parameters=chosen, clock=clock
    )


def prepare_references(
    references: Sequence[DataReference],
    *,
    certificate: x509.Certificate | bytes | None = None,
    chain: Sequence[x509.Certificate | bytes] = (),
    algorithm: SignatureAlgorithm | None = None,
    parameters: XadesParameters | None = None,
    clock: Clock | None = None,
) -> PreparedSignature:
    """Return what is to be signed for several data objects at once, one reference each. Raises as ``prepare``."""
    chosen = parameters or XadesParameters()
    if not references or (len(references) > 1 and chosen.style is not HashStyle.DETACHED_DIGEST):
        raise invalid("references", "at least one, and only one in an enveloped object")
    for one in references:
        if one.digest.size != len(one.value):
            raise invalid("digest", f"{len(one.value)} bytes are not a {one.digest} digest")
    if chosen.level is SignatureLevel.UNKNOWN:
        raise invalid("level", "not a level that can be made")
    moment = (clock or SystemClock()).now()
    state = {
        "id": secrets.token_hex(8),
        "time": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "style": chosen.style.value,
        "form": chosen.certificate_form.value,
        "references": dump_references(references),
    }
    first = references[0]
    waiting = PreparedSignature("xades", chosen.level, first.digest, first.value, state)
    return waiting if certificate is None else bind(waiting, certificate, chain, algorithm=algorithm)


def bind(
    prepared: PreparedSignature,
    certificate: x509.Certificate | bytes,
    chain: Sequence[x509.Certificate | bytes] = (),
    *,
    algorithm: SignatureAlgorithm | None = None,
) -> PreparedSignature:
    """Return the prepared signature for a certificate that has become known. Raises ``MSignError`` for another one."""
    named = prepared.with_certificate(certificate, chain, algorithm)
    return with_signed_info(named)


def complete(
    prepared: PreparedSignature,
    signature_value: bytes,
    *,
    tsa: TimestampSource | None = None,
    evidence: EvidenceSource | None = None,
    content: Content | None = None,
) -> bytes:
    """Return the finished XML. ``signature_value`` is as keys give it (ECDSA in DER or r‖s).

    LT and LTA need ``evidence``; LTA of a detached digest also needs the ``content`` that was hashed.

    Raises ``MSignError``: ``SIGNING_FAILED`` if the value does not fit digest and certificate, ``UNAVAILABLE`` if no
    time-stamp could be had, ``INVALID_PARAMETER`` if the level needs something that was not given.
    """
    if prepared.format != "xades":
        raise invalid("prepared", f"a {prepared.format} signature, not XAdES")
    refuse_contradiction(prepared)
    return _finished(prepared, signature_value, tsa, evidence, content)


def _finished(
    prepared: PreparedSignature,
    signature_value: bytes,
    tsa: TimestampSource | None,
    evidence: EvidenceSource | None,
    content: Content | None,
) -> bytes:
    algorithm, leaf = prepared.require_algorithm(), prepared.signing_certificate
    value = leaf.cms_value(signature_value)
    leaf.check(algorithm, value, prepared.data_to_sign)
    xml = assemble(prepared, leaf.xml_value(value), tsa).encode()
    if prepared.level in (SignatureLevel.B, SignatureLevel.T):
        return xml
    return augment(xml, level=prepared.level, tsa=tsa, evidence=evidence, content=content)


def sign(
    digest: bytes,
    *,
    signer: Signer,
    tsa: TimestampSource | None = None,
    evidence: EvidenceSource | None = None,
    content: Content | None = None,
    parameters: XadesParameters | None = None,
    clock: Clock | None = None,
) -> bytes:
    """Return the finished XML in one step. Raises as ``prepare`` and ``complete``."""
    prepared = prepare(
        digest,
        certificate=signer.signing_certificate.encoded,
        chain=signer.issuers,
        algorithm=signer.key.algorithm,
        parameters=parameters,
        clock=clock,
    )
    return _finished(prepared, signer.key.sign(prepared.data_to_sign), tsa, evidence, content)
