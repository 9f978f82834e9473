"""CMS SignedData as data (RFC 5652): what time-stamp tokens and CAdES signatures are made of. Nothing is judged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from msign.pki import algorithms, asn1, keys
from msign.pki.algorithms import SignatureAlgorithm
from msign.pki.asn1 import Asn1Error, Node
from msign.pki.certificate import ParsedCertificate, parse
from msign.pki.names import Name, parse_name

SIGNED_DATA = "1.2.840.113549.1.7.2"
CONTENT_TYPE, MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
SIGNING_CERTIFICATE, SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.12", "1.2.840.113549.1.9.16.2.47"
_OTHER_OCSP = frozenset({"1.3.6.1.5.5.7.16.2", "1.3.6.1.5.5.7.48.1.1"})
_MAX_CERTIFICATES, _MAX_SIGNERS, _MAX_ATTRIBUTES = 64, 32, 1000


@dataclass(frozen=True, slots=True)
class EssCertId:
    """The signer's certificate as the signer named it (RFC 5035, RFC 2634)."""

    digest: str
    value: bytes
    issuer: Name | None = None
    serial: int | None = None

    def names(self, certificate: ParsedCertificate) -> bool:
        """Tell whether the digest, and the issuer and serial where given, are those of ``certificate``."""
        if algorithms.digest_class(self.digest) is None:
            return False
        if algorithms.digest(self.digest, certificate.der) != self.value:
            return False
        return self.serial is None or self.serial == certificate.serial


@dataclass(frozen=True)
class SignerInfo:
    """One signer of a SignedData."""

    node: Node

    @cached_property
    def _parts(self) -> dict[str, Node]:
        items = self.node.children()
        if len(items) < 5:
            raise Asn1Error("a signer is incomplete")
        parts = {"version": items[0], "sid": items[1], "digest": items[2]}
        rest = items[3:]
        if rest[0].tag == 0xA0:
            parts["signed"] = rest.pop(0)
        if len(rest) < 2:
            raise Asn1Error("a signer is incomplete")
        parts["scheme"], parts["signature"] = rest[0], rest[1]
        if len(rest) > 2 and rest[2].tag == 0xA1:
            parts["unsigned"] = rest[2]
        return parts

    @property
    def digest(self) -> str:
        """Return the name of the digest algorithm, empty if unknown."""
        return algorithms.DIGEST_OIDS.get(self._parts["digest"].children()[0].oid(), "")

    @property
    def scheme(self) -> SignatureAlgorithm | None:
        """Return the signature scheme."""
        return keys.signature_algorithm(self._parts["scheme"], self.digest)

    @property
    def signature(self) -> bytes:
        """Return the signature value."""
        return self._parts["signature"].octets()

    @property
    def has_signed_attributes(self) -> bool:
        """Tell whether attributes are signed (and not the content directly)."""
        return "signed" in self._parts

    @cached_property
    def signed_bytes(self) -> bytes:
        """Return the signed attributes as they were signed: with the tag of a SET (RFC 5652 clause 5.4)."""
        node = self._parts["signed"]
        return asn1.encode(asn1.SET, node.value)

    @cached_property
    def signed(self) -> Mapping[str, list[Node]]:
        """Return the values of the signed attributes by identifier; repetitions add up."""
        return _attributes(self._parts.get("signed"))

    @cached_property
    def unsigned(self) -> Mapping[str, list[Node]]:
        """Return the values of the unsigned attributes by identifier."""
        return _attributes(self._parts.get("unsigned"))

    def identifies(self, certificate: ParsedCertificate) -> bool:
        """Tell whether the signer identifier names this certificate."""
        sid = self._parts["sid"]
        if sid.tag == asn1.SEQUENCE:
            issuer, serial = sid.first(2)
            same = parse_name(issuer.raw).key == certificate.issuer.key
            return same and serial.integer() == certificate.serial
        return sid.octets() == certificate.subject_key_id

    def single(self, oid: str) -> Node | None:
        """Return the only value of a signed attribute; raises if there are several."""
        values = self.signed.get(oid, [])
        if len(values) > 1:
            raise Asn1Error(f"the signed attribute {oid} stands twice")
        return values[0] if values else None

    @cached_property
    def ess_certificates(self) -> tuple[EssCertId, ...]:
        """Return the first certificate id of each signing-certificate attribute: that of the signer."""
        found = [_ess_v1(value) for value in self.signed.get(SIGNING_CERTIFICATE, [])]
        return (*found, *(_ess_v2(value) for value in self.signed.get(SIGNING_CERTIFICATE_V2, [])))


