"""XAdES baseline signatures (EN 319 132-1) over a given digest: prepare, complete, sign.

The shape is fixed (docs/reference/signing.md): root ``ds:Signature``; one reference to the data, one to
SignedProperties; exclusive canonicalisation everywhere. The digest is taken as it was given: whether it belongs to a
document is the caller's knowledge.
"""

from __future__ import annotations

import base64
import enum
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from cryptography import x509

from msign.kernel.clock import Clock, SystemClock
from msign.kernel.errors import invalid
from msign.kernel.words import SignatureLevel
from msign.pki.tsa import TimestampSource
from msign.signing.algorithms import Digest, SignatureAlgorithm
from msign.signing.certificates import SigningCertificate, signing_certificate
from msign.signing.evidence import EvidenceSource
from msign.signing.keys import Signer
from msign.signing.prepared import PreparedSignature
from msign.signing.xadeslong import SIGNED_PROPERTIES_TYPE, Content, augment, required_tsa
from msign.signing.xmltext import EXCLUSIVE_C14N, element, text

__all__ = [
    "CertificateForm", "Content", "HashStyle", "ReferenceUri", "XadesParameters",
    "augment", "bind", "complete", "prepare", "sign",
]  # fmt: skip

_TIMESTAMP_DIGEST = Digest.SHA256


class HashStyle(enum.StrEnum):
    """Where the posted hash stands. Setting ``xades.hash_style`` (identifiers-and-pki 5)."""

    DETACHED_DIGEST = "detached-digest"
    ENVELOPING_OBJECT = "enveloping-object"


class ReferenceUri(enum.StrEnum):
    """What the data reference names. Setting ``xades.reference_uri`` (identifiers-and-pki 5)."""

    CORRELATION_ID = "correlation-id"
    NAME = "name"
    NONE = "none"


class CertificateForm(enum.StrEnum):
    """Which signing-certificate property is written: V2 (EN 319 132-1 clause 5.2.2) or the older one."""

    V2 = "v2"
    V1 = "v1"


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
    if kind.size != len(digest):
        raise invalid("digest", f"{len(digest)} bytes are not a {kind} digest")
    if chosen.level is SignatureLevel.UNKNOWN:
        raise invalid("level", "not a level that can be made")
    moment = (clock or SystemClock()).now()
    state = {
        "id": secrets.token_hex(8),
        "time": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "style": chosen.style.value,
        "mime": chosen.mime_type,
        "form": chosen.certificate_form.value,
        **({} if chosen.uri is None else {"uri": chosen.uri}),
    }
    waiting = PreparedSignature("xades", chosen.level, kind, digest, state)
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
    return replace(named, data_to_sign=_signed_info(named).encode())


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
    algorithm, leaf = prepared.require_algorithm(), prepared.signing_certificate
    value = leaf.cms_value(signature_value)
    leaf.check(algorithm, value, prepared.data_to_sign)
    xml = _assemble(prepared, _signature_value(prepared.state["id"], leaf.xml_value(value)), tsa).encode()
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
    value = signer.key.sign(prepared.data_to_sign)
    return complete(prepared, value, tsa=tsa, evidence=evidence, content=content)


def _signed_info(prepared: PreparedSignature) -> str:
    algorithm = prepared.require_algorithm()
    own = algorithm.digest
    properties = own.of(_signed_properties(prepared).encode())
    return element(
        "ds:SignedInfo",
        element("ds:CanonicalizationMethod", scope="ds", Algorithm=EXCLUSIVE_C14N),
        element("ds:SignatureMethod", scope="ds", Algorithm=algorithm.uri),
        _data_reference(prepared, own),
        element(
            "ds:Reference",
            _TRANSFORMS,
            _digest_pair(own, properties, scope="ds"),
            scope="ds",
            Type=SIGNED_PROPERTIES_TYPE,
            URI=f"#xades-{prepared.state['id']}",
        ),
    )


_TRANSFORMS = element("ds:Transforms", element("ds:Transform", scope="ds", Algorithm=EXCLUSIVE_C14N), scope="ds")


