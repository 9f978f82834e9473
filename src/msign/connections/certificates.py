"""System certificates as people hand them in: tolerant reading, then checks that explain (connection process, 6).

Whether the chain ends at an accepted authority of the environment and whether the certificate is revoked is asked of a
``ChainJudge`` that the wiring passes in. Nothing here trusts a serial number: the key of a certificate is the pair of
issuer and serial, pinned by its SHA-256 fingerprint.
"""

from __future__ import annotations

import datetime as dt
import enum
import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from msign.connections.checking import Check, Outcome, bad, good
from msign.connections.words import Sentence, say
from msign.kernel.identifiers import IdCheck, is_idno
from msign.kernel.words import Environment

MAX_UPLOAD_BYTES = 64 * 1024  # a system certificate has 1 to 3 KiB; a bundle or a keystore is refused by content
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_PKCS12 = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"  # id-data inside a PFX
_PKCS7 = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"  # id-signedData
_PKCS8 = (b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01", b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01")
_NOISE = re.compile(r"[\s:.\-\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]+")  # Windows copies a U+200E in front
_LABEL = re.compile(r"^(serial(number)?|număr(ul)?deserie|numar(ul)?deserie|серийныйномер)=?")  # copied along


@dataclass(frozen=True, slots=True)
class Reading:
    """What a certificate says, in words; ``der`` is the whole of it."""

    der: bytes
    subject: str
    common_name: str
    issuer: str
    serial: str  # upper-case hexadecimal digits, an even number of them
    fingerprint: str  # SHA-256, lower-case hexadecimal
    not_before: dt.datetime
    not_after: dt.datetime
    key: str  # "RSA 2048"
    organisation_id: str | None

    def days_left(self, now: dt.datetime) -> int:
        """Return the whole days until it expires, negative afterwards."""
        return (self.not_after - now).days


@dataclass(frozen=True, slots=True)
class Use:
    """Where a certificate is pinned already."""

    system_id: str
    system_name: str
    organisation_id: str
    environment: Environment
    services: tuple[str, ...] = ()


class ReuseScope(enum.StrEnum):
    """Who may share one certificate. Setting ``certificate.reuse_scope`` (contradiction 3 of the process)."""

    SYSTEM = "system"
    ORGANISATION = "organisation"


@dataclass(frozen=True, slots=True)
class CertificatePolicy:
    """Bounds of what is accepted; the sandbox's authorities name no real organisation, hence the last switch."""

    min_rsa_bits: int = 2048
    min_ec_bits: int = 256
    reuse_scope: ReuseScope = ReuseScope.SYSTEM
    degraded_days: int = 30
    max_lifetime_days: int | None = None
    organisation_required: bool = False
    accept_unknown_revocation: bool = False  # let a system in although its authority does not answer


def serial_text(number: int) -> str:
    """Return a serial number as upper-case hexadecimal with an even number of digits."""
    digits = f"{number:X}"
    return digits.zfill(len(digits) + len(digits) % 2)


def read_serial(text: str) -> str | Sentence:
    """Return the serial of any usual spelling in our form; else the sentence that says what is expected.

    >>> read_serial("0x40:00:00:00 56ab")
    '4000000056AB'
    """
    bare = _LABEL.sub("", _NOISE.sub("", text).lower(), count=1).removeprefix("0x")
    if not bare:
        return say("Enter the serial number of the certificate.")
    if not re.fullmatch(r"0*[0-9a-f]{1,40}", bare):
        return say(
            "The serial number is written with the digits 0–9 and the letters A–F, like "
            "40 00 00 00 10 30 01 DB; colons, spaces and “0x” may stay."
        )
    return serial_text(int(bare, 16))


def read_upload(data: bytes) -> Reading | Sentence:
    """Return what the one certificate in ``data`` says; else a sentence about what the file is instead."""
    if problem := _not_a_certificate(data):
        return problem
    blocks = _PEM.findall(data)
    if len(blocks) > 1:
        return say("The file holds %(count)s certificates. Send only the one of your system.", count=len(blocks))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CryptographyDeprecationWarning)
            certificate = x509.load_pem_x509_certificate(blocks[0]) if blocks else _load_der(data)
            return read(certificate)
    except (ValueError, TypeError):
        return say("The file is not a certificate. Send the .cer file from STISC, in DER or PEM form.")