def _attributes(holder: Node | None) -> Mapping[str, list[Node]]:
    table: dict[str, list[Node]] = {}
    for number, item in enumerate(holder.iterate() if holder is not None else ()):
        if number >= _MAX_ATTRIBUTES:
            raise Asn1Error("more attributes than the limit")
        kind, values = item.first(2)
        table.setdefault(kind.oid(), []).extend(islice(values.iterate(), _MAX_ATTRIBUTES))
    return table


def _ess_v1(value: Node) -> EssCertId:
    parts = value.children()[0].children()[0].children()
    return EssCertId("sha1", parts[0].octets(), *_issuer_serial(parts[1:]))


def _ess_v2(value: Node) -> EssCertId:
    parts = value.children()[0].children()[0].children()
    name = "sha256"
    if parts[0].tag == asn1.SEQUENCE:
        name = algorithms.DIGEST_OIDS.get(parts.pop(0).children()[0].oid(), "")
    return EssCertId(name, parts[0].octets(), *_issuer_serial(parts[1:]))


def _issuer_serial(rest: list[Node]) -> tuple[Name | None, int | None]:
    if not rest:
        return None, None
    names, serial = rest[0].first(2)
    directory = next((n for n in names.iterate() if n.number == 4), None)
    return parse_name(directory.inner().raw) if directory else None, serial.integer()


@dataclass(frozen=True)
class SignedData:
    """A parsed SignedData."""

    content_type: str
    content: bytes | None
    certificates: tuple[ParsedCertificate, ...]
    crls: tuple[bytes, ...]
    ocsp: tuple[bytes, ...]
    signers: tuple[SignerInfo, ...]
    unreadable_certificates: int = 0

    def signer_certificates(
        self, signer: SignerInfo, extra: Iterable[ParsedCertificate] = ()
    ) -> list[ParsedCertificate]:
        """Return the certificates that a signer identifier names, those inside first."""
        return [c for c in dict.fromkeys((*self.certificates, *extra)) if signer.identifies(c)]


def parse_signed_data(der: bytes, *, trailing: bool = False) -> SignedData:
    """Return the SignedData in a ContentInfo. Raises ``Asn1Error``.

    ``trailing`` allows zero octets behind it, as the padding of a PDF ``/Contents`` string.
    """
    node = asn1.read(der).expect(asn1.SEQUENCE)
    if node.end != len(der) and not (trailing and not any(der[node.end :])):
        raise Asn1Error("something follows the structure")
    kind, holder = node.first(2) if node.stop > node.body else (None, None)
    if kind is None or holder is None or kind.oid() != SIGNED_DATA:
        raise Asn1Error("not CMS SignedData")
    return _signed_data(holder.inner().expect(asn1.SEQUENCE).children())


def _signed_data(parts: list[Node]) -> SignedData:
    if len(parts) < 4 or len(list(islice(parts[-1].iterate(), _MAX_SIGNERS + 1))) > _MAX_SIGNERS:
        raise Asn1Error("not CMS SignedData")
    content = parts[2].children()
    certificates: list[ParsedCertificate] = []
    crls: list[bytes] = []
    ocsp: list[bytes] = []
    unreadable = 0
    for part in parts[3:-1]:
        if part.tag == 0xA0:
            certificates, unreadable = _certificates(part)
        elif part.tag == 0xA1:
            crls, ocsp = _revocation(part)
    return SignedData(
        content_type=content[0].oid(),
        content=content[1].inner().octets() if len(content) > 1 else None,
        certificates=tuple(certificates),
        crls=tuple(crls),
        ocsp=tuple(ocsp),
        signers=tuple(SignerInfo(item) for item in parts[-1].expect(asn1.SET).iterate()),
        unreadable_certificates=unreadable,
    )


def _certificates(holder: Node) -> tuple[list[ParsedCertificate], int]:
    found, unreadable = [], 0
    for item in islice(holder.iterate(), _MAX_CERTIFICATES):
        try:
            if item.tag == asn1.SEQUENCE:  # attribute certificates and other kinds carry context tags
                found.append(parse(item.raw))
        except Asn1Error:
            unreadable += 1
    return found, unreadable


def _revocation(holder: Node) -> tuple[list[bytes], list[bytes]]:
    crls, ocsp = [], []
    for item in islice(holder.iterate(), _MAX_CERTIFICATES):
        if item.tag == asn1.SEQUENCE:
            crls.append(item.raw)
        elif item.tag == 0xA1:
            kind, value = item.first(2)
            if kind.oid() in _OTHER_OCSP:
                ocsp.append(value.raw)
    return crls, ocsp
