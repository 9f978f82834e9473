"""Digest and signature algorithms under their names in CMS (OID) and in XML (URI)."""

from __future__ import annotations

import enum
import hashlib
from dataclasses import dataclass
from functools import cached_property, lru_cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature, encode_dss_signature

from msign.kernel.errors import Code, MSignError
from msign.pki import der

_XMLENC = "http://www.w3.org/2001/04/xmlenc#"
_MORE_2001 = "http://www.w3.org/2001/04/xmldsig-more#"
_MORE_2007 = "http://www.w3.org/2007/05/xmldsig-more#"
_MORE_2021 = "http://www.w3.org/2021/04/xmldsig-more#"
_NIST_HASH = "2.16.840.1.101.3.4.2."
_NIST_SIGNATURE = "2.16.840.1.101.3.4.3."
_PKCS1 = "1.2.840.113549.1.1."
_ECDSA_SHA2 = "1.2.840.10045.4.3."


@lru_cache(maxsize=16)
def _digest_identifier(oid: str) -> bytes:
    return der.sequence(der.oid(oid))


class Digest(enum.StrEnum):
    """A digest algorithm by the name that ``hashlib`` knows. SHA-1 exists for hashes posted by legacy systems only."""

    SHA1 = "sha1"
    SHA256 = "sha256"
    SHA384 = "sha384"
    SHA512 = "sha512"
    SHA3_256 = "sha3_256"
    SHA3_384 = "sha3_384"
    SHA3_512 = "sha3_512"

    @property
    def size(self) -> int:
        """Length of a digest in bytes."""
        return _DIGESTS[self][1].digest_size

    @property
    def oid(self) -> str:
        """Object identifier, dotted."""
        return _DIGESTS[self][0]

    @property
    def uri(self) -> str:
        """Identifier in XML signatures."""
        return _DIGESTS[self][2]

    @property
    def identifier(self) -> bytes:
        """DER AlgorithmIdentifier. Parameters are absent for SHA-2 and SHA-3 (RFC 5754 clause 2)."""
        return _digest_identifier(self.oid)

    def primitive(self) -> hashes.HashAlgorithm:
        """Return the algorithm as ``cryptography`` wants it."""
        return _DIGESTS[self][1]

    def of(self, data: bytes) -> bytes:
        """Return the digest of ``data``."""
        return hashlib.new(self.value, data).digest()

    @staticmethod
    def by_length(size: int) -> Digest:
        """Return the algorithm of a posted hash by its length (wire contract 5). Raises ``MSignError``."""
        for digest in (Digest.SHA256, Digest.SHA384, Digest.SHA512, Digest.SHA1):
            if digest.size == size:
                return digest
        raise MSignError(Code.INVALID_PARAMETER, f"a hash of {size} bytes: expected 20, 32, 48 or 64")


_DIGESTS: dict[Digest, tuple[str, hashes.HashAlgorithm, str]] = {
    Digest.SHA1: ("1.3.14.3.2.26", hashes.SHA1(), "http://www.w3.org/2000/09/xmldsig#sha1"),  # noqa: S303
    Digest.SHA256: (_NIST_HASH + "1", hashes.SHA256(), _XMLENC + "sha256"),
    Digest.SHA384: (_NIST_HASH + "2", hashes.SHA384(), _MORE_2001 + "sha384"),
    Digest.SHA512: (_NIST_HASH + "3", hashes.SHA512(), _XMLENC + "sha512"),
    Digest.SHA3_256: (_NIST_HASH + "8", hashes.SHA3_256(), _MORE_2007 + "sha3-256"),
    Digest.SHA3_384: (_NIST_HASH + "9", hashes.SHA3_384(), _MORE_2007 + "sha3-384"),
    Digest.SHA3_512: (_NIST_HASH + "10", hashes.SHA3_512(), _MORE_2007 + "sha3-512"),
}


class Scheme(enum.StrEnum):
    """How a signature value is computed from the digest."""

    RSA_PKCS1 = "rsa-pkcs1"
    RSA_PSS = "rsa-pss"
    ECDSA = "ecdsa"
    ED25519 = "ed25519"


