"""Certificates: one reading of the bytes, shared by everybody who asks.

``ParsedCertificate`` is read by our own bounded reader, so that certificates with honest encoding defects (a negative
RSA modulus, a serial number of zero) can still be judged. Other rooms hand in what they have: ``x509.Certificate`` of
``cryptography``, DER bytes or a ``ParsedCertificate``.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import re
import warnings
from dataclasses import dataclass
from functools import cached_property, lru_cache

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.utils import CryptographyDeprecationWarning

from msign.kernel.identifiers import IdCheck, is_idno
from msign.pki import asn1, keys, names
from msign.pki import extensions as ext
from msign.pki.algorithms import SignatureAlgorithm
from msign.pki.names import Name

MAX_CERTIFICATE_BYTES = 64 * 1024

_PNOMD = re.compile(r"PNOMD-(\d{13})")
_NTRMD = re.compile(r"NTRMD-(\d{13})")
_DIGITS = re.compile(r"\d{13}")
_SERIAL = re.compile(r"[0-9A-F]{1,64}")
_PEM = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----")
COMMON_NAME, SERIAL_NUMBER, ORGANISATION, ORGANISATION_IDENTIFIER = "2.5.4.3", "2.5.4.5", "2.5.4.10", "2.5.4.97"


@dataclass(frozen=True)
class ParsedCertificate:
    """A certificate as data. Two are equal if their bytes are. Raises ``Asn1Error`` lazily for broken extensions."""

    der: bytes

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash(self.der)

    @cached_property
    def _outer(self) -> list[asn1.Node]:
        parts = asn1.read_all(self.der).children()
        if len(parts) != 3:
            raise asn1.Asn1Error("not a certificate")
        return parts

    @cached_property
    def _tbs(self) -> list[asn1.Node]:
        fields = self._outer[0].expect(asn1.SEQUENCE).children()
        if fields and fields[0].tag != 0xA0:
            fields.insert(0, asn1.read(b"\xa0\x03\x02\x01\x00"))
        if len(fields) < 7:
            raise asn1.Asn1Error("not a certificate")
        return fields

    @cached_property
    def version(self) -> int:
        """Return the version, 1 to 3."""
        return self._tbs[0].inner().integer() + 1

    @cached_property
    def tbs(self) -> bytes:
        """Return the bytes that the issuer signed."""
        return self._outer[0].raw

    @cached_property
    def serial(self) -> int:
        """Return the serial number; negative ones exist."""
        return self._tbs[1].expect(asn1.INTEGER).integer()

    @cached_property
    def signature_scheme(self) -> SignatureAlgorithm | None:
        """Return how the issuer signed; ``None`` if unknown or if inner and outer identifier differ (4.1.1.2)."""
        if self._tbs[2].raw != self._outer[1].raw:
            return None
        return keys.signature_algorithm(self._outer[1])

    @cached_property
    def signature(self) -> bytes:
        """Return the issuer's signature value."""
        return self._outer[2].bits()

    @cached_property
    def issuer(self) -> Name:
        """Return the issuer's name."""
        return names.parse_name(self._tbs[3].raw)

    @cached_property
    def subject(self) -> Name:
        """Return the subject's name."""
        return names.parse_name(self._tbs[5].raw)

    @cached_property
    def not_before(self) -> dt.datetime:
        """Return the first moment of validity."""
        return self._tbs[4].children()[0].time()

    @cached_property
    def not_after(self) -> dt.datetime:
        """Return the last moment of validity."""
        return self._tbs[4].children()[1].time()

    @cached_property
    def spki(self) -> bytes:
        """Return the SubjectPublicKeyInfo."""
        return self._tbs[6].raw

    @cached_property
    def key_bits(self) -> bytes:
        """Return the octets of the subjectPublicKey BIT STRING (what OCSP and key identifiers hash)."""
        return self._tbs[6].children()[1].bits()

    @cached_property
    def public_key(self) -> keys.PublicKey | None:
        """Return the key; ``None`` if it cannot be used by itself (see :func:`msign.pki.keys.load_key`)."""
        return keys.load_key(self.spki)

    @cached_property
    def extensions(self) -> dict[str, ext.Extension]:
        """Return the extensions by identifier."""
        holder = next((field for field in self._tbs[7:] if field.tag == 0xA3), None)
        return {e.oid: e for e in ext.parse_extensions(holder.inner())} if holder else {}

    def _value(self, oid: str) -> asn1.Node | None:
        found = self.extensions.get(oid)
        return asn1.read(found.value) if found else None

    @cached_property
    def is_ca(self) -> bool:
        """Tell whether basic constraints say CA."""
        value = self._value(ext.BASIC_CONSTRAINTS)
        parts = value.children() if value else []
        return bool(parts) and parts[0].tag == asn1.BOOLEAN and parts[0].boolean()

    @cached_property
    def path_length(self) -> int | None:
        """Return the path length constraint, if any."""
        value = self._value(ext.BASIC_CONSTRAINTS)
        numbers = [p.integer() for p in value.children() if p.tag == asn1.INTEGER] if value else []
        return numbers[0] if numbers else None

    @cached_property
    def key_usage(self) -> frozenset[int] | None:
        """Return the set bits of keyUsage (0 digitalSignature, 1 nonRepudiation, 5 keyCertSign, 6 cRLSign)."""
        value = self._value(ext.KEY_USAGE)
        return value.bit_set() if value else None

    @cached_property
    def extended_key_usage(self) -> frozenset[str] | None:
        """Return the purposes of extKeyUsage."""
        value = self._value(ext.EXTENDED_KEY_USAGE)
        return frozenset(item.oid() for item in value.iterate()) if value else None

    @cached_property
    def subject_key_id(self) -> bytes | None:
        """Return the subject key identifier."""
        value = self._value(ext.SUBJECT_KEY_IDENTIFIER)
        return value.octets() if value else None

    @cached_property
    def authority_key_id(self) -> bytes | None:
        """Return the key identifier of the authority key identifier."""
        value = self._value(ext.AUTHORITY_KEY_IDENTIFIER)
        return next((p.value for p in value.iterate() if p.number == 0), None) if value else None

    @cached_property
    def policies(self) -> tuple[str, ...]:
        """Return the certificate policies."""
        value = self._value(ext.CERTIFICATE_POLICIES)
        return tuple(item.children()[0].oid() for item in value.iterate()) if value else ()

    @cached_property
    def policy_mappings(self) -> tuple[tuple[str, str], ...]:
        """Return pairs of issuer domain and subject domain policy."""
        value = self._value(ext.POLICY_MAPPINGS)
        pairs = [item.children() for item in value.iterate()] if value else []
        return tuple((pair[0].oid(), pair[1].oid()) for pair in pairs)

    @cached_property
    def policy_constraints(self) -> tuple[int | None, int | None]:
        """Return requireExplicitPolicy and inhibitPolicyMapping."""
        value = self._value(ext.POLICY_CONSTRAINTS)
        found = {p.number: int.from_bytes(p.value, "big") for p in value.iterate()} if value else {}
        return found.get(0), found.get(1)

    @cached_property
    def inhibit_any_policy(self) -> int | None:
        """Return inhibitAnyPolicy."""
        value = self._value(ext.INHIBIT_ANY_POLICY)
        return value.integer() if value else None

    @cached_property
    def name_constraints(self) -> ext.NameConstraints | None:
        """Return the name constraints."""
        found = self.extensions.get(ext.NAME_CONSTRAINTS)
        return ext.name_constraints(found.value) if found else None

    @cached_property
    def alternative_names(self) -> tuple[ext.GeneralName, ...]:
        """Return the subject alternative names."""
        value = self._value(ext.SUBJECT_ALTERNATIVE_NAME)
        return ext.general_names(value) if value else ()

    @cached_property
    def distribution_points(self) -> tuple[ext.DistributionPoint, ...]:
        """Return where CRLs for this certificate are."""
        found = self.extensions.get(ext.CRL_DISTRIBUTION_POINTS)
        return ext.distribution_points(found.value) if found else ()

    @cached_property
    def freshest_crl(self) -> tuple[ext.DistributionPoint, ...]:
        """Return where delta CRLs are."""
        found = self.extensions.get(ext.FRESHEST_CRL)
        return ext.distribution_points(found.value) if found else ()

    def access_urls(self, method: str) -> tuple[str, ...]:
        """Return the addresses of one access method of authorityInfoAccess."""
        value = self._value(ext.AUTHORITY_INFORMATION_ACCESS)
        pairs = [item.children() for item in value.iterate()] if value else []
        return tuple(p[1].value.decode("latin-1") for p in pairs if p[0].oid() == method and p[1].number == ext.URI)

    @property
    def ocsp_urls(self) -> tuple[str, ...]:
        """Return the addresses of OCSP responders."""
        return self.access_urls("1.3.6.1.5.5.7.48.1")

    @property
    def issuer_urls(self) -> tuple[str, ...]:
        """Return the addresses of the issuer's certificate."""
        return self.access_urls("1.3.6.1.5.5.7.48.2")

    @cached_property
    def ocsp_no_check(self) -> bool:
        """Tell whether an OCSP responder's certificate needs no revocation check (RFC 6960 clause 4.2.2.2.1)."""
        return ext.OCSP_NO_CHECK in self.extensions

    @cached_property
    def qc_statements(self) -> frozenset[str]:
        """Return the identifiers of the qualified-certificate statements (EN 319 412-5)."""
        value = self._value(ext.QC_STATEMENTS)
        return frozenset(item.children()[0].oid() for item in value.iterate()) if value else frozenset()

    @cached_property
    def self_issued(self) -> bool:
        """Tell whether issuer and subject are the same name."""
        return self.issuer.key == self.subject.key

    @cached_property
    def sha256(self) -> bytes:
        """Return the SHA-256 of the whole certificate."""
        return hashlib.sha256(self.der).digest()

    def valid_at(self, at: dt.datetime) -> bool:
        """Tell whether ``at`` lies within notBefore and notAfter."""
        return self.not_before <= at <= self.not_after

    def check(self) -> ParsedCertificate:
        """Read every field that path validation needs and return itself; raises ``Asn1Error`` for what is broken."""
        _ = (self.version, self.serial, self.issuer, self.subject, self.not_before, self.not_after, self.key_bits)
        _ = (self.signature, self.extensions)
        return self


