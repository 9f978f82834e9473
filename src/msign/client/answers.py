"""What the API answered, as values."""

from __future__ import annotations

import base64
import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from msign.client.reply import Node
from msign.kernel.words import SignStatus


@dataclass(frozen=True, slots=True)
class FetchedResult:
    """One result of a request; ``signature`` is the file that it was written to."""

    correlation_id: str | None
    certificate: bytes | None
    signature: Path | None


@dataclass(frozen=True, slots=True)
class Fetched:
    """How a request stands."""

    status: SignStatus
    message: str | None
    results: tuple[FetchedResult, ...]


@dataclass(frozen=True, slots=True)
class VerifiedCertificate:
    """One signature as the server tells it."""

    certificate: bytes
    valid: bool
    signed_at: dt.datetime | None
    subject: str


@dataclass(frozen=True, slots=True)
class Verified:
    """The server's verdict on one item."""

    correlation_id: str | None
    valid: bool
    message: str
    certificates: tuple[VerifiedCertificate, ...]


def fetched_result(one: Node) -> FetchedResult:
    """Read a SignResult."""
    signature = one.one("Signature")
    return FetchedResult(
        one.value("CorrelationID"), _binary(one.value("Certificate")), None if signature is None else signature.file
    )


def verified(one: Node) -> Verified:
    """Read a VerificationResult."""
    certificates = one.one("Certificates")
    return Verified(
        one.value("CorrelationID"),
        one.value("SignaturesValid") == "true",
        one.value("Message") or "",
        tuple(_certificate(item) for item in (certificates.all("VerificationCertificate") if certificates else ())),
    )


def _certificate(one: Node) -> VerifiedCertificate:
    signed_at = one.value("SignedAt")
    return VerifiedCertificate(
        _binary(one.value("Certificate")) or b"",
        one.value("SignatureValid") == "true",
        None if signed_at is None else dt.datetime.fromisoformat(signed_at),
        one.value("Subject") or "",
    )


def _binary(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text)
