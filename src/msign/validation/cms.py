"""Reads CMS SignedData (RFC 5652 clause 5) as others write it: BER or DER, with and without signed attributes.

Reading only: nothing here is checked, and what is read may be hostile. All errors are ``Asn1Error``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from msign.pki import asn1
from msign.pki.algorithms import DIGEST_OIDS

ID_DATA = "1.2.840.113549.1.7.1"
ID_SIGNED_DATA = "1.2.840.113549.1.7.2"
CONTENT_TYPE = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
SIGNING_TIME = "1.2.840.113549.1.9.5"
SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.12"
SIGNATURE_TIMESTAMP = "1.2.840.113549.1.9.16.2.14"
SIGNATURE_POLICY = "1.2.840.113549.1.9.16.2.15"
CONTENT_TIMESTAMP = "1.2.840.113549.1.9.16.2.20"
SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"
COUNTER_SIGNATURE = "1.2.840.113549.1.9.6"
REVOCATION_ARCHIVAL = "1.2.840.113583.1.1.8"
_OCSP_RESPONSE, _OCSP_BASIC = "1.3.6.1.5.5.7.16.2", "1.3.6.1.5.5.7.48.1.1"
# SHAKE256 with 512 bits of output as Ed448 uses it (RFC 8419, RFC 8702).
_SHAKE = {"2.16.840.1.101.3.4.2.12": "shake256", "2.16.840.1.101.3.4.2.18": "shake256"}

MAX_CERTIFICATES = 200
MAX_SIGNERS = 16

Attributes = Mapping[str, list[asn1.Node]]


def digest_name(identifier: asn1.Node) -> str:
    """Return the name of a digest AlgorithmIdentifier, or its dotted number where we do not know it."""
    oid = identifier.children()[0].oid()
    return DIGEST_OIDS.get(oid) or _SHAKE.get(oid) or oid


@dataclass(frozen=True)
class SignerInfo:
    """One signer of a container. ``issuer`` is the raw name, with ``serial``; or ``key_id`` names the certificate."""

    issuer: bytes | None
    serial: int | None
    key_id: bytes | None
    digest: str
    algorithm: asn1.Node
    signature: bytes
    signed: asn1.Node | None
    unsigned: asn1.Node | None

    @cached_property
    def signed_attributes(self) -> Attributes:
        """Signed attributes by type; the values of repeated attributes are joined."""
        return _attributes(self.signed)

    @cached_property
    def unsigned_attributes(self) -> Attributes:
        """Unsigned attributes by type."""
        return _attributes(self.unsigned)

    @property
    def signed_bytes(self) -> bytes | None:
        """What the value was made over: the attributes as an explicit SET OF (RFC 5652 clause 5.4)."""
        return None if self.signed is None else b"\x31" + self.signed.raw[1:]

    @cached_property
    def claimed_time(self) -> dt.datetime | None:
        """The signing-time attribute: what the signer says."""
        values = self.signed_attributes.get(SIGNING_TIME)
        return values[0].time() if values else None

    @property
    def signature_tokens(self) -> tuple[bytes, ...]:
        """Signature time-stamp tokens, DER, without repetitions."""
        return tuple(dict.fromkeys(node.raw for node in self.unsigned_attributes.get(SIGNATURE_TIMESTAMP, ())))

    @property
    def content_tokens(self) -> tuple[bytes, ...]:
        """Content time-stamp tokens: proof that the content existed before it was signed."""
        return tuple(dict.fromkeys(node.raw for node in self.signed_attributes.get(CONTENT_TIMESTAMP, ())))


@dataclass(frozen=True)
class SignedData:
    """A container. ``content`` is the encapsulated content, absent in detached signatures."""

    content_type: str
    content: bytes | None
    certificates: tuple[bytes, ...]
    crls: tuple[bytes, ...]
    ocsp: tuple[bytes, ...]
    signers: tuple[SignerInfo, ...]


def read_signed_data(container: bytes) -> SignedData:
    """Return the SignedData in a ContentInfo; zero bytes behind it (room that a PDF signer reserved) are ignored."""
    outer = asn1.read(container).expect(asn1.SEQUENCE)
    if container[outer.end :].strip(b"\x00"):
        raise asn1.Asn1Error("something follows the container")
    parts = outer.children()
    if len(parts) != 2 or parts[0].oid() != ID_SIGNED_DATA:
        raise asn1.Asn1Error("not a SignedData")
    fields = parts[1].expect(0xA0).inner().expect(asn1.SEQUENCE).children()
    if len(fields) < 4:
        raise asn1.Asn1Error("SignedData lacks members")
    content_type, content = _encapsulated(fields[2])
    optional = {node.tag: node for node in fields[3:-1]}
    crls, ocsp = _revocation(optional.get(0xA1))
    return SignedData(
        content_type=content_type,
        content=content,
        certificates=_certificates(optional.get(0xA0)),
        crls=crls,
        ocsp=ocsp,
        signers=_signers(fields[-1]),
    )


def _encapsulated(node: asn1.Node) -> tuple[str, bytes | None]:
    parts = node.children()
    content = parts[1].inner() if len(parts) > 1 else None
    if content is None:
        return parts[0].oid(), None
    # PKCS#7 wrote other types in place of the OCTET STRING; their content octets are what was digested.
    return parts[0].oid(), content.octets() if content.number == asn1.OCTET_STRING else content.value


def _certificates(node: asn1.Node | None) -> tuple[bytes, ...]:
    if node is None:
        return ()
    found = [child.raw for child in node.iterate() if child.tag == asn1.SEQUENCE]
    if len(found) > MAX_CERTIFICATES:
        raise asn1.Asn1Error(f"more than {MAX_CERTIFICATES} certificates")
    return tuple(dict.fromkeys(found))


def _revocation(node: asn1.Node | None) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    crls: list[bytes] = []
    ocsp: list[bytes] = []
    for child in node.iterate() if node is not None else ():
        if child.tag == asn1.SEQUENCE:
            crls.append(child.raw)
        elif child.tag == 0xA1:  # OtherRevocationInfoFormat, RFC 5940
            parts = child.children()
            if len(parts) == 2 and parts[0].oid() in (_OCSP_RESPONSE, _OCSP_BASIC):
                ocsp.append(parts[1].raw)
    return tuple(crls), tuple(ocsp)


def _signers(node: asn1.Node) -> tuple[SignerInfo, ...]:
    signers = tuple(_signer(child) for child in node.expect(asn1.SET).iterate())
    if len(signers) > MAX_SIGNERS:
        raise asn1.Asn1Error(f"more than {MAX_SIGNERS} signers")
    return signers


def _signer(node: asn1.Node) -> SignerInfo:
    fields = node.expect(asn1.SEQUENCE).children()
    if len(fields) < 5:
        raise asn1.Asn1Error("SignerInfo lacks members")
    issuer, serial, key_id = _identifier(fields[1])
    signed = fields[3] if fields[3].tag == 0xA0 else None
    rest = fields[4:] if signed is not None else fields[3:]
    if len(rest) < 2:
        raise asn1.Asn1Error("SignerInfo lacks a value")
    return SignerInfo(
        issuer=issuer,
        serial=serial,
        key_id=key_id,
        digest=digest_name(fields[2]),
        algorithm=rest[0].expect(asn1.SEQUENCE),
        signature=rest[1].octets(),
        signed=signed,
        unsigned=rest[2] if len(rest) > 2 and rest[2].tag == 0xA1 else None,
    )


def _identifier(node: asn1.Node) -> tuple[bytes | None, int | None, bytes | None]:
    if node.tag in (0x80, 0xA0):
        return None, None, node.octets()
    parts = node.expect(asn1.SEQUENCE).children()
    if len(parts) != 2:
        raise asn1.Asn1Error("malformed issuer and serial number")
    return parts[0].raw, parts[1].integer(), None


def _attributes(node: asn1.Node | None) -> Attributes:
    found: dict[str, list[asn1.Node]] = {}
    for child in node.iterate() if node is not None else ():
        parts = child.expect(asn1.SEQUENCE).children()
        if len(parts) != 2:
            raise asn1.Asn1Error("malformed attribute")
        found.setdefault(parts[0].oid(), []).extend(parts[1].children())
    return found


def archived_revocation(signer: SignerInfo) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """Return CRLs and OCSP responses of the signed adbe-revocationInfoArchival (ISO 32000-1 clause 12.8.3.3.2)."""
    crls: list[bytes] = []
    ocsp: list[bytes] = []
    for value in signer.signed_attributes.get(REVOCATION_ARCHIVAL, ()):
        for part in value.children():
            target = {0xA0: crls, 0xA1: ocsp}.get(part.tag)
            if target is not None:
                target.extend(child.raw for child in part.inner().iterate())
    return tuple(crls), tuple(ocsp)