Certificate = x509.Certificate | ParsedCertificate | bytes


@lru_cache(maxsize=8192)
def _parse(der: bytes) -> ParsedCertificate:
    return ParsedCertificate(der).check()


def parse(certificate: Certificate) -> ParsedCertificate:
    """Return the one shared reading of a certificate given as DER, as ``x509.Certificate`` or already parsed.

    Raises ``Asn1Error`` (code ``unreadable-document``) if the bytes are no certificate.
    """
    if isinstance(certificate, ParsedCertificate):
        return certificate
    der = certificate if isinstance(certificate, bytes) else certificate.public_bytes(Encoding.DER)
    if len(der) > MAX_CERTIFICATE_BYTES:
        raise asn1.Asn1Error("a certificate of more than 64 kB")
    return _parse(der)


def to_der(data: bytes) -> bytes:
    """Return the DER of exactly one certificate given as PEM or DER; several in one file are an error."""
    if not _PEM.search(data):
        return data
    labels = [label for label in _PEM.findall(data) if label in (b"CERTIFICATE", b"X509 CERTIFICATE")]
    if len(labels) != 1:
        raise asn1.Asn1Error(f"one certificate was expected, {len(labels)} found")
    body = re.search(rb"-----BEGIN (?:X509 )?CERTIFICATE-----(.*?)-----END", data, re.DOTALL)
    if body is None:
        raise asn1.Asn1Error("a PEM certificate has no end")
    try:
        return base64.b64decode(b"".join(body[1].split()), validate=True)
    except ValueError:
        raise asn1.Asn1Error("a PEM certificate is not base64") from None