_OIDS: dict[tuple[Scheme, Digest], str] = {
    (Scheme.RSA_PKCS1, Digest.SHA256): _PKCS1 + "11",
    (Scheme.RSA_PKCS1, Digest.SHA384): _PKCS1 + "12",
    (Scheme.RSA_PKCS1, Digest.SHA512): _PKCS1 + "13",
    (Scheme.RSA_PKCS1, Digest.SHA3_256): _NIST_SIGNATURE + "14",
    (Scheme.RSA_PKCS1, Digest.SHA3_384): _NIST_SIGNATURE + "15",
    (Scheme.RSA_PKCS1, Digest.SHA3_512): _NIST_SIGNATURE + "16",
    (Scheme.ECDSA, Digest.SHA256): _ECDSA_SHA2 + "2",
    (Scheme.ECDSA, Digest.SHA384): _ECDSA_SHA2 + "3",
    (Scheme.ECDSA, Digest.SHA512): _ECDSA_SHA2 + "4",
    (Scheme.ECDSA, Digest.SHA3_256): _NIST_SIGNATURE + "10",
    (Scheme.ECDSA, Digest.SHA3_384): _NIST_SIGNATURE + "11",
    (Scheme.ECDSA, Digest.SHA3_512): _NIST_SIGNATURE + "12",
}
_URIS: dict[tuple[Scheme, Digest], str] = {
    **{(Scheme.RSA_PKCS1, d): f"{_MORE_2001}rsa-{d}" for d in (Digest.SHA256, Digest.SHA384, Digest.SHA512)},
    **{(Scheme.ECDSA, d): f"{_MORE_2001}ecdsa-{d}" for d in (Digest.SHA256, Digest.SHA384, Digest.SHA512)},
    **{(Scheme.RSA_PSS, d): f"{_MORE_2007}{d.value.replace('_', '-')}-rsa-MGF1" for d in Digest if d != Digest.SHA1},
    **{
        (Scheme.ECDSA, d): f"{_MORE_2021}ecdsa-{d.value.replace('_', '-')}"
        for d in (Digest.SHA3_256, Digest.SHA3_384, Digest.SHA3_512)
    },
    (Scheme.ED25519, Digest.SHA512): _MORE_2021 + "eddsa-ed25519",
}


@dataclass(frozen=True)
class SignatureAlgorithm:
    """A scheme with its digest. Ed25519 goes with SHA-512 only (RFC 8419 clause 3.1)."""

    scheme: Scheme
    digest: Digest = Digest.SHA256

    def __post_init__(self) -> None:
        allowed = self.digest is Digest.SHA512 if self.scheme is Scheme.ED25519 else self.digest is not Digest.SHA1
        if not allowed:
            raise MSignError(Code.INVALID_PARAMETER, f"{self.scheme} signatures cannot use {self.digest}")

    def __str__(self) -> str:
        return f"{self.scheme}-{self.digest}"

    @cached_property
    def identifier(self) -> bytes:
        """DER AlgorithmIdentifier for CMS (RFC 5754, RFC 4056, RFC 5758, RFC 8419, RFC 8702 for the rest)."""
        match self.scheme:
            case Scheme.ED25519:
                return der.sequence(der.oid("1.3.101.112"))
            case Scheme.RSA_PSS:
                return _pss_identifier(self.digest)
            case Scheme.RSA_PKCS1:
                return der.sequence(der.oid(_OIDS[self.scheme, self.digest]), der.DER_NULL)
            case Scheme.ECDSA:
                return der.sequence(der.oid(_OIDS[self.scheme, self.digest]))

    @property
    def uri(self) -> str:
        """Identifier in XML signatures (RFC 9231). Raises ``MSignError`` where XML has no name for the pair."""
        try:
            return _URIS[self.scheme, self.digest]
        except KeyError:
            raise MSignError(Code.INVALID_PARAMETER, f"XML signatures have no identifier for {self}") from None

    @staticmethod
    def parse(text: str) -> SignatureAlgorithm:
        """Return the algorithm whose ``str()`` is ``text``. Raises ``MSignError``."""
        scheme, _, digest = text.rpartition("-")
        try:
            return SignatureAlgorithm(Scheme(scheme), Digest(digest))
        except ValueError:
            raise MSignError(Code.INVALID_PARAMETER, f"unknown signature algorithm {text!r}") from None


_LEAST_RSA_BITS = 1900  # TS 119 312: 2048 in practice, less a few that old generators lost


