"""Public keys and signature values: reading keys that were encoded badly but honestly, and checking signatures."""

from __future__ import annotations

from functools import lru_cache

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_der_public_key

from msign.pki import algorithms, asn1
from msign.pki.algorithms import KeyKind, SignatureAlgorithm, digest_class

PublicKey = (
    rsa.RSAPublicKey | ec.EllipticCurvePublicKey | dsa.DSAPublicKey | ed25519.Ed25519PublicKey | ed448.Ed448PublicKey
)
_DSA = "1.2.840.10040.4.1"
_KEY_TYPES = (
    rsa.RSAPublicKey, ec.EllipticCurvePublicKey, dsa.DSAPublicKey, ed25519.Ed25519PublicKey, ed448.Ed448PublicKey,
)  # fmt: skip
_MAX_RSA_BITS = 16384  # a larger modulus only costs time


class KeyIdentity:
    """A key as part of a cache key: the same object counts as the same key (the key classes have no hash)."""

    __slots__ = ("key",)

    def __init__(self, key: PublicKey) -> None:
        self.key = key

    def __hash__(self) -> int:
        return id(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, KeyIdentity) and other.key is self.key


@lru_cache(maxsize=4096)
def load_key(spki: bytes) -> PublicKey | None:
    """Return the key of a SubjectPublicKeyInfo; ``None`` if it is of a kind that we cannot use.

    An RSA modulus that was encoded as a negative number (seen on real cards) is read as the positive one that was
    meant. DSA parameters left out (to be inherited from the issuer, RFC 3279 clause 2.3.2) give ``None``.
    """
    try:
        key = load_der_public_key(spki)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return _repaired_rsa(spki)
    if isinstance(key, rsa.RSAPublicKey) and key.key_size > _MAX_RSA_BITS:
        return None
    return key if isinstance(key, _KEY_TYPES) else None


def _repaired_rsa(spki: bytes) -> rsa.RSAPublicKey | None:
    try:
        algorithm, bits = asn1.read_all(spki).first(2)
        if algorithm.children()[0].oid() not in (algorithms.RSA_ENCRYPTION, algorithms.RSASSA_PSS):
            return None
        modulus, exponent = asn1.read_all(bits.bits()).first(2)
        return rsa_key(modulus.expect(asn1.INTEGER).value, exponent.value)
    except (asn1.Asn1Error, ValueError):
        return None


def rsa_key(modulus: bytes, exponent: bytes) -> rsa.RSAPublicKey | None:
    """Return the RSA key of two unsigned big-endian numbers; ``None`` if they make none."""
    if len(modulus) * 8 > _MAX_RSA_BITS + 8 or len(exponent) > 8:
        return None
    try:
        return rsa.RSAPublicNumbers(int.from_bytes(exponent, "big"), int.from_bytes(modulus, "big")).public_key()
    except ValueError:
        return None


def inherit_dsa(spki: bytes, issuer_key: PublicKey | None) -> dsa.DSAPublicKey | None:
    """Return a DSA key whose parameters are those of its issuer's key (RFC 5280 clause 6.1.4 f)."""
    if not isinstance(issuer_key, dsa.DSAPublicKey):
        return None
    try:
        algorithm, bits = asn1.read_all(spki).first(2)
        parts = algorithm.children()
        if parts[0].oid() != _DSA or len(parts) > 1:
            return None
        value = asn1.read_all(bits.bits(), asn1.INTEGER).integer()
        parameters = issuer_key.public_numbers().parameter_numbers
        return dsa.DSAPublicNumbers(value, parameters).public_key()
    except (asn1.Asn1Error, ValueError):
        return None


def key_strength(key: PublicKey) -> tuple[KeyKind, int]:
    """Return family and size in bits of a key, for the algorithm policy."""
    match key:
        case rsa.RSAPublicKey():
            return KeyKind.RSA, key.key_size
        case ec.EllipticCurvePublicKey():
            return KeyKind.ECDSA, key.curve.key_size
        case dsa.DSAPublicKey():
            return KeyKind.DSA, key.key_size
        case ed25519.Ed25519PublicKey():
            return KeyKind.EDDSA, 255
        case _:
            return KeyKind.EDDSA, 448


