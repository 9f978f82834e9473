"""Keys that sign: one small protocol, a key kept in memory, PKCS#12. Tokens and HSMs are in ``pkcs11``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Protocol

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import load_pem_private_key, pkcs12

from msign.kernel.errors import Code, MSignError
from msign.signing.algorithms import Digest, Scheme, SignatureAlgorithm, default_algorithm, rsa_padding
from msign.signing.certificates import SigningCertificate, encode, encode_chain, signing_certificate


class SigningKey(Protocol):
    """Anything that can sign: memory, token, HSM, a remote service that is asked synchronously."""

    @property
    def algorithm(self) -> SignatureAlgorithm:
        """What it signs with."""
        ...

    def sign(self, data: bytes) -> bytes:
        """Return the signature value over ``data`` (hashed by the key's algorithm); ECDSA in DER.

        Raises ``MSignError(SIGNING_FAILED)``, or ``UNAVAILABLE`` with ``retry`` when the device cannot be reached.
        """
        ...


class InMemoryKey:
    """A private key that stays loaded: loading one costs a hundred times more than signing with it."""

    def __init__(
        self, private_key: PrivateKeyTypes, *, algorithm: SignatureAlgorithm | None = None, pss: bool = False
    ) -> None:
        """Take a ready private key. ``algorithm`` defaults to what suits the key; ``pss`` picks PSS for RSA."""
        self._private = private_key
        self._algorithm = algorithm or default_algorithm(private_key.public_key(), pss=pss)
        self._check_kind()

    @classmethod
    def from_pem(
        cls, pem: bytes, password: bytes | None = None, *, algorithm: SignatureAlgorithm | None = None
    ) -> InMemoryKey:
        """Load a PEM private key. Raises ``MSignError(MISCONFIGURED)`` for unreadable data or a wrong password."""
        try:
            return cls(load_pem_private_key(pem, password), algorithm=algorithm)
        except (ValueError, TypeError) as error:
            raise MSignError(Code.MISCONFIGURED, f"unreadable private key: {error}") from error

    @property
    def algorithm(self) -> SignatureAlgorithm:
        """What it signs with."""
        return self._algorithm

    def sign(self, data: bytes) -> bytes:
        """Return the signature value over ``data``; ECDSA in DER."""
        return self._sign(data, prehashed=False)

    def sign_digest(self, digest: bytes) -> bytes:
        """Return the signature value over a ready digest, as a remote instrument does. Not possible with Ed25519.

        Raises ``MSignError`` if the digest has not the length of the algorithm's digest.
        """
        if self._algorithm.scheme is Scheme.ED25519 or len(digest) != self._algorithm.digest.size:
            raise MSignError(Code.INVALID_PARAMETER, f"not a digest that {self._algorithm} can sign")
        return self._sign(digest, prehashed=True)

    def _sign(self, message: bytes, *, prehashed: bool) -> bytes:
        primitive = self._algorithm.digest.primitive()
        hashed = Prehashed(primitive) if prehashed else primitive
        match self._private:
            case rsa.RSAPrivateKey() as key:
                return key.sign(message, rsa_padding(self._algorithm), hashed)
            case ec.EllipticCurvePrivateKey() as curve_key:
                return curve_key.sign(message, ec.ECDSA(hashed))
            case ed25519.Ed25519PrivateKey() as edwards:
                return edwards.sign(message)
            case _:  # refused at construction
                raise MSignError(Code.INTERNAL, "key of an unknown kind")

    def _check_kind(self) -> None:
        natural = default_algorithm(self._private.public_key()).scheme
        family = {Scheme.RSA_PSS: Scheme.RSA_PKCS1}.get(self._algorithm.scheme, self._algorithm.scheme)
        if natural is not family:
            raise MSignError(Code.MISCONFIGURED, f"this key cannot sign with {self._algorithm}")


@dataclass(frozen=True)
class Signer:
    """A key with its certificate and the issuers that go into the signature (leaf excluded, root optional)."""

    key: SigningKey
    certificate: x509.Certificate | bytes
    chain: Sequence[x509.Certificate | bytes] = field(default=())

    @classmethod
    def from_pkcs12(
        cls, data: bytes | Path, password: str | bytes | None, *, digest: Digest | None = None, pss: bool = False
    ) -> Signer:
        """Load key, certificate and issuers from PKCS#12. Raises ``MSignError(MISCONFIGURED)`` with the reason."""
        secret = password.encode() if isinstance(password, str) else password
        try:
            raw = data if isinstance(data, bytes) else data.read_bytes()
            key, certificate, chain = pkcs12.load_key_and_certificates(raw, secret)
        except ValueError as error:
            raise MSignError(Code.MISCONFIGURED, "PKCS#12: wrong password or damaged file") from error
        except OSError as error:
            raise MSignError(Code.MISCONFIGURED, f"PKCS#12: cannot be read: {error.strerror}") from error
        if key is None or certificate is None:
            raise MSignError(Code.MISCONFIGURED, "PKCS#12: holds no private key with its certificate")
        algorithm = default_algorithm(certificate.public_key(), digest=digest, pss=pss)
        return cls(InMemoryKey(key, algorithm=algorithm), certificate, tuple(chain))

    @cached_property
    def signing_certificate(self) -> SigningCertificate:
        """The certificate with its ready-made parts."""
        return signing_certificate(encode(self.certificate))

    @cached_property
    def issuers(self) -> tuple[bytes, ...]:
        """The issuers in DER, without the leaf."""
        return encode_chain(self.signing_certificate.encoded, self.chain)
