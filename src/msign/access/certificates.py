"""Reading a presented certificate: only what a decision needs, and never trusting what it says."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import warnings
from dataclasses import dataclass
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.utils import CryptographyDeprecationWarning

MAX_CERTIFICATE_BYTES = 64 * 1024
_PEM = b"-----BEGIN CERTIFICATE-----"
_NOISE = re.compile(r"[\s:\u00a0-]+")


@dataclass(frozen=True, slots=True)
class Presented:
    """A certificate as presented or pinned."""

    der: bytes
    serial: str
    issuer_key: str
    issuer: str
    subject: str
    fingerprint: str
    not_before: dt.datetime
    not_after: dt.datetime


@lru_cache(maxsize=2048)
def read_certificate(data: bytes) -> Presented | None:
    """Return what the certificate (PEM or DER) says, or ``None`` when it cannot be read. The same ones call again."""
    if len(data) > MAX_CERTIFICATE_BYTES:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CryptographyDeprecationWarning)
            load = x509.load_pem_x509_certificate if data.lstrip().startswith(_PEM) else x509.load_der_x509_certificate
            return _reading(load(data))
    except (ValueError, TypeError):
        return None


def _reading(certificate: x509.Certificate) -> Presented:
    der = certificate.public_bytes(Encoding.DER)
    return Presented(
        der=der,
        serial=serial_text(certificate.serial_number),
        issuer_key=hashlib.sha256(certificate.issuer.public_bytes()).hexdigest(),
        issuer=certificate.issuer.rfc4514_string(),
        subject=certificate.subject.rfc4514_string(),
        fingerprint=hashlib.sha256(der).hexdigest(),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
    )


def serial_text(number: int) -> str:
    """Return a serial number as upper-case hexadecimal with an even number of digits (connection process 6)."""
    digits = f"{number:X}"
    return digits.zfill(len(digits) + len(digits) % 2)


def parse_serial(text: str) -> str | None:
    """Return the usual spellings (lower case, spaces, colons, ``0x``) as :func:`serial_text`; else ``None``."""
    bare = _NOISE.sub("", text).lower().removeprefix("0x")
    return serial_text(int(bare, 16)) if re.fullmatch(r"[0-9a-f]{1,40}", bare) else None