def signature_algorithm(identifier: asn1.Node, digest: str = "") -> SignatureAlgorithm | None:
    """Return the scheme of an AlgorithmIdentifier; ``digest`` completes plain rsaEncryption as CMS uses it."""
    parts = identifier.children()
    oid = parts[0].oid()
    if oid == algorithms.RSASSA_PSS:
        return _pss(parts[1] if len(parts) > 1 else None)
    if oid == algorithms.RSA_ENCRYPTION and digest:
        return SignatureAlgorithm(KeyKind.RSA, digest)
    if oid == "1.2.840.10045.2.1" and digest:  # id-ecPublicKey where a signature algorithm belongs: seen in old CMS
        return SignatureAlgorithm(KeyKind.ECDSA, digest)
    return algorithms.SIGNATURE_OIDS.get(oid)


def _pss(parameters: asn1.Node | None) -> SignatureAlgorithm | None:
    """RSASSA-PSS-params, RFC 4055 clause 3.1; defaults are SHA-1, MGF1 with SHA-1, 20."""
    names, salt = {0: "sha1", 1: "sha1"}, 20
    for part in parameters.children() if parameters is not None and parameters.tag == asn1.SEQUENCE else []:
        if part.number == 0:
            names[0] = algorithms.DIGEST_OIDS.get(part.inner().children()[0].oid(), "")
        elif part.number == 1:
            names[1] = algorithms.DIGEST_OIDS.get(part.inner().children()[1].children()[0].oid(), "")
        elif part.number == 2:
            salt = part.inner().integer()
    if not names[0] or not names[1] or not 0 <= salt <= 512:
        return None
    return SignatureAlgorithm(KeyKind.RSA_PSS, names[0], names[1], salt)


def verify(key: PublicKey, scheme: SignatureAlgorithm, signature: bytes, data: bytes) -> bool:
    """Tell whether ``signature`` over ``data`` was made with the private part of ``key`` under ``scheme``.

    ECDSA and DSA values are DER. Not checked: whether key and algorithms are strong enough (see
    :class:`msign.pki.algorithms.AlgorithmPolicy`).
    """
    return _verify(key, scheme, signature, data, prehashed=False)


def verify_digest(key: PublicKey, scheme: SignatureAlgorithm, signature: bytes, value: bytes) -> bool:
    """Like :func:`verify`, over a digest that was computed before. EdDSA cannot, and gives ``False``."""
    return _verify(key, scheme, signature, value, prehashed=True)


def _verify(key: PublicKey, scheme: SignatureAlgorithm, signature: bytes, data: bytes, *, prehashed: bool) -> bool:
    try:
        return _run(key, scheme, signature, data, prehashed=prehashed)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False


def _run(key: PublicKey, scheme: SignatureAlgorithm, signature: bytes, data: bytes, *, prehashed: bool) -> bool:
    plain = digest_class(scheme.digest)
    match key, scheme.kind:
        case ((ed25519.Ed25519PublicKey() | ed448.Ed448PublicKey()), KeyKind.EDDSA) if not prehashed:
            key.verify(signature, data)
            return True
        case _ if plain is None:
            return False
        case rsa.RSAPublicKey(), KeyKind.RSA:
            key.verify(signature, data, padding.PKCS1v15(), Prehashed(plain) if prehashed else plain)
        case rsa.RSAPublicKey(), KeyKind.RSA_PSS:
            mask = digest_class(scheme.mask_digest or scheme.digest)
            if mask is None:
                return False
            salt = scheme.salt_length if scheme.salt_length >= 0 else padding.PSS.AUTO
            pss = padding.PSS(padding.MGF1(mask), salt)
            key.verify(signature, data, pss, Prehashed(plain) if prehashed else plain)
        case ec.EllipticCurvePublicKey(), KeyKind.ECDSA:
            key.verify(signature, data, ec.ECDSA(Prehashed(plain) if prehashed else plain))
        case dsa.DSAPublicKey(), KeyKind.DSA:
            key.verify(signature, data, Prehashed(plain) if prehashed else plain)
        case _:
            return False
    return True


def plain_to_der(signature: bytes, key: PublicKey) -> bytes | None:
    """Return an r‖s value (IEEE P1363, XML signatures) as DER; ``None`` if its length does not fit the key."""
    if isinstance(key, ec.EllipticCurvePublicKey):
        size = (key.curve.key_size + 7) // 8
    elif isinstance(key, dsa.DSAPublicKey):
        size = (key.public_numbers().parameter_numbers.q.bit_length() + 7) // 8
    else:
        return None
    if len(signature) != 2 * size:
        return None
    return encode_dss_signature(int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big"))
