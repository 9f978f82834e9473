"""OCSP requests and responses as data (RFC 6960)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property, lru_cache

from msign.pki import algorithms, asn1, keys
from msign.pki.algorithms import SignatureAlgorithm
from msign.pki.certificate import ParsedCertificate, parse
from msign.pki.names import Name, parse_name

MAX_OCSP_BYTES = 256 * 1024
OCSP_SIGNING = "1.3.6.1.5.5.7.3.9"
_BASIC = "1.3.6.1.5.5.7.48.1.1"
_ARCHIVE_CUTOFF = "1.3.6.1.5.5.7.48.1.6"
_SHA1 = "1.3.14.3.2.26"
_MAX_RESPONSES = 64
_HASHES = frozenset({"sha1", "sha224", "sha256", "sha384", "sha512"})


@dataclass(frozen=True, slots=True)
class SingleResponse:
    """What a response says of one certificate. ``status``: ``good``, ``revoked`` or ``unknown``."""

    digest: str
    name_hash: bytes
    key_hash: bytes
    serial: int
    status: str
    revoked_at: dt.datetime | None
    reason: int
    this_update: dt.datetime
    next_update: dt.datetime | None
    archive_cutoff: dt.datetime | None

    def is_about(self, certificate: ParsedCertificate, issuer: ParsedCertificate) -> bool:
        """Tell whether it speaks of this very certificate (RFC 6960 clause 4.1.1)."""
        if self.serial != certificate.serial or self.digest not in _HASHES:
            return False
        return _hashes(self.digest, issuer) == (self.name_hash, self.key_hash)


@lru_cache(maxsize=1024)
def _hashes(digest: str, issuer: ParsedCertificate) -> tuple[bytes, bytes]:
    return algorithms.digest(digest, issuer.subject.der), algorithms.digest(digest, issuer.key_bits)


@dataclass(frozen=True)
class ParsedOcsp:
    """A BasicOCSPResponse as data; equal if the bytes are."""

    der: bytes

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash(self.der)

    @cached_property
    def _outer(self) -> list[asn1.Node]:
        parts = asn1.read_all(self.der).children()
        if len(parts) < 3:
            raise asn1.Asn1Error("not a basic OCSP response")
        return parts

    @cached_property
    def _data(self) -> list[asn1.Node]:
        items = self._outer[0].expect(asn1.SEQUENCE).children()
        if items and items[0].tag == 0xA0:
            items.pop(0)
        if len(items) < 3:
            raise asn1.Asn1Error("not a basic OCSP response")
        return items

    @cached_property
    def tbs(self) -> bytes:
        """Return the signed bytes."""
        return self._outer[0].raw

    @cached_property
    def signature_scheme(self) -> SignatureAlgorithm | None:
        """Return how it was signed."""
        return keys.signature_algorithm(self._outer[1])

    @cached_property
    def signature(self) -> bytes:
        """Return the signature value."""
        return self._outer[2].bits()

    @cached_property
    def certificates(self) -> tuple[ParsedCertificate, ...]:
        """Return the certificates that came with it."""
        holder = self._outer[3] if len(self._outer) > 3 else None
        items = holder.inner().children() if holder is not None else []
        return tuple(parse(item.raw) for item in items[:8])

    @cached_property
    def responder_name(self) -> Name | None:
        """Return the responder's name if it is identified so."""
        return parse_name(self._data[0].inner().raw) if self._data[0].number == 1 else None

    @cached_property
    def responder_key_hash(self) -> bytes | None:
        """Return the SHA-1 of the responder's key if it is identified so."""
        return self._data[0].inner().octets() if self._data[0].number == 2 else None

    @cached_property
    def produced_at(self) -> dt.datetime:
        """Return when it was signed."""
        return self._data[1].time()

    @cached_property
    def responses(self) -> tuple[SingleResponse, ...]:
        """Return what it says, one value a certificate."""
        items = self._data[2].children()
        return tuple(_single(item) for item in items[:_MAX_RESPONSES])

    def identifies(self, certificate: ParsedCertificate) -> bool:
        """Tell whether the responder id names this certificate."""
        if self.responder_name is not None:
            return certificate.subject.key == self.responder_name.key
        return self.responder_key_hash == algorithms.digest("sha1", certificate.key_bits)

    def check(self) -> ParsedOcsp:
        """Read everything and return itself; raises ``Asn1Error``."""
        _ = (self.produced_at, self.responses, self.certificates, self.signature, self.responder_name)
        return self


