"""A certification authority of the sandbox: issues certificates, keeps its register, signs OCSP answers and CRLs.

Plain classes on `cryptography`; no web, no files. The services put HTTP in front, tests use them directly.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from typing import cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from msign.kernel.clock import Clock
from msign.sandbox.book import Book, Entry, release, take_back
from msign.sandbox.profiles import Addresses, Kind, address_extensions, extensions

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

_CURVES: dict[str, type[ec.EllipticCurve]] = {"p256": ec.SECP256R1, "p384": ec.SECP384R1, "p521": ec.SECP521R1}


def new_key(kind: str) -> PrivateKey:
    """Return a new key: ``rsa2048``, ``rsa3072``, ``rsa4096``, ``p256``, ``p384`` or ``p521``."""
    if kind in _CURVES:
        return ec.generate_private_key(_CURVES[kind]())
    return rsa.generate_private_key(65537, int(kind.removeprefix("rsa")))


def national_serial() -> int:
    """Return a serial number as the national CAs make them: 14 bytes beginning 40 00 00 00."""
    return int.from_bytes(b"\x40\x00\x00\x00" + secrets.token_bytes(10))


def long_serial() -> int:
    """Return a serial number of 20 bytes, as development PKIs make them (first bit 0, RFC 5280 4.1.2.2)."""
    return int.from_bytes(bytes([0x40 | secrets.randbelow(0x40)]) + secrets.token_bytes(19))


class CertificateAuthority:
    """One CA with its key, certificate and register."""

    def __init__(
        self,
        *,
        identifier: str,
        key: PrivateKey,
        certificate: x509.Certificate,
        book: Book,
        clock: Clock,
        addresses: Addresses,
        issuer: CertificateAuthority | None = None,
    ) -> None:
        self.identifier = identifier
        self.key = key
        self.certificate = certificate
        self.book = book
        self.clock = clock
        self.addresses = addresses
        self.issuer = issuer

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        """This CA's certificate and those above it, root last."""
        above = self.issuer.chain if self.issuer else ()
        return (self.certificate, *above)

    @classmethod
    def create_root(
        cls,
        identifier: str,
        subject: x509.Name,
        *,
        key: PrivateKey,
        book: Book,
        clock: Clock,
        addresses: Addresses,
        validity: tuple[dt.datetime, dt.datetime],
    ) -> CertificateAuthority:
        """Return a self-signed CA. ``addresses`` are those that its leaves name."""
        public = key.public_key()
        builder = _builder(subject, subject, public, national_serial(), validity)
        for extension, critical in extensions(Kind.AUTHORITY):
            builder = builder.add_extension(extension, critical)
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        certificate = builder.sign(key, hashes.SHA256())
        return cls(identifier=identifier, key=key, certificate=certificate, book=book, clock=clock, addresses=addresses)

    def create_subordinate(
        self,
        identifier: str,
        subject: x509.Name,
        *,
        key: PrivateKey,
        addresses: Addresses,
        validity: tuple[dt.datetime, dt.datetime],
    ) -> CertificateAuthority:
        """Return a CA below this one that may issue leaves only."""
        certificate = self.issue(Kind.AUTHORITY, subject, key.public_key(), validity=validity, path_length=0)
        return CertificateAuthority(
            identifier=identifier,
            key=key,
            certificate=certificate,
            book=self.book,
            clock=self.clock,
            addresses=addresses,
            issuer=self,
        )

    def issue(
        self,
        kind: Kind,
        subject: x509.Name,
        public_key: CertificatePublicKeyTypes,
        *,
        validity: tuple[dt.datetime, dt.datetime],
        serial: int | None = None,
        alternative_names: list[x509.GeneralName] | None = None,
        path_length: int | None = None,
    ) -> x509.Certificate:
        """Issue a certificate and write it into the register. ``serial`` is chosen by the CA unless given."""
        builder = _builder(subject, self.certificate.subject, public_key, serial or national_serial(), validity)
        for extension, critical in extensions(kind, path_length=path_length):
            builder = builder.add_extension(extension, critical)
        own_key = x509.SubjectKeyIdentifier(hashlib.sha1(key_bits(public_key), usedforsecurity=False).digest())
        builder = builder.add_extension(own_key, critical=False)
        builder = builder.add_extension(self._authority_key_identifier(), critical=False)
        for extension in address_extensions(self.addresses if kind is not Kind.OCSP else Addresses()):
            builder = builder.add_extension(extension, critical=False)
        if alternative_names:
            builder = builder.add_extension(x509.SubjectAlternativeName(alternative_names), critical=False)
        certificate = builder.sign(self.key, hashes.SHA256())
        self.book.add(Entry(self.identifier, certificate.serial_number, certificate.public_bytes(Encoding.DER)))
        return certificate

    def revoke(
        self,
        serial: int,
        *,
        at: dt.datetime | None = None,
        reason: x509.ReasonFlags = x509.ReasonFlags.key_compromise,
    ) -> None:
        """Revoke for good, as of ``at`` (default: now)."""
        take_back(self.book, self.identifier, serial, at=at or self.clock.now(), reason=reason)

    def suspend(self, serial: int, *, at: dt.datetime | None = None) -> None:
        """Put on hold (``certificateHold``); ``release`` brings it back."""
        reason = x509.ReasonFlags.certificate_hold
        take_back(self.book, self.identifier, serial, at=at or self.clock.now(), reason=reason)

    def release(self, serial: int) -> None:
        """End a suspension."""
        release(self.book, self.identifier, serial)

    def status(self, serial: int) -> Entry | None:
        """Return what the register says of a serial number."""
        return self.book.find(self.identifier, serial)

    def _authority_key_identifier(self) -> x509.AuthorityKeyIdentifier:
        own = self.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
        return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own.value)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: CertificatePublicKeyTypes,
    serial: int,
    validity: tuple[dt.datetime, dt.datetime],
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(public_key)
    return builder.serial_number(serial).not_valid_before(validity[0]).not_valid_after(validity[1])


def key_bits(public_key: CertificatePublicKeyTypes) -> bytes:
    """Return the subjectPublicKey bits: what RFC 5280 4.2.1.2 (1) and RFC 6960 4.1.1 hash."""
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        return public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    if isinstance(public_key, ed25519.Ed25519PublicKey):
        return public_key.public_bytes_raw()
    return cast(rsa.RSAPublicKey, public_key).public_bytes(Encoding.DER, PublicFormat.PKCS1)
