"""The body of a XAdES signature as text: its fixed shape, written in canonical form at once (EN 319 132-1)."""

from __future__ import annotations

import base64
import enum
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from msign.kernel.errors import invalid
from msign.kernel.words import SignatureLevel
from msign.pki.tsa import TimestampSource
from msign.signing.algorithms import Digest
from msign.signing.certificates import SigningCertificate, signing_certificate
from msign.signing.prepared import PreparedSignature
from msign.signing.xadeslong import SIGNED_PROPERTIES_TYPE, required_tsa
from msign.signing.xmltext import EXCLUSIVE_C14N, element, text

_TIMESTAMP_DIGEST = Digest.SHA256


class HashStyle(enum.StrEnum):
    """Where the posted hash stands. Setting ``xades.hash_style`` (identifiers-and-pki 5)."""

    DETACHED_DIGEST = "detached-digest"
    ENVELOPING_OBJECT = "enveloping-object"


class CertificateForm(enum.StrEnum):
    """Which signing-certificate property is written: V2 (EN 319 132-1 clause 5.2.2) or the older one."""

    V2 = "v2"
    V1 = "v1"


@dataclass(frozen=True, slots=True)
class DataReference:
    """What is signed, by digest: a detached data object with the URI that names it (percent-encoded, or ``None``)."""

    digest: Digest
    value: bytes
    uri: str | None = None
    mime_type: str = "application/octet-stream"


def dump_references(references: Sequence[DataReference]) -> str:
    """Return references as text for the state of a prepared signature."""
    return json.dumps([[one.digest.value, _b64(one.value), one.uri, one.mime_type] for one in references])


def load_references(prepared: PreparedSignature) -> tuple[DataReference, ...]:
    """Return the references that ``dump_references`` wrote."""
    return _references(prepared.state["references"])


@lru_cache(maxsize=64)
def _references(written: str) -> tuple[DataReference, ...]:
    rows = json.loads(written)
    return tuple(DataReference(Digest(name), base64.b64decode(value), uri, mime) for name, value, uri, mime in rows)


def with_signed_info(named: PreparedSignature) -> PreparedSignature:
    """Return the prepared signature with its SignedProperties and, to be signed, its canonical SignedInfo."""
    bound = replace(named, state={**named.state, "properties": _signed_properties(named)})
    return replace(bound, data_to_sign=_signed_info(bound).encode())


def refuse_contradiction(prepared: PreparedSignature) -> None:
    """Raise ``MSignError`` for a prepared signature whose state does not make the SignedInfo that was signed."""
    try:
        expected = _signed_info(prepared).encode()
    except (KeyError, ValueError, TypeError) as error:
        raise invalid("prepared", "damaged state") from error
    prepared.require_data_to_sign(expected)


def _signed_info(prepared: PreparedSignature) -> str:
    algorithm = prepared.require_algorithm()
    own = algorithm.digest
    properties = own.of(prepared.state["properties"].encode())
    return element(
        "ds:SignedInfo",
        element("ds:CanonicalizationMethod", scope="ds", Algorithm=EXCLUSIVE_C14N),
        element("ds:SignatureMethod", scope="ds", Algorithm=algorithm.uri),
        *(_data_reference(prepared, number, one, own) for number, one in enumerate(load_references(prepared))),
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


def _data_reference(prepared: PreparedSignature, number: int, data: DataReference, own: Digest) -> str:
    identity = _reference_id(prepared, number)
    if prepared.state["style"] == HashStyle.DETACHED_DIGEST:
        return element(
            "ds:Reference", _digest_pair(data.digest, data.value, scope="ds"), scope="ds", Id=identity, URI=data.uri
        )
    pair = _digest_pair(own, own.of(_object(prepared).encode()), scope="ds")
    return element("ds:Reference", _TRANSFORMS, pair, scope="ds", Id=identity, URI=f"#o-{prepared.state['id']}")


def _reference_id(prepared: PreparedSignature, number: int) -> str:
    return f"r-{prepared.state['id']}" + (f"-{number}" if number else "")


def _object(prepared: PreparedSignature) -> str:
    return element("ds:Object", _b64(prepared.content_digest), Encoding="UTF-8", Id=f"o-{prepared.state['id']}")


@lru_cache(maxsize=64)
def _digest_method(digest: Digest, scope: str) -> str:
    return element("ds:DigestMethod", scope=scope, Algorithm=digest.uri)


def _digest_pair(digest: Digest, value: bytes, *, scope: str = "") -> str:
    return _digest_method(digest, scope) + element("ds:DigestValue", _b64(value), scope=scope)


def _signed_properties(prepared: PreparedSignature) -> str:
    state, inner = prepared.state, "xades"
    formats = (
        element(
            "xades:DataObjectFormat",
            element("xades:MimeType", text(one.mime_type), scope=inner),
            scope=inner,
            ObjectReference=f"#{_reference_id(prepared, number)}",
        )
        for number, one in enumerate(load_references(prepared))
    )
    return element(
        "xades:SignedProperties",
        element(
            "xades:SignedSignatureProperties",
            element("xades:SigningTime", state["time"], scope=inner),
            _certificate_property(prepared.signing_certificate, CertificateForm(state["form"])),
            scope=inner,
        ),
        element("xades:SignedDataObjectProperties", *formats, scope=inner),
        Id=f"xades-{state['id']}",
    )


@lru_cache(maxsize=256)
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


def assemble(prepared: PreparedSignature, value: bytes, tsa: TimestampSource | None) -> str:
    """Return the finished document at level B or T. ``value`` is the signature value as XML carries it."""
    identity = prepared.state["id"]
    signature_value = element("ds:SignatureValue", _b64(value), Id=f"v-{identity}")
    unsigned = ""
    if prepared.level is not SignatureLevel.B:
        stamp = _signature_timestamp(identity, signature_value, required_tsa(tsa))
        unsigned = _in_scope("xades:UnsignedProperties", _in_scope("xades:UnsignedSignatureProperties", stamp))
    qualifying = element("xades:QualifyingProperties", prepared.state["properties"], unsigned, Target=f"#S-{identity}")
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


@lru_cache(maxsize=256)
def _key_info(certificates: tuple[bytes, ...]) -> str:
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
