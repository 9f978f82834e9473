"""The fixed cast of callers: Alice is allowed, Bob is blocked, Carol's certificate has expired, Mallory is foreign."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from msign.access import services
from msign.access.trust import StoreTrust
from msign.kernel.clock import FixedClock
from msign.kernel.words import Environment
from msign.pki.trust import ServiceRole, TrustStore

NOW = FixedClock().now()
DAY = dt.timedelta(days=1)
IDNO = "1000000000007"
HOME = "192.0.2.10"


@dataclass(frozen=True)
class Authority:
    """An issuing CA made for the tests."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    def issue(
        self, name: str, serial: int, *, since: dt.datetime = NOW - DAY, until: dt.datetime = NOW + 365 * DAY
    ) -> bytes:
        """Return a certificate in DER."""
        builder = _builder(name, serial, since, until).issuer_name(self.certificate.subject)
        key = ec.generate_private_key(ec.SECP256R1())
        return builder.public_key(key.public_key()).sign(self.key, hashes.SHA256()).public_bytes(Encoding.DER)

    @property
    def trust(self) -> StoreTrust:
        """Return a trust that knows this authority only."""
        return StoreTrust(TrustStore.of({ServiceRole.SYSTEMS: [self.certificate]}))


@cache
def authority(name: str) -> Authority:
    """Return the authority of that name, made once."""
    return new_authority(name)


def new_authority(name: str, *, until: dt.datetime = NOW + 3650 * DAY) -> Authority:
    """Return a fresh authority: the same name may have several keys."""
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(name, 1, NOW - 30 * DAY, until).issuer_name(_name(name)).public_key(key.public_key())
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return Authority(key, builder.sign(key, hashes.SHA256()))


def let_in(
    name: str, certificate: bytes, environment: Environment = Environment.TEST, network: str = "192.0.2.0/28"
) -> str:
    """Register a system with a certificate and a network, enable it, and return its id."""
    system = services.register_system(
        name=name, organisation_name="Organizația Model", organisation_id=IDNO, at=NOW, actor="test"
    )
    where = {"system_id": system, "environment": environment, "at": NOW, "actor": "test"}
    services.add_certificate(certificate=certificate, **where)  # type: ignore[arg-type]
    services.add_network(network=network, **where)  # type: ignore[arg-type]
    services.enable(**where)  # type: ignore[arg-type]
    return system


def _builder(name: str, serial: int, since: dt.datetime, until: dt.datetime) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(_name(name)).serial_number(serial)
    return builder.not_valid_before(since).not_valid_after(until)


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "MD"), x509.NameAttribute(NameOID.COMMON_NAME, name)])
