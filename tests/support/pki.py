"""The declared test PKI: a fixed cast, built lazily, each key and certificate once per test session.

    from tests.support.pki import session_pki
    pki = session_pki()                      # the same object all session long
    pki.person("ion").certificate         # x509.Certificate; .key, .chain, .der, .pem, .key_pem, .pkcs12("demo")
    pki.system("alfa-test")               # mTLS clients, valid for decades (real TLS asks the machine's clock)
    pki.tsa.timestamp(imprint, "sha256")  # a TimestampSource
    pki.services.ocsp_response(cert); pki.crl("qualified"); pki.transport()   # httpx transport that answers all of them
    pki.write_trust(tmp_path / "trust")   # folder for TrustStore.from_folder

The cast lives around ``MOMENT``, the default of ``FixedClock``: judge signatures of persons with a ``FixedClock``.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)

from msign.kernel.clock import Clock, FixedClock
from msign.sandbox import hierarchy as layout
from msign.sandbox import profiles
from msign.sandbox.answers import TrustServices
from msign.sandbox.authority import CertificateAuthority, PrivateKey, long_serial, new_key
from msign.sandbox.book import MemoryBook
from msign.sandbox.profiles import Kind
from msign.sandbox.timestamp import TimeStampAuthority

MOMENT = FixedClock().now()
BASE = "http://tsp.test"
TSA_URL = f"{BASE}/tsa"

IDNP_ION = "2000000000004"
IDNP_MARIA = "2000000000015"
IDNP_VASILE = "0999000000010"
IDNP_ELENA = "2000000000026"
IDNP_ANDREI = "2000000000037"
IDNP_OLGA = "2000000000107"
IDNO_MODEL = "1000000000007"
SAME_SERIAL = 0x40000000_0000_0000_0000_0000_0042

_DAY = dt.timedelta(days=1)
_USUAL = (MOMENT - 180 * _DAY, MOMENT + 550 * _DAY)
_LONG = (dt.datetime(2020, 1, 17, tzinfo=dt.UTC), dt.datetime(2045, 1, 4, tzinfo=dt.UTC))
_QUALIFIED = "qualified"


@dataclass(frozen=True)
class Identity:
    """A certificate with its key."""

    key: PrivateKey
    certificate: x509.Certificate
    issuer: CertificateAuthority

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        """The authorities above, root last; the leaf itself is not part of it."""
        return self.issuer.chain

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def pkcs12(self, password: str) -> bytes:
        secret = BestAvailableEncryption(password.encode())
        return pkcs12.serialize_key_and_certificates(b"test", self.key, self.certificate, self.chain, secret)

    def write(self, folder: Path, name: str) -> tuple[Path, Path]:
        """Write ``name.pem`` and ``name.key`` into ``folder``; return both paths."""
        folder.mkdir(parents=True, exist_ok=True)
        certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
        certificate.write_bytes(self.pem)
        key.write_bytes(self.key_pem)
        return certificate, key


@dataclass(frozen=True)
class Role:
    """How a member of the cast is made."""

    subject: x509.Name
    key: str = "p256"
    authority: str = _QUALIFIED
    validity: tuple[dt.datetime, dt.datetime] = _USUAL
    serial: Callable[[], int] | None = None
    after: Callable[[CertificateAuthority, int], None] | None = None
    kind: Kind = Kind.QUALIFIED_PERSON
    names: tuple[x509.GeneralName, ...] = ()


def _revoked(delta: dt.timedelta) -> Callable[[CertificateAuthority, int], None]:
    return lambda authority, serial: authority.revoke(serial, at=MOMENT + delta)


def _suspended(authority: CertificateAuthority, serial: int) -> None:
    authority.suspend(serial, at=MOMENT - 2 * _DAY)


_ION = profiles.person_subject("Ion", "Exemplu", IDNP_ION)
_MARIA = profiles.person_subject("Maria", "Model", IDNP_MARIA, organisation="Organizația Model", idno=IDNO_MODEL)
_VASILE = profiles.old_person_subject("Vasile", "Vechi", IDNP_VASILE, "Organizația Model", IDNO_MODEL, "administrator")
_JOHN = profiles.person_subject("John", "Foreign", "IDCRO-AB123456", prefix="")

PERSONS: dict[str, Role] = {
    "ion": Role(_ION, "rsa2048"),  # new form, PNOMD-
    "maria": Role(_MARIA),  # new form, represents an organisation (NTRMD-), P-256
    "vasile": Role(_VASILE, "rsa3072"),  # old form: 13 digits, IDNO in O, CN encoded first
    "john": Role(_JOHN),  # foreign id
    "ion-p256": Role(_ION),  # the same person, another device; for quick tests
    "elena": Role(profiles.person_subject("Elena", "Altcineva", IDNP_ELENA)),  # another person
    "expired": Role(_ION, validity=(MOMENT - 760 * _DAY, MOMENT - 30 * _DAY)),
    "not-yet-valid": Role(_ION, validity=(MOMENT + 30 * _DAY, MOMENT + 760 * _DAY)),
    "suspended": Role(profiles.person_subject("Andrei", "Oprit", IDNP_ANDREI), after=_suspended),
    "revoked-before": Role(profiles.person_subject("Olga", "Retrasă", IDNP_OLGA), after=_revoked(-10 * _DAY)),
    "revoked-after": Role(profiles.person_subject("Olga", "Retrasă", IDNP_OLGA), after=_revoked(10 * _DAY)),
    "same-serial-qualified": Role(_ION, serial=lambda: SAME_SERIAL),
    "same-serial-advanced": Role(_ION, authority="advanced", kind=Kind.ADVANCED_PERSON, serial=lambda: SAME_SERIAL),
    "advanced": Role(_MARIA, authority="advanced", kind=Kind.ADVANCED_PERSON),  # of a non-qualified provider
    "untrusted": Role(_ION, authority="untrusted"),  # of a CA that nobody trusts
    "seal": Role(profiles.seal_subject("TEST seal", "Agenția Exemplu", "1000000000029"), kind=Kind.SEAL),  # no person
}


def _system(title: str, *, idno: str = IDNO_MODEL, authority: str = "systems", **more: object) -> Role:
    subject = profiles.system_subject(title, "Organizația Model", idno)
    role = Role(subject, authority=authority, kind=Kind.SYSTEM, validity=_LONG, serial=long_serial)
    return dataclasses.replace(role, **more)  # type: ignore[arg-type]


SYSTEMS: dict[str, Role] = {
    "alfa-test": _system("TEST alfa test"),
    "alfa-production": _system("TEST alfa production"),
    "alfa-test-next": _system("TEST alfa test"),  # overlap pair for renewal: same name, another key
    "gama-test": _system("TEST gama test", idno="1018600000035"),  # of the company of the samples
    "gama-production": _system("TEST gama production", idno="1018600000035"),
    "beta-test": _system("TEST beta test", key="rsa2048"),
    "beta-production": _system("TEST beta production"),
    "unknown": _system("TEST not registered"),  # trusted issuer, but nobody registers it
    "expired": _system("TEST expired", validity=(MOMENT - 800 * _DAY, MOMENT - 70 * _DAY)),
    "not-yet-valid": _system("TEST early", validity=(_LONG[1] - 10 * _DAY, _LONG[1])),
    "revoked": _system("TEST revoked", after=_revoked(-10 * _DAY)),
    "untrusted": _system("TEST alfa test", authority="untrusted"),  # same name, wrong issuer
}


class Pki:
    """One hierarchy, one register, one clock, and the cast."""

    def __init__(self, *, clock: Clock | None = None, base: str = BASE) -> None:
        self.clock = clock or FixedClock()
        self.base = base
        self.book = MemoryBook()
        self.hierarchy = layout.create(base=base, book=self.book, clock=self.clock, validity=_LONG, keys={})
        self.services = TrustServices(self.hierarchy)
        self._made: dict[str, Identity] = {}

    @property
    def tsa(self) -> TimeStampAuthority:
        """The time-stamp unit; has ``timestamp(imprint, algorithm)``."""
        return self.hierarchy.tsa

    def authority(self, identifier: str) -> CertificateAuthority:
        """``root``, ``qualified``, ``systems``, ``advanced``, ``tls`` or ``untrusted``."""
        return self.hierarchy[identifier]

    def person(self, name: str) -> Identity:
        """Return a member of ``PERSONS``."""
        return self._identity(f"person {name}", PERSONS[name])

    def system(self, name: str) -> Identity:
        """Return a member of ``SYSTEMS``."""
        return self._identity(f"system {name}", SYSTEMS[name])

    def tls_server(self) -> Identity:
        """Return a server identity for localhost, 127.0.0.1 and ::1; clients trust ``authority("tls")``."""
        names = (
            x509.DNSName("localhost"),
            x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
            x509.IPAddress(ipaddress.ip_address("::1")),
        )
        subject = profiles.name((x509.NameOID.COMMON_NAME, "localhost"))
        role = Role(subject, authority="tls", kind=Kind.TLS_SERVER, validity=_LONG, names=names)
        return self._identity("tls server", role)

    def issue(self, role: Role) -> Identity:
        """Return a new identity that is in no cast."""
        authority = self.hierarchy[role.authority]
        key = new_key(role.key)
        certificate = authority.issue(
            role.kind,
            role.subject,
            key.public_key(),
            validity=role.validity,
            serial=role.serial() if role.serial else None,
            alternative_names=list(role.names) or None,
        )
        if role.after:
            role.after(authority, certificate.serial_number)
        return Identity(key, certificate, authority)

    def crl(self, identifier: str) -> bytes:
        """Return the DER CRL of an authority."""
        return self.services.crl(identifier).current()

    def transport(self) -> httpx.MockTransport:
        """Return an httpx transport in which OCSP, CRL, CA certificates and ``TSA_URL`` answer in-process."""

        def answer(request: httpx.Request) -> httpx.Response:
            reply = self.services.answer(request.method, request.url.path, request.content)
            return httpx.Response(reply.status, headers={"Content-Type": reply.content_type}, content=reply.body)

        return httpx.MockTransport(answer)

    def write_trust(self, folder: Path) -> Path:
        """Write the folder that ``TrustStore.from_folder`` reads."""
        return layout.write_trust_folder(self.hierarchy, folder)

    def _identity(self, label: str, role: Role) -> Identity:
        if label not in self._made:
            self._made[label] = self.issue(role)
        return self._made[label]


@functools.cache
def session_pki() -> Pki:
    """Return the PKI of this test session. Do not revoke its cast; ``new_pki()`` gives one of your own."""
    return Pki()


def new_pki(*, clock: Clock | None = None, base: str = BASE) -> Pki:
    """Return a PKI of its own, for tests that revoke, break or move the clock (about 10 ms)."""
    return Pki(clock=clock, base=base)