def load_certificate(data: bytes) -> x509.Certificate:
    """Return the one certificate in ``data`` (PEM or DER). Raises ``Asn1Error`` if there is none, or several.

    Not checked: validity, trust, key strength. Certificates with encoding defects load too; reading their key through
    ``cryptography`` may fail, through :func:`parse` it works.
    """
    der = parse(to_der(data)).der
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CryptographyDeprecationWarning)
            return x509.load_der_x509_certificate(der)
    except ValueError as error:
        raise asn1.Asn1Error(f"not a usable certificate: {error}") from None


def person_id(certificate: Certificate) -> str | None:
    """Return the IDNP in the subject's serialNumber, or a foreign id whole; ``None`` if there is none or several.

    ``PNOMD-`` plus 13 digits and 13 bare digits (old form) give the 13 digits. Any other value is a foreign id and
    never equal to an IDNP (identifiers-and-pki, section 3). The check digit is not checked.
    """
    values = parse(certificate).subject.values(SERIAL_NUMBER)
    text = values[0].strip() if len(values) == 1 else ""
    if match := _PNOMD.fullmatch(text):
        return match[1]
    return text or None


def organisation_id(certificate: Certificate) -> str | None:
    """Return the IDNO from organizationIdentifier (``NTRMD-``), else the last word of ``O`` if its check digit fits."""
    subject = parse(certificate).subject
    for text in subject.values(ORGANISATION_IDENTIFIER):
        if match := _NTRMD.fullmatch(text.strip()):
            return match[1]
    for text in subject.values(ORGANISATION):
        last = text.strip().rpartition(" ")[2]
        if _DIGITS.fullmatch(last) and is_idno(last, IdCheck.CHECKSUM):
            return last
    return None


def common_name(certificate: Certificate) -> str:
    """Return the subject's common name, or an empty string."""
    return parse(certificate).subject.first(COMMON_NAME)


def subject_text(certificate: Certificate, order: str = "reverse") -> str:
    """Return the subject as the contract shows it, at most 250 characters (wire contract 10)."""
    return names.windows_text(parse(certificate).subject, order)


def serial_text(serial: int) -> str:
    """Return a serial number as upper-case hexadecimal digits, an even number of them.

    >>> serial_text(0x4000)
    '4000'
    >>> serial_text(0xABC)
    '0ABC'
    """
    digits = f"{abs(serial):X}"
    return digits.zfill(len(digits) + len(digits) % 2)


def parse_serial(text: str) -> int | None:
    """Return the number of a serial typed by a person: hexadecimal, any case, with colons, spaces or ``0x``.

    >>> parse_serial("40:00 0a")
    4194314
    >>> parse_serial("not a serial") is None
    True
    """
    bare = re.sub(r"[\s:\-]", "", text).upper().removeprefix("0X")
    return int(bare, 16) if _SERIAL.fullmatch(bare) else None
