"""CAdES levels T, LT and LTA for signatures that exist (EN 319 122-1 clauses 5.3 to 5.5), one or more signers each.

A container is taken apart into encoded pieces and put together again: what was signed keeps its bytes.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace

from msign.kernel.errors import Code, MSignError, invalid
from msign.kernel.words import SignatureLevel
from msign.pki import asn1, der
from msign.pki.tsa import TimestampSource
from msign.signing import cms
from msign.signing.algorithms import Digest
from msign.signing.content import Data, pieces
from msign.signing.evidence import Evidence, EvidenceSource, certificates_in, token_certificates
from msign.signing.xadeslong import required_tsa

ID_ARCHIVE_TIMESTAMP_V3 = "0.4.0.1733.2.4"
ID_ATS_HASH_INDEX_V3 = "0.4.0.19122.1.5"
ID_RI_OCSP_RESPONSE = "1.3.6.1.5.5.7.16.2"
_DIGEST = Digest.SHA256


@dataclass(frozen=True)
class _Signer:
    fixed: tuple[bytes, ...]  # version, sid, digestAlgorithm, [0] signedAttrs, signatureAlgorithm, signature
    unsigned: tuple[bytes, ...]  # encoded Attributes

    @property
    def value(self) -> bytes:
        return asn1.read_all(self.fixed[-1], asn1.OCTET_STRING).octets()

    def encoded(self) -> bytes:
        more = (der.tlv(0xA1, *sorted(self.unsigned)),) if self.unsigned else ()
        return der.sequence(*self.fixed, *more)


@dataclass(frozen=True)
class _Container:
    version: int
    head: tuple[bytes, bytes]  # digestAlgorithms, encapContentInfo
    certificates: tuple[bytes, ...]
    revocation: tuple[bytes, ...]  # RevocationInfoChoices
    signers: tuple[_Signer, ...] = field(default=())

    def encoded(self) -> bytes:
        other = any(one[0] == 0xA1 for one in self.revocation)
        parts = (
            der.integer(5 if other else self.version),  # RFC 5652 clause 5.1
            *self.head,
            *([der.tlv(0xA0, *sorted(self.certificates))] if self.certificates else []),
            *([der.tlv(0xA1, *sorted(self.revocation))] if self.revocation else []),
            der.set_of(one.encoded() for one in self.signers),
        )
        return der.sequence(der.oid(cms.ID_SIGNED_DATA), der.explicit(0, der.sequence(*parts)))


def augment(
    container: bytes,
    *,
    level: SignatureLevel,
    tsa: TimestampSource | None = None,
    evidence: EvidenceSource | None = None,
    data: Data | None = None,
) -> bytes:
    """Raise every signer of a detached CAdES signature to ``level``; at LTA already: the next archive time-stamp.

    ``data`` is what was signed, needed for LTA. Raises ``MSignError``: ``UNREADABLE_DOCUMENT`` for other than CMS
    SignedData in DER, ``INVALID_PARAMETER`` for what is missing or does not fit, ``UNAVAILABLE`` (retry) if an
    authority or validation data cannot be had. Signatures are not judged.
    """
    if level in (SignatureLevel.B, SignatureLevel.UNKNOWN):
        raise invalid("level", "a signature is raised to T, LT or LTA")
    opened = _open(container)
    opened = replace(opened, signers=tuple(_with_timestamp(one, tsa) for one in opened.signers))
    if level is SignatureLevel.T:
        return opened.encoded()
    if evidence is None:
        raise MSignError(Code.INVALID_PARAMETER, "levels LT and LTA need a source of validation data")
    wanted = [*certificates_in(opened.encoded()), *_archive_certificates(opened)]
    opened = _with_evidence(opened, evidence.gather(list(dict.fromkeys(wanted))))
    if level is SignatureLevel.LTA:
        if data is None:
            raise invalid("data", "an archive time-stamp covers the detached data itself: give it")
        stamped = (_with_archive_timestamp(one, opened, data, required_tsa(tsa)) for one in opened.signers)
        opened = replace(opened, signers=tuple(stamped))
    return opened.encoded()


def timestamp_tokens(container: bytes) -> list[bytes]:
    """Return the archive time-stamp tokens of a CAdES signature. Raises ``MSignError`` for other than CMS."""
    return [token for one in _open(container).signers for token in _values(one, ID_ARCHIVE_TIMESTAMP_V3)]


def _open(container: bytes) -> _Container:
    try:
        kind, content = asn1.read_all(container).children()
        version, algorithms, encapsulated, *rest = content.inner().expect(asn1.SEQUENCE).children()
        if kind.oid() != cms.ID_SIGNED_DATA or len(encapsulated.children()) != 1:
            raise MSignError(Code.UNREADABLE_DOCUMENT, "not a detached CMS signature")
        held = {node.tag: tuple(one.raw for one in node.iterate()) for node in rest}
        signers = tuple(_signer(one) for one in rest[-1].expect(asn1.SET).iterate())
    except (ValueError, IndexError):
        raise MSignError(Code.UNREADABLE_DOCUMENT, "not a CMS signature") from None
    head = (algorithms.raw, encapsulated.raw)
    return _Container(version.integer(), head, held.get(0xA0, ()), held.get(0xA1, ()), signers)


def _signer(node: asn1.Node) -> _Signer:
    parts = node.children()
    unsigned = tuple(one.raw for one in parts.pop().iterate()) if parts[-1].tag == 0xA1 else ()
    return _Signer(tuple(one.raw for one in parts), unsigned)


def _with_timestamp(signer: _Signer, tsa: TimestampSource | None) -> _Signer:
    if _values(signer, cms.ID_SIGNATURE_TIMESTAMP):
        return signer
    token = required_tsa(tsa).timestamp(_DIGEST.of(signer.value), _DIGEST.value)
    return replace(signer, unsigned=(*signer.unsigned, cms.signature_timestamp(token)))


def _values(signer: _Signer, kind: str) -> list[bytes]:
    found = []
    for one in signer.unsigned:
        name, values = asn1.read_all(one).children()
        if name.oid() == kind:
            found += [value.raw for value in values.iterate()]
    return found


def _archive_certificates(opened: _Container) -> list[bytes]:
    tokens = (token for one in opened.signers for token in _values(one, ID_ARCHIVE_TIMESTAMP_V3))
    return [certificate for token in tokens for certificate in token_certificates(token)]


def _with_evidence(opened: _Container, evidence: Evidence) -> _Container:
    """Add certificates and revocation data to the SignedData (clause 5.4.2: that is where they belong)."""
    ocsp = (
        der.tlv(0xA1, der.oid(ID_RI_OCSP_RESPONSE), one)  # OtherRevocationInfoFormat (RFC 5940)
        for one in evidence.ocsp
    )
    return replace(
        opened,
        certificates=tuple(dict.fromkeys((*opened.certificates, *evidence.certificates))),
        revocation=tuple(dict.fromkeys((*opened.revocation, *evidence.crls, *ocsp))),
    )


def _with_archive_timestamp(signer: _Signer, opened: _Container, data: Data, tsa: TimestampSource) -> _Signer:
    """Add an archive-time-stamp-v3 (clause 5.5.3) with its hash index (clause 5.5.2)."""
    content = hashlib.new(_DIGEST.value)
    for piece in pieces(data):
        content.update(piece)
    if content.digest() != _message_digest(signer, content.digest()):
        raise invalid("data", "the data are not what was signed")
    index = _hash_index(signer, opened)
    kind = asn1.read_all(opened.head[1]).children()[0].raw
    imprint = _DIGEST.of(b"".join((kind, content.digest(), *signer.fixed, index)))
    token = _with_index(tsa.timestamp(imprint, _DIGEST.value), index)
    return replace(signer, unsigned=(*signer.unsigned, cms.attribute(ID_ARCHIVE_TIMESTAMP_V3, token)))


def _message_digest(signer: _Signer, otherwise: bytes) -> bytes:
    """Return messageDigest if it is of the algorithm that we can compare with, else ``otherwise``."""
    for one in asn1.read(signer.fixed[3]).iterate():
        name, values = one.children()
        if name.oid() == cms.ID_MESSAGE_DIGEST:
            stated = values.children()[0].octets()
            return stated if asn1.read_all(signer.fixed[2]).children()[0].oid() == _DIGEST.oid else otherwise
    return b""


def _hash_index(signer: _Signer, opened: _Container) -> bytes:
    """Return ATSHashIndexV3: digests of all certificates, revocation data and unsigned attribute values there are."""
    attributes = []
    for one in signer.unsigned:
        name, values = asn1.read_all(one).children()
        attributes += [name.raw + value.raw for value in values.iterate()]
    groups = (opened.certificates, opened.revocation, attributes)
    listed = (der.sequence(*(der.octet_string(_DIGEST.of(one)) for one in group)) for group in groups)
    return der.sequence(_DIGEST.identifier, *listed)


def _with_index(token: bytes, index: bytes) -> bytes:
    """Return the token with the index as unsigned attribute of its own signer; its signature stays what it was."""
    kind, content = asn1.read_all(token).children()
    parts = content.inner().children()
    (signer,) = parts[-1].children()
    own = _signer(signer)
    stamped = replace(own, unsigned=(*own.unsigned, cms.attribute(ID_ATS_HASH_INDEX_V3, index))).encoded()
    signed = der.sequence(*(one.raw for one in parts[:-1]), der.set_of([stamped]))
    return der.sequence(kind.raw, der.explicit(0, signed))
