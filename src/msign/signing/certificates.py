"""The signer's certificate as a signature needs it: bytes taken over as they are, nothing re-encoded."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

from msign.kernel.errors import Code, MSignError
from msign.pki import asn1, der
from msign.signing.algorithms import SignatureAlgorithm, to_der, to_raw, verify


@dataclass(frozen=True)
class SigningCertificate:
    """A certificate with the parts of it that signatures repeat, each worked out once."""

    encoded: bytes

    @cached_property
    def x509(self) -> x509.Certificate:
        """The certificate as ``cryptography`` reads it. Raises ``MSignError`` if it cannot."""
        try:
            return x509.load_der_x509_certificate(self.encoded)
        except ValueError as error:
            raise MSignError(Code.INVALID_PARAMETER, f"unreadable certificate: {error}") from error

    @cached_property
    def public_key(self) -> PublicKeyTypes:
        """The public key. Raises ``MSignError`` for a key of an unknown or broken kind."""
        try:
            return self.x509.public_key()
        except (ValueError, UnsupportedAlgorithm) as error:
            raise MSignError(Code.INVALID_PARAMETER, f"unusable key in the certificate: {error}") from error

    @cached_property
    def _curve(self) -> ec.EllipticCurvePublicKey | None:
        return self.public_key if isinstance(self.public_key, ec.EllipticCurvePublicKey) else None

    @cached_property
    def _serial_and_issuer(self) -> tuple[bytes, bytes]:
        fields = asn1.read_all(self.encoded).children()[0].children()
        start = 1 if fields[0].tag == 0xA0 else 0  # version is optional
        return fields[start].expect(asn1.INTEGER).raw, fields[start + 2].expect(asn1.SEQUENCE).raw

    @cached_property
    def issuer_and_serial(self) -> bytes:
        """CMS IssuerAndSerialNumber (RFC 5652 clause 10.2.4), issuer bytes as the certificate has them."""
        serial, issuer = self._serial_and_issuer
        return der.sequence(issuer, serial)

    @cached_property
    def issuer_serial(self) -> bytes:
        """ESS IssuerSerial (RFC 5035 clause 5): the issuer as a GeneralName."""
        serial, issuer = self._serial_and_issuer
        return der.sequence(der.sequence(der.explicit(4, issuer)), serial)

    @cached_property
    def sha256(self) -> bytes:
        """SHA-256 of the certificate."""
        return hashlib.sha256(self.encoded).digest()

    @cached_property
    def base64(self) -> str:
        """The certificate in base64 on one line."""
        return base64.b64encode(self.encoded).decode("ascii")

    def check(self, algorithm: SignatureAlgorithm, value: bytes, data: bytes) -> None:
        """Check that ``value`` is this certificate's signature over ``data``, so that nothing foreign is completed.

        Raises ``MSignError(SIGNING_FAILED)`` otherwise. Dates, usage and trust of the certificate are not checked.
        """
        try:
            verify(self.public_key, algorithm, value, data=data)
        except InvalidSignature:
            raise MSignError(
                Code.SIGNING_FAILED, "the signature value does not fit the prepared document and the certificate"
            ) from None

    def cms_value(self, value: bytes) -> bytes:
        """Return a signature value as CMS carries it: ECDSA in DER, from either form."""
        return to_der(value, self._curve) if self._curve is not None else value

    def xml_value(self, value: bytes) -> bytes:
        """Return a signature value as XML carries it: ECDSA as r‖s, from its DER form."""
        return to_raw(value, self._curve) if self._curve is not None else value


@lru_cache(maxsize=512)
def signing_certificate(encoded: bytes) -> SigningCertificate:
    """Return the parts of a DER certificate; the same object for the same bytes."""
    return SigningCertificate(encoded)


def encode(certificate: x509.Certificate | bytes) -> bytes:
    """Return a certificate in DER."""
    return certificate if isinstance(certificate, bytes) else certificate.public_bytes(serialization.Encoding.DER)


def encode_chain(leaf: bytes, chain: Sequence[x509.Certificate | bytes]) -> tuple[bytes, ...]:
    """Return the issuers in DER, the leaf and repetitions left out, order kept."""
    return tuple(dict.fromkeys(found for found in map(encode, chain) if found != leaf))