def default_algorithm(key: PublicKeyTypes, *, digest: Digest | None = None, pss: bool = False) -> SignatureAlgorithm:
    """Return what a key signs with unless told otherwise: SHA-256; for P-384 and P-521 the digest of like strength.

    Raises ``MSignError`` for a key that cannot sign.
    """
    match key:
        case rsa.RSAPublicKey() if key.key_size < _LEAST_RSA_BITS:
            raise MSignError(Code.INVALID_PARAMETER, f"an RSA key of {key.key_size} bits is too short to sign with")
        case rsa.RSAPublicKey():
            return SignatureAlgorithm(Scheme.RSA_PSS if pss else Scheme.RSA_PKCS1, digest or Digest.SHA256)
        case ec.EllipticCurvePublicKey():
            fitting = {384: Digest.SHA384, 521: Digest.SHA512}.get(key.curve.key_size, Digest.SHA256)
            return SignatureAlgorithm(Scheme.ECDSA, digest or fitting)
        case ed25519.Ed25519PublicKey():
            return SignatureAlgorithm(Scheme.ED25519, Digest.SHA512)
        case _:
            raise MSignError(Code.INVALID_PARAMETER, f"{type(key).__name__} cannot make document signatures")


def rsa_padding(algorithm: SignatureAlgorithm) -> padding.AsymmetricPadding:
    """Return the padding of an RSA scheme; PSS with a salt as long as the digest (RFC 4056 clause 2.2)."""
    if algorithm.scheme is Scheme.RSA_PSS:
        primitive = algorithm.digest.primitive()
        return padding.PSS(mgf=padding.MGF1(primitive), salt_length=primitive.digest_size)
    return padding.PKCS1v15()


def verify(
    key: PublicKeyTypes, algorithm: SignatureAlgorithm, value: bytes, *, data: bytes | None = None, digest: bytes = b""
) -> None:
    """Check a signature value over ``data``, or over a ready ``digest``.

    Raises ``cryptography.exceptions.InvalidSignature`` if it does not fit, ``MSignError`` if the key is of another kind
    than the algorithm. ECDSA values are DER here; see ``to_raw``.
    """
    message = digest if data is None else data
    primitive = algorithm.digest.primitive()
    hashed = Prehashed(primitive) if data is None else primitive
    match key, algorithm.scheme:
        case rsa.RSAPublicKey() as public, (Scheme.RSA_PKCS1 | Scheme.RSA_PSS):
            public.verify(value, message, rsa_padding(algorithm), hashed)
        case ec.EllipticCurvePublicKey() as curve_key, Scheme.ECDSA:
            curve_key.verify(value, message, ec.ECDSA(hashed))
        case ed25519.Ed25519PublicKey() as edwards, Scheme.ED25519:
            edwards.verify(value, message)
        case _:
            raise MSignError(Code.INVALID_PARAMETER, f"the certificate's key does not sign with {algorithm}")


def to_raw(value: bytes, key: ec.EllipticCurvePublicKey) -> bytes:
    """Return an ECDSA value as r‖s, each as long as the order of the curve (XML-DSig 1.1 clause 6.4.3)."""
    r, s = decode_dss_signature(value)
    size = (key.curve.key_size + 7) // 8
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def to_der(value: bytes, key: ec.EllipticCurvePublicKey) -> bytes:
    """Return an ECDSA value in DER from either form. A value of exactly twice the curve's length is taken as r‖s."""
    size = (key.curve.key_size + 7) // 8
    if len(value) == 2 * size and not _is_der_pair(value):
        return encode_dss_signature(int.from_bytes(value[:size], "big"), int.from_bytes(value[size:], "big"))
    return value


def _is_der_pair(value: bytes) -> bool:
    try:
        decode_dss_signature(value)
    except ValueError:
        return False
    return True


def _pss_identifier(digest: Digest) -> bytes:
    hashed = der.sequence(der.oid(digest.oid), der.DER_NULL) if "3_" not in digest else digest.identifier
    mask = der.sequence(der.oid(_PKCS1 + "8"), hashed)
    parameters = der.sequence(der.explicit(0, hashed), der.explicit(1, mask), der.explicit(2, der.integer(digest.size)))
    return der.sequence(der.oid(_PKCS1 + "10"), parameters)