def _load_der(data: bytes) -> x509.Certificate:
    """Line ends around the file are forgiven, but only where it cannot be read with them: DER may end in such bytes."""
    try:
        return x509.load_der_x509_certificate(data)
    except ValueError:
        return x509.load_der_x509_certificate(data.strip(b"\r\n"))


def _not_a_certificate(data: bytes) -> Sentence | None:
    kinds = (
        (not data.strip(), say("The file is empty.")),
        (len(data) > MAX_UPLOAD_BYTES, say("The file is too large for a certificate; at most 64 KiB are read.")),
        (
            _holds_private_key(data),
            say(
                "The file holds a private key. Nobody but you may ever see it, so nothing was stored. Treat this key "
                "as lost: ask STISC for a new certificate with a new key, and send only the .cer file."
            ),
        ),
        (
            _PKCS12 in data[:64] and b"\x02\x01\x03" in data[:8],  # a PFX is of version 3
            say(
                "The file is a key store (PKCS#12) and holds a private key. Nothing was stored. Export the "
                "certificate alone, as a .cer file; never send the key store to anybody."
            ),
        ),
        (
            _PKCS7 in data[:64] or b"BEGIN PKCS7" in data,
            say("The file is a bundle (PKCS#7). Export only the certificate of your system as .cer."),
        ),
        (
            b"CERTIFICATE REQUEST" in data,
            say("The file is a certificate request. Send it to STISC, and send us the certificate that you get."),
        ),
    )
    return next((sentence for applies, sentence in kinds if applies), None)


def _holds_private_key(data: bytes) -> bool:
    """PEM says so in words; in DER, a PrivateKeyInfo (PKCS#8) or an RSAPrivateKey (PKCS#1) begins with version 0."""
    if b"PRIVATE KEY" in data:
        return True
    begins_with_version = data[:1] == b"0" and b"\x02\x01\x00" in data[:8]
    return begins_with_version and (any(oid in data[:64] for oid in _PKCS8) or data[4:7] == b"\x02\x01\x00")


def read(certificate: x509.Certificate) -> Reading:
    """Return what ``certificate`` says, in words."""
    name = certificate.subject
    return Reading(
        der=certificate.public_bytes(Encoding.DER),
        subject=name.rfc4514_string(),
        common_name=_first(name, NameOID.COMMON_NAME),
        issuer=certificate.issuer.rfc4514_string(),
        serial=serial_text(certificate.serial_number),
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        key=_key(certificate),
        organisation_id=_organisation_id(name),
    )


