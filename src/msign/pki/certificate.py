"""Certificates: one reading of the bytes, shared by everybody who asks.

``ParsedCertificate`` is read by our own bounded reader, so that certificates with honest encoding defects (a negative
RSA modulus, a serial number of zero) can still be judged. Other rooms hand in what they have: ``x509.Certificate`` of
``cryptography``, DER bytes or a ``ParsedCertificate``.
"""

from __future__ import annotations

import base64
import re
import warnings
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.utils import CryptographyDeprecationWarning

from msign.kernel.identifiers import IdCheck, is_idno
from msign.pki import asn1, names
from msign.pki.parsed import ParsedCertificate

__all__ = [
    "Certificate", "ParsedCertificate", "common_name", "load_certificate", "organisation_id", "parse", "parse_serial",
    "person_id", "serial_text", "subject_text", "to_der",
]  # fmt: skip

MAX_CERTIFICATE_BYTES = 64 * 1024

_PNOMD = re.compile(r"PNOMD-(\d{13})")
_NTRMD = re.compile(r"NTRMD-(\d{13})")
_DIGITS = re.compile(r"\d{13}")
_SERIAL = re.compile(r"[0-9A-F]{1,64}")
_PEM = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----")
COMMON_NAME, SERIAL_NUMBER, ORGANISATION, ORGANISATION_IDENTIFIER = "2.5.4.3", "2.5.4.5", "2.5.4.10", "2.5.4.97"


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
