"""Makes the sandbox PKI and the demo material once; a second run keeps what is there and adds what is missing."""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import ipaddress
import json
import secrets
import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12

from msign.kernel.clock import Clock
from msign.kernel.errors import Code, MSignError
from msign.sandbox import hierarchy as layout
from msign.sandbox import trustedlist, vault
from msign.sandbox.authority import CertificateAuthority, long_serial, new_key
from msign.sandbox.hierarchy import Hierarchy
from msign.sandbox.places import Places
from msign.sandbox.profiles import Kind, name, seal_subject, system_subject
from msign.sandbox.register import SqliteBook

DEMO_PASSWORD = "demo"  # noqa: S105  published on purpose: it protects an invented identity
PROVIDER_ID = "sandbox"
_AUTHORITY_YEARS = 20
_LEAF_DAYS = 730
_RENEW_BEFORE = dt.timedelta(days=30)
_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM)
# The CAs that make signatures last are RSA like the national ones; the others are quick.
_KEYS = {"root": "rsa3072", "qualified": "rsa3072", "tsa": "rsa2048"}


@dataclass(frozen=True, slots=True)
class DemoSystem:
    """An invented information system with a client certificate in the demo folder."""

    file: str
    title: str
    organisation: str
    idno: str


DEMO_SYSTEMS = (
    DemoSystem("client", "TEST demo e-service", "Organizația Model", "1000000000007"),
    DemoSystem("client2", "TEST demo registry", "Instituția Exemplu", "1000000000018"),
    DemoSystem("desk", "TEST connection desk", "Agenția Exemplu", "1000000000029"),  # signs its papers as a client, too
)


def initialise(places: Places, clock: Clock) -> None:
    """Create or complete everything. Raises ``MSignError`` (``MISCONFIGURED``) for what is there and damaged."""
    try:
        _authorities(places, clock)
        with contextlib.closing(SqliteBook(places.register)) as book:
            hierarchy = vault.load(places.authorities, base=places.url("tsp"), book=book, clock=clock)
            _material(hierarchy, places, clock)
    except (OSError, ValueError, KeyError, sqlite3.DatabaseError) as error:
        raise MSignError(Code.MISCONFIGURED, _damaged(error, places)) from error


def _damaged(error: Exception, places: Places) -> str:
    """Tell what to do: a full or closed disk is no reason to make new authorities, a damaged file is."""
    if isinstance(error, OSError) and error.errno in _DISK:
        return f"{error.filename or places.data}: {error.strerror}; make room or give the right to write, start again"
    if isinstance(error, sqlite3.OperationalError):
        return f"{places.register}: {error}; see that the disk has room and the folder may be written, start again"
    where = places.authorities.parents[1]
    return (
        f"its files are damaged ({error}). Restore {where} and {places.tokens.parent} from a backup, or move both "
        "away: the next start makes new authorities, and what the old ones signed is no longer trusted"
    )


def _material(hierarchy: Hierarchy, places: Places, clock: Clock) -> None:
    """Write what the gateway and its first clients need."""
    layout.write_trust_folder(hierarchy, places.trust)
    operator = vault.list_publisher(places.authorities, hierarchy, clock).certificate
    trustedlist.write_choice(places.trust, operator, places.url("tsp") + trustedlist.LIST_PATH)
    _server_certificate(hierarchy, places, clock)
    _seal(hierarchy, places, clock)
    for system in DEMO_SYSTEMS:
        _system_certificate(hierarchy, places.demo, system, clock)
    tls = hierarchy["tls"].certificate.public_bytes(Encoding.PEM)
    (places.demo / "ca.pem").write_bytes(tls)
    signers = [hierarchy["qualified"].certificate, hierarchy["root"].certificate]
    (places.demo / "signers.pem").write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in signers))
    _tokens(places.tokens)
    vault.write_private(places.providers, _providers(places).encode())


def _authorities(places: Places, clock: Clock) -> None:
    target = places.authorities
    if target.exists():
        return
    # The register and the authorities belong together: begun and not finished means begin again.
    shutil.rmtree(target.parent, ignore_errors=True)
    now = clock.now().replace(microsecond=0)
    validity = (now - dt.timedelta(days=1), now + dt.timedelta(days=365 * _AUTHORITY_YEARS))
    with contextlib.closing(SqliteBook(places.register)) as book:
        made = layout.create(base=places.url("tsp"), book=book, clock=clock, validity=validity, keys=_KEYS)
    draft = target.with_name("authorities.new")
    vault.save(made, draft)
    draft.rename(target)


def _leaf_validity(clock: Clock) -> layout.Validity:
    now = clock.now().replace(microsecond=0)
    return (now - dt.timedelta(hours=1), now + dt.timedelta(days=_LEAF_DAYS))