def _data_reference(prepared: PreparedSignature, own: Digest) -> str:
    identity = f"r-{prepared.state['id']}"
    if prepared.state["style"] == HashStyle.DETACHED_DIGEST:
        pair = _digest_pair(prepared.digest, prepared.content_digest, scope="ds")
        return element("ds:Reference", pair, scope="ds", Id=identity, URI=prepared.state.get("uri"))
    pair = _digest_pair(own, own.of(_object(prepared).encode()), scope="ds")
    return element("ds:Reference", _TRANSFORMS, pair, scope="ds", Id=identity, URI=f"#o-{prepared.state['id']}")


def _object(prepared: PreparedSignature) -> str:
    return element("ds:Object", _b64(prepared.content_digest), Encoding="UTF-8", Id=f"o-{prepared.state['id']}")


def _digest_pair(digest: Digest, value: bytes, *, scope: str = "") -> str:
    return element("ds:DigestMethod", scope=scope, Algorithm=digest.uri) + element(
        "ds:DigestValue", _b64(value), scope=scope
    )


def _signed_properties(prepared: PreparedSignature) -> str:
    state, inner = prepared.state, "xades"
    return element(
        "xades:SignedProperties",
        element(
            "xades:SignedSignatureProperties",
            element("xades:SigningTime", state["time"], scope=inner),
            _certificate_property(prepared.signing_certificate, CertificateForm(state["form"])),
            scope=inner,
        ),
        element(
            "xades:SignedDataObjectProperties",
            element(
                "xades:DataObjectFormat",
                element("xades:MimeType", text(state["mime"]), scope=inner),
                scope=inner,
                ObjectReference=f"#r-{state['id']}",
            ),
            scope=inner,
        ),
        Id=f"xades-{state['id']}",
    )


def _certificate_property(certificate: SigningCertificate, form: CertificateForm) -> str:
    inner = "xades"
    digest = element("xades:CertDigest", _digest_pair(Digest.SHA256, certificate.sha256), scope=inner)
    if form is CertificateForm.V2:
        issuer = element("xades:IssuerSerialV2", _b64(certificate.issuer_serial), scope=inner)
        return element("xades:SigningCertificateV2", element("xades:Cert", digest, issuer, scope=inner), scope=inner)
    issuer = element(
        "xades:IssuerSerial",
        element("ds:X509IssuerName", text(certificate.x509.issuer.rfc4514_string())),
        element("ds:X509SerialNumber", str(certificate.x509.serial_number)),
        scope=inner,
    )
    return element("xades:SigningCertificate", element("xades:Cert", digest, issuer, scope=inner), scope=inner)


def _signature_value(identity: str, value: bytes) -> str:
    return element("ds:SignatureValue", _b64(value), Id=f"v-{identity}")


def _assemble(prepared: PreparedSignature, signature_value: str, tsa: TimestampSource | None) -> str:
    identity = prepared.state["id"]
    unsigned = ""
    if prepared.level is not SignatureLevel.B:
        stamp = _signature_timestamp(identity, signature_value, required_tsa(tsa))
        unsigned = _in_scope("xades:UnsignedProperties", _in_scope("xades:UnsignedSignatureProperties", stamp))
    qualifying = element("xades:QualifyingProperties", _signed_properties(prepared), unsigned, Target=f"#S-{identity}")
    enveloped = _object(prepared) if prepared.state["style"] == HashStyle.ENVELOPING_OBJECT else ""
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + element(
        "ds:Signature",
        prepared.data_to_sign.decode(),
        signature_value,
        _key_info((prepared.certificate, *prepared.chain)),
        element("ds:Object", qualifying, scope="ds"),
        enveloped,
        Id=f"S-{identity}",
    )


def _in_scope(name: str, content: str) -> str:
    return element(name, content, scope="xades")


def _key_info(certificates: Sequence[bytes]) -> str:
    written = (element("ds:X509Certificate", signing_certificate(one).base64, scope="ds") for one in certificates)
    return element("ds:KeyInfo", element("ds:X509Data", *written, scope="ds"), scope="ds")


def _signature_timestamp(identity: str, signature_value: str, tsa: TimestampSource) -> str:
    token = tsa.timestamp(_TIMESTAMP_DIGEST.of(signature_value.encode()), _TIMESTAMP_DIGEST.value)
    return element(
        "xades:SignatureTimeStamp",
        element("ds:CanonicalizationMethod", Algorithm=EXCLUSIVE_C14N),
        element("xades:EncapsulatedTimeStamp", _b64(token), scope="xades"),
        scope="xades",
        Id=f"t-{identity}",
    )


def _b64(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")