def _single(node: asn1.Node) -> SingleResponse:
    parts = node.children()
    identifier = parts[0].children()
    status = {0: "good", 1: "revoked"}.get(parts[1].number, "unknown")
    details = parts[1].children() if status == "revoked" else []
    extra = {part.number: part for part in parts[3:]}
    return SingleResponse(
        digest=algorithms.DIGEST_OIDS.get(identifier[0].children()[0].oid(), ""),
        name_hash=identifier[1].octets(),
        key_hash=identifier[2].octets(),
        serial=identifier[3].integer(),
        status=status,
        revoked_at=details[0].time() if details else None,
        reason=details[1].inner().integer() if len(details) > 1 else 0,
        this_update=parts[2].time(),
        next_update=extra[0].inner().time() if 0 in extra else None,
        archive_cutoff=_cutoff(extra.get(1)),
    )


def _cutoff(holder: asn1.Node | None) -> dt.datetime | None:
    for item in holder.inner().iterate() if holder is not None else ():
        parts = item.children()
        if parts[0].oid() == _ARCHIVE_CUTOFF:
            return asn1.read(parts[-1].octets()).time()
    return None


@lru_cache(maxsize=2048)
def parse_ocsp(der: bytes) -> ParsedOcsp:
    """Return the one shared reading of an ``OCSPResponse`` (status successful) or a bare ``BasicOCSPResponse``.

    Raises ``Asn1Error``, also for an error status such as tryLater.
    """
    if len(der) > MAX_OCSP_BYTES:
        raise asn1.Asn1Error("an OCSP response of more than 256 kB")
    parts = asn1.read_all(der).children()
    if not parts or parts[0].tag != asn1.ENUMERATED:
        return ParsedOcsp(der).check()
    status = parts[0].integer()
    if status != 0 or len(parts) < 2:
        raise asn1.Asn1Error(f"the responder answered with error status {status}")
    kind, body = parts[1].inner().first(2)
    if kind.oid() != _BASIC:
        raise asn1.Asn1Error("not a basic OCSP response")
    return ParsedOcsp(body.octets()).check()


def ocsp_signed_by(response: ParsedOcsp, key: keys.PublicKey) -> bool:
    """Tell whether the response was signed with ``key``."""
    return _signed_by(response, keys.KeyIdentity(key))


@lru_cache(maxsize=4096)
def _signed_by(response: ParsedOcsp, identity: keys.KeyIdentity) -> bool:
    scheme = response.signature_scheme
    return scheme is not None and keys.verify(identity.key, scheme, response.signature, response.tbs)


def ocsp_request(certificate: ParsedCertificate, issuer: ParsedCertificate) -> bytes:
    """Return a request for one certificate, without nonce so that responders and caches can answer from store.

    The CertID uses SHA-1, the only form that every responder knows; nothing rests on its strength.
    """
    name_hash, key_hash = _hashes("sha1", issuer)
    identifier = asn1.encode(
        asn1.SEQUENCE,
        asn1.encode(asn1.SEQUENCE, asn1.encode_oid(_SHA1), asn1.encode(asn1.NULL)),
        asn1.encode(asn1.OCTET_STRING, name_hash),
        asn1.encode(asn1.OCTET_STRING, key_hash),
        asn1.encode_integer(certificate.serial),
    )
    request = asn1.encode(asn1.SEQUENCE, identifier)
    return asn1.encode(asn1.SEQUENCE, asn1.encode(asn1.SEQUENCE, asn1.encode(asn1.SEQUENCE, request)))