def _server_certificate(hierarchy: Hierarchy, places: Places, clock: Clock) -> None:
    certificate_path, key_path = places.server / "api.pem", places.server / "api.key"
    hosts = dict.fromkeys((places.host, "localhost", "127.0.0.1", "::1"))
    tls = hierarchy["tls"]
    if _usable(certificate_path, key_path, tls, clock, host=places.host):
        return
    key = new_key("p256")
    certificate = tls.issue(
        Kind.TLS_SERVER,
        name((x509.NameOID.COMMON_NAME, places.host)),
        key.public_key(),
        validity=_leaf_validity(clock),
        alternative_names=[_general_name(host) for host in hosts],
    )
    vault.write_private(key_path, vault.key_pem(key))
    certificate_path.write_bytes(certificate.public_bytes(Encoding.PEM) + tls.certificate.public_bytes(Encoding.PEM))


def _seal(hierarchy: Hierarchy, places: Places, clock: Clock) -> None:
    """The seal of the service itself, for verification receipts: certificate with its issuer, and key."""
    certificate_path, key_path = places.server / "seal.pem", places.server / "seal.key"
    authority = hierarchy["qualified"]
    if _usable(certificate_path, key_path, authority, clock):
        return
    key = new_key("p256")
    subject = seal_subject("TEST MSign verification seal", "Agenția Exemplu", "1000000000029")
    certificate = authority.issue(Kind.SEAL, subject, key.public_key(), validity=_leaf_validity(clock))
    issuer = authority.certificate.public_bytes(Encoding.PEM)
    vault.write_private(key_path, vault.key_pem(key))
    certificate_path.write_bytes(certificate.public_bytes(Encoding.PEM) + issuer)


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _usable(
    certificate_path: Path, key_path: Path, authority: CertificateAuthority, clock: Clock, host: str = ""
) -> bool:
    """Whether certificate and key are there, belong together, and come from the authority of today."""
    if not (certificate_path.is_file() and key_path.is_file()):
        return False
    try:
        certificate = vault.read_certificate(certificate_path)
        own = vault.read_key(key_path).public_key() == certificate.public_key()
        certificate.verify_directly_issued_by(authority.certificate)
    except (ValueError, TypeError, MSignError, InvalidSignature):
        return False
    if not own or certificate.not_valid_after_utc - clock.now() < _RENEW_BEFORE:
        return False
    return (
        not host
        or _general_name(host) in certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    )


def _system_certificate(hierarchy: Hierarchy, folder: Path, system: DemoSystem, clock: Clock) -> None:
    certificate_path, key_path = folder / f"{system.file}.pem", folder / f"{system.file}.key"
    archive = folder / f"{system.file}.p12"
    authority = hierarchy["systems"]
    if _usable(certificate_path, key_path, authority, clock) and archive.exists():
        return
    key = new_key("rsa2048")
    certificate = authority.issue(
        Kind.SYSTEM,
        system_subject(system.title, system.organisation, system.idno),
        key.public_key(),
        validity=_leaf_validity(clock),
        serial=long_serial(),
    )
    secret = BestAvailableEncryption(DEMO_PASSWORD.encode())
    bundle = pkcs12.serialize_key_and_certificates(
        system.file.encode(), key, certificate, [authority.certificate], secret
    )
    vault.write_private(key_path, vault.key_pem(key))
    vault.write_private(archive, bundle)
    certificate_path.write_bytes(certificate.public_bytes(Encoding.PEM))


def _tokens(path: Path) -> None:
    if path.exists():
        return
    made = {"provider": PROVIDER_ID, "to_provider": secrets.token_urlsafe(32), "to_gateway": secrets.token_urlsafe(32)}
    vault.write_private(path, json.dumps(made, indent=1).encode())


def _providers(places: Places) -> str:
    """The three providers of the sandbox in the form of an operator's provider file."""
    tokens = json.loads(places.tokens.read_text("utf-8"))
    common = {
        "tokens": [tokens["to_provider"]],
        "callback_tokens": [tokens["to_gateway"]],
        "ca_file": str((places.demo / "ca.pem").resolve()),
        "sends_person_data": True,
    }
    tables = []
    for device, mode in (("phone", "asynchronous"), ("app", "asynchronous"), ("card", "synchronous")):
        page = f"{places.url('provider')}/{device}/{{requestId}}"
        values = {"url": f"{places.url('provider_api')}/{device}", "mode": mode, "device_url": page, **common}
        # A JSON text, list of texts or boolean is the same in TOML.
        lines = [f"{key} = {json.dumps(value)}" for key, value in values.items()]
        tables.append("\n".join([f"[{PROVIDER_ID}-{device}]", *lines]))
    return "\n\n".join(tables) + "\n"
