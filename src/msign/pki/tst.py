"""Time-stamp tokens as the one who asked for them sees them: is this the answer to my question?

Trust in the authority is not judged here; validation does that with the whole chain.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from msign.kernel.errors import Code, MSignError
from msign.pki import asn1

DIGEST_OIDS = {
    "sha1": "1.3.14.3.2.26",
    "sha256": "2.16.840.1.101.3.4.2.1",
    "sha384": "2.16.840.1.101.3.4.2.2",
    "sha512": "2.16.840.1.101.3.4.2.3",
    "sha3_256": "2.16.840.1.101.3.4.2.8",
    "sha3_384": "2.16.840.1.101.3.4.2.9",
    "sha3_512": "2.16.840.1.101.3.4.2.10",
}
_DIGEST_NAMES = {oid: name for name, oid in DIGEST_OIDS.items()}
_SIGNED_DATA, _TST_INFO = "1.2.840.113549.1.7.2", "1.2.840.113549.1.9.16.1.4"
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
_SIGNING_CERTIFICATE, _SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.12", "1.2.840.113549.1.9.16.2.47"
_PSS = "1.2.840.113549.1.1.10"
_SIGNATURE_DIGESTS = {
    "1.2.840.113549.1.1.11": "sha256", "1.2.840.113549.1.1.12": "sha384", "1.2.840.113549.1.1.13": "sha512",
    "1.2.840.10045.4.3.2": "sha256", "1.2.840.10045.4.3.3": "sha384", "1.2.840.10045.4.3.4": "sha512",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TokenInfo:
    """TSTInfo of a token (RFC 3161 clause 2.4.2)."""

    policy: str
    algorithm: str  # hashlib name, or the dotted OID of an unknown one
    imprint: bytes
    serial: int
    time: dt.datetime
    nonce: int | None


@dataclass(frozen=True, slots=True)
class _Token:
    content: bytes  # TSTInfo as signed
    certificates: tuple[bytes, ...]
    signer: list[asn1.Node]  # fields of the one SignerInfo


def token_info(token: bytes) -> TokenInfo:
    """Return the TSTInfo inside a DER TimeStampToken. Raises ``MSignError`` if it is none; checks no signature."""
    return _info(_open(token).content)


def token_certificates(token: bytes) -> tuple[bytes, ...]:
    """Return the certificates inside a DER TimeStampToken, as they stand."""
    return _open(token).certificates


def check_token(
    token: bytes,
    *,
    imprint: bytes,
    algorithm: str,
    nonce: int | None = None,
    policy: str | None = None,
    now: dt.datetime | None = None,
    tolerance: dt.timedelta = dt.timedelta(minutes=5),
) -> TokenInfo:
    """Check that a token answers a request; return its TSTInfo.

    Imprint, nonce, policy, time (only if ``now`` is given), the signing-certificate attribute, the extended key usage
    of that certificate and the token's signature (RFC 3161 clauses 2.3 and 2.4.2). Raises ``MSignError(UNAVAILABLE)``
    naming the first thing that does not fit. Trust, validity dates and revocation are not checked.
    """
    opened = _open(token)
    info = _info(opened.content)
    _require(info.algorithm == algorithm and hmac.compare_digest(info.imprint, imprint), "imprint of other data")
    _require(nonce is None or info.nonce == nonce, "another nonce")
    _require(policy is None or info.policy == policy, f"policy {info.policy} instead of {policy}")
    _require(now is None or abs(info.time - now) <= tolerance, "its time is far from ours")
    try:
        certificate = _signing_certificate(opened)
    except (ValueError, IndexError):
        raise MSignError(Code.UNAVAILABLE, "time-stamp token refused: unreadable certificate") from None
    _require(_is_timestamping(certificate), "its certificate is not for time-stamping only")
    _check_signature(opened, certificate)
    return info


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise MSignError(Code.UNAVAILABLE, f"time-stamp token refused: {what}")


def _open(token: bytes) -> _Token:
    try:
        return _parts(token)
    except (ValueError, IndexError):  # another number of members than the structure has
        raise MSignError(Code.UNAVAILABLE, "time-stamp token refused: malformed") from None


def _parts(token: bytes) -> _Token:
    kind, content = asn1.read_all(token).children()
    _require(kind.oid() == _SIGNED_DATA, "not CMS SignedData")
    fields = content.inner().expect(asn1.SEQUENCE).children()
    content_kind, wrapped = fields[2].children()
    _require(content_kind.oid() == _TST_INFO, "holds no TSTInfo")
    certificates = next((node.children() for node in fields if node.tag == 0xA0), [])
    signers = fields[-1].expect(asn1.SET).children()
    _require(len(signers) == 1, "not exactly one signer")
    return _Token(wrapped.inner().octets(), tuple(node.raw for node in certificates), signers[0].children())


def _info(content: bytes) -> TokenInfo:
    try:
        _, policy, message, serial, moment, *rest = asn1.read_all(content).children()
        algorithm, imprint = message.children()
    except ValueError:
        raise MSignError(Code.UNAVAILABLE, "time-stamp token refused: malformed TSTInfo") from None
    oid = algorithm.children()[0].oid()
    nonce = next((node.integer() for node in rest if node.tag == asn1.INTEGER), None)
    return TokenInfo(
        policy.oid(), _DIGEST_NAMES.get(oid, oid), imprint.octets(), serial.integer(), moment.time(), nonce
    )


def _attributes(opened: _Token) -> tuple[bytes, dict[str, asn1.Node]]:
    signed = next((node for node in opened.signer if node.tag == 0xA0), None)
    if signed is None:
        raise MSignError(Code.UNAVAILABLE, "time-stamp token refused: no signed attributes")
    pairs = [node.children() for node in signed.iterate()]
    return b"\x31" + signed.raw[1:], {kind.oid(): values.children()[0] for kind, values in pairs}


def _signing_certificate(opened: _Token) -> x509.Certificate:
    _, attributes = _attributes(opened)
    v2, v1 = attributes.get(_SIGNING_CERTIFICATE_V2), attributes.get(_SIGNING_CERTIFICATE)
    node = v2 or v1
    if node is None:
        raise MSignError(Code.UNAVAILABLE, "time-stamp token refused: no signing-certificate attribute")
    first = node.children()[0].children()[0].children()  # certs → ESSCertID(v2) → fields
    algorithm = "sha256" if v2 else "sha1"
    if first[0].tag == asn1.SEQUENCE:
        algorithm = _DIGEST_NAMES.get(first.pop(0).children()[0].oid(), "")
    for encoded in opened.certificates:
        if algorithm and hashlib.new(algorithm, encoded).digest() == first[0].octets():
            return x509.load_der_x509_certificate(encoded)
    raise MSignError(Code.UNAVAILABLE, "time-stamp token refused: the authority's certificate is missing")


def _is_timestamping(certificate: x509.Certificate) -> bool:
    try:
        found = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except (x509.ExtensionNotFound, ValueError):
        return False
    return found.critical and list(found.value) == [ExtendedKeyUsageOID.TIME_STAMPING]


def _check_signature(opened: _Token, certificate: x509.Certificate) -> None:
    signed, attributes = _attributes(opened)
    digest = _digest_name(opened.signer[2])
    expected = attributes.get(_MESSAGE_DIGEST)
    _require(
        expected is not None and hashlib.new(digest, opened.content).digest() == expected.octets(),
        "its content was changed",
    )
    position = 4  # version, sid, digestAlgorithm, [0] attributes, then signatureAlgorithm and the value
    algorithm, value = opened.signer[position], opened.signer[position + 1].octets()
    try:
        _verify(certificate, algorithm, digest, value, signed)
    except (InvalidSignature, ValueError, UnsupportedAlgorithm):
        raise MSignError(Code.UNAVAILABLE, "time-stamp token refused: its signature is broken") from None


def _digest_name(algorithm: asn1.Node) -> str:
    name = _DIGEST_NAMES.get(algorithm.children()[0].oid(), "")
    _require(name not in {"", "sha1"}, "an unsupported digest algorithm")
    return name


def _verify(certificate: x509.Certificate, algorithm: asn1.Node, digest: str, value: bytes, signed: bytes) -> None:
    oid = algorithm.children()[0].oid()
    primitive = _primitive(_SIGNATURE_DIGESTS.get(oid, digest))
    match certificate.public_key():
        case rsa.RSAPublicKey() as key if oid == _PSS:
            pss = padding.PSS(mgf=padding.MGF1(primitive), salt_length=padding.PSS.AUTO)
            key.verify(value, signed, pss, primitive)
        case rsa.RSAPublicKey() as key:
            key.verify(value, signed, padding.PKCS1v15(), primitive)
        case ec.EllipticCurvePublicKey() as curve_key:
            curve_key.verify(value, signed, ec.ECDSA(primitive))
        case _:
            raise InvalidSignature


def _primitive(name: str) -> hashes.HashAlgorithm:
    known: dict[str, type[hashes.HashAlgorithm]] = {
        "sha256": hashes.SHA256, "sha384": hashes.SHA384, "sha512": hashes.SHA512,
        "sha3_256": hashes.SHA3_256, "sha3_384": hashes.SHA3_384, "sha3_512": hashes.SHA3_512,
    }  # fmt: skip
    return known[name]()