def _first(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    values = name.get_attributes_for_oid(oid)
    return str(values[0].value) if values else ""


def _organisation_id(name: x509.Name) -> str | None:
    identifier = _first(name, NameOID.ORGANIZATION_IDENTIFIER)
    if found := re.fullmatch(r"NTRMD-([0-9]{13})", identifier):
        return found[1]
    last = _first(name, NameOID.ORGANIZATION_NAME).rpartition(" ")[2]
    return last if is_idno(last, IdCheck.CHECKSUM) else None


def _key(certificate: x509.Certificate) -> str:
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC {key.curve.key_size}"
    return type(key).__name__.removesuffix("PublicKey")


def judge(
    reading: Reading,
    *,
    now: dt.datetime,
    policy: CertificatePolicy,
    organisation_id: str,
    system_id: str,
    environment: Environment,
    uses: Iterable[Use],
) -> tuple[Check, ...]:
    """Return every check that needs neither network nor trust store: kind, dates, key, usage, ownership, reuse."""
    certificate = x509.load_der_x509_certificate(reading.der)
    return (
        _kind(certificate),
        _dates(reading, now, policy),
        _strength(certificate, policy),
        _usage(certificate),
        _owner(reading, organisation_id, policy),
        _reuse(tuple(uses), policy, organisation_id, system_id, environment),
    )


def _kind(certificate: x509.Certificate) -> Check:
    if _is_authority(certificate):
        return bad("kind", say("This is the certificate of an authority (CA), not of a system."))
    if certificate.issuer == certificate.subject:
        return bad("kind", say("The certificate is self-signed. MSign needs one issued by STISC."))
    return good("kind", say("It is a certificate of a system."))


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False


def _dates(reading: Reading, now: dt.datetime, policy: CertificatePolicy) -> Check:
    end = reading.not_after.date().strftime("%d.%m.%Y")
    if now > reading.not_after:
        return bad("dates", say("It expired on %(day)s. Ask STISC for a new one.", day=end))
    if now < reading.not_before:
        day = reading.not_before.date().strftime("%d.%m.%Y")
        return bad("dates", say("It becomes valid only on %(day)s.", day=day))
    lifetime = (reading.not_after - reading.not_before).days
    if policy.max_lifetime_days is not None and lifetime > policy.max_lifetime_days:
        return bad("dates", say("It is issued for %(days)s days, longer than is accepted.", days=lifetime))
    left = reading.days_left(now)
    if left < policy.degraded_days:
        return Check("dates", Outcome.WARNING, say("It expires in %(days)s days. Order a new one now.", days=left))
    return good("dates", say("It is valid until %(day)s.", day=end))


def _strength(certificate: x509.Certificate, policy: CertificatePolicy) -> Check:
    key = certificate.public_key()
    digest = certificate.signature_hash_algorithm
    if digest is not None and digest.name in {"md5", "sha1"}:
        return bad("strength", say("It is signed with %(digest)s, which is broken.", digest=digest.name.upper()))
    enough = (isinstance(key, rsa.RSAPublicKey) and key.key_size >= policy.min_rsa_bits) or (
        isinstance(key, ec.EllipticCurvePublicKey) and key.curve.key_size >= policy.min_ec_bits
    )
    if not enough:
        return bad(
            "strength", say("Its key (%(key)s) is too weak: RSA 2048 or EC 256 is the least.", key=_key(certificate))
        )
    return good("strength", say("Its key is strong enough (%(key)s).", key=_key(certificate)))


def _usage(certificate: x509.Certificate) -> Check:
    try:
        usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        usages = None
    except ValueError:
        return bad("usage", say("Its extensions cannot be read."))
    accepted = {ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
    if usages is not None and not accepted & set(usages):
        return bad("usage", say("It may not be used to authenticate a client. Ask STISC for one for authentication."))
    return good("usage", say("It may be used to authenticate a client."))


def _owner(reading: Reading, organisation_id: str, policy: CertificatePolicy) -> Check:
    if reading.organisation_id == organisation_id:
        return good("owner", say("It names your organisation."))
    if reading.organisation_id is not None:
        return bad("owner", say("It belongs to another organisation (IDNO %(idno)s).", idno=reading.organisation_id))
    unnamed = say("It names no organisation number, so the operator will ask whose it is.")
    return bad("owner", unnamed) if policy.organisation_required else Check("owner", Outcome.WARNING, unnamed)


def _reuse(
    uses: tuple[Use, ...], policy: CertificatePolicy, organisation_id: str, system_id: str, environment: Environment
) -> Check:
    for use in uses:
        if use.organisation_id != organisation_id:
            return bad("reuse", say("It is already registered for a system of another organisation."))
        if use.environment is not environment:
            return bad(
                "reuse",
                say("It is already registered for the other environment. Test and production need different keys."),
            )
        if use.system_id != system_id and policy.reuse_scope is ReuseScope.SYSTEM:
            return bad("reuse", say("It is already registered for your system “%(name)s”.", name=use.system_name))
    if services := sorted({service for use in uses for service in use.services}):
        return good("reuse", say("It already serves this system with %(services)s.", services=", ".join(services)))
    return good("reuse", say("It is not registered for anything else."))


class Life(enum.StrEnum):
    """The life of a registered certificate: a pure function of dates, facts and now."""

    SCHEDULED = "scheduled"
    ACTIVE = "active"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    REVOKED = "revoked"
    REPLACED = "replaced"


def life(
    *,
    not_before: dt.datetime,
    not_after: dt.datetime,
    now: dt.datetime,
    revoked: bool,
    replaced: bool,
    expiring_days: int = 60,
) -> Life:
    """Return where a certificate stands now; revocation outweighs everything."""
    if revoked:
        return Life.REVOKED
    if now > not_after:
        return Life.EXPIRED
    if replaced:
        return Life.REPLACED
    if now < not_before:
        return Life.SCHEDULED
    return Life.EXPIRING if (not_after - now).days < expiring_days else Life.ACTIVE
