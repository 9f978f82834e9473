"""VerifySignatures: each item judged by the engine, told in the contract's words (wire contract 7 and 9)."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from msign.faces.soap.calls import Members, items_of, language, required_members, string, upload_of, word
from msign.faces.soap.scratch import Scratch
from msign.faces.soap.uploads import Upload
from msign.kernel.errors import Code, MSignError, invalid
from msign.kernel.languages import Language
from msign.kernel.limits import HASH_LENGTHS, MAX_CORRELATION_ID, MAX_SUBJECT, MIB
from msign.kernel.words import ContentType
from msign.pki.certificate import load_certificate, subject_text
from msign.validation.model import DocumentReport, Severity, SignatureReport, SubIndication
from msign.validation.pool import WORKER_FAILED

MAX_XADES_BYTES = 8 * MIB  # thousand times an ordinary one; archives of long-term signatures stay far below
VALID: Mapping[Language, str] = {
    Language.RO: "Semnătura este validă",
    Language.RU: "Подпись действительна",
    Language.EN: "The signature is valid",
}
NOT_VALID: Mapping[Language, str] = {
    Language.RO: "Semnătura nu este validă",
    Language.RU: "Подпись недействительна",
    Language.EN: "The signature is not valid",
}
# The contract knows two words; its boolean stays false. What is for people says that nothing is proven wrong.
NOT_KNOWN_NOW: Mapping[Language, str] = {
    Language.RO: "Semnătura nu poate fi verificată acum: nu se cunoaște starea certificatului. Încercați mai târziu.",
    Language.RU: "Сейчас подпись проверить нельзя: статус сертификата неизвестен. Повторите попытку позже.",
    Language.EN: "The signature cannot be verified now: the status of the certificate is not known. Try again later.",
}
_STATUS_UNKNOWN = "-revocation-unknown"


class Validator(Protocol):
    """The engine, for one environment. An unreadable file gives a report, never an error."""

    def pdf(self, path: Path) -> DocumentReport: ...
    def xades(self, xml: bytes, digest: bytes) -> DocumentReport: ...


@dataclass(frozen=True, slots=True)
class JudgedSignature:
    """One signature as VerificationCertificate tells it."""

    certificate: bytes
    valid: bool
    signed_at: dt.datetime | None
    subject: str


@dataclass(frozen=True, slots=True)
class Judged:
    """One item of the answer."""

    correlation_id: str | None
    valid: bool
    message: str
    signatures: tuple[JudgedSignature, ...] = ()
    sha256: str = ""  # of the signature, or of the signed PDF, as it came


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the request; ``digest`` is the posted hash, ``None`` for a Pdf."""

    correlation_id: str | None
    signature: Upload
    digest: bytes | None


@dataclass(frozen=True, slots=True)
class Order:
    """What VerifySignatures asks for."""

    language: Language
    items: tuple[Item, ...]


def order(arguments: Members, *, unknown_language: str) -> Order:
    """Return what is asked for. Raises ``MSignError`` (INVALID_PARAMETER) naming the member."""
    request = required_members(arguments, "request", "request")
    kind = word(request, "SignedContentType", ContentType)
    if kind is None:
        raise invalid("SignedContentType", "required")
    spoken = language(request, "Language", unknown=unknown_language)
    members = items_of(request, "Contents")
    if not members:
        raise invalid("Contents", "at least one item expected")
    items = tuple(_item(item, kind, f"Contents[{at}]") for at, item in enumerate(members))
    _refuse_duplicates(items)
    return Order(spoken, items)


def judge(item: Item, spoken: Language, validator: Validator, scratch: Scratch, subject_order: str) -> Judged:
    """Judge one item; slow, for a worker thread."""
    report = _report(item, validator, scratch)
    if report is not None and report.refused == WORKER_FAILED:  # says nothing of the file: no verdict on it
        raise MSignError(Code.UNAVAILABLE, "The signature could not be judged just now", retry=True)
    signatures = () if report is None else report.signatures
    valid = report is not None and report.valid and all(_same_content(item, one) for one in signatures)
    return Judged(
        item.correlation_id,
        valid,
        _words(item, report, valid=valid)[spoken],
        tuple(_told(item, one, one.certificate, subject_order) for one in signatures if one.certificate is not None),
        _sha256(item.signature, scratch),
    )


def _words(item: Item, report: DocumentReport | None, *, valid: bool) -> Mapping[Language, str]:
    if valid:
        return VALID
    signatures = () if report is None else report.signatures
    doubtful = [one for one in signatures if not (one.passed and _same_content(item, one))]
    outage = bool(doubtful) and all(_same_content(item, one) and _only_status_missing(one) for one in doubtful)
    return NOT_KNOWN_NOW if outage else NOT_VALID


def _only_status_missing(signature: SignatureReport) -> bool:
    """Whether all that speaks against a signature is that nobody could say if a certificate is revoked."""
    against = {reason.code for reason in signature.reasons if reason.severity is Severity.FAIL}
    later = signature.sub_indication is SubIndication.TRY_LATER
    return later and bool(against) and all(code.endswith(_STATUS_UNKNOWN) for code in against)


def _sha256(upload: Upload, scratch: Scratch) -> str:
    if upload.in_memory is not None:
        return hashlib.sha256(upload.in_memory).hexdigest()
    with scratch.path(upload.finish().key).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _told(item: Item, signature: SignatureReport, certificate: bytes, subject_order: str) -> JudgedSignature:
    return JudgedSignature(
        certificate,
        signature.passed and _same_content(item, signature),
        signature.signed_at,
        _subject(certificate, signature.subject, subject_order)[:MAX_SUBJECT],
    )


def _subject(certificate: bytes, told: str, subject_order: str) -> str:
    """Return the subject in the order of the setting; what the engine told where the certificate cannot be read."""
    try:
        return subject_text(load_certificate(certificate), subject_order)
    except MSignError:
        return told


def _same_content(item: Item, signature: SignatureReport) -> bool:
    """For a Hash, the signature must name exactly the posted one; a PDF carries its own content."""
    return item.digest is None or signature.content_digest == item.digest


def _report(item: Item, validator: Validator, scratch: Scratch) -> DocumentReport | None:
    """Return the engine's report; ``None`` for what cannot be read at all."""
    try:
        if item.digest is None:
            return validator.pdf(scratch.path(item.signature.finish().key))
        xml = _bytes(item.signature, scratch)
        return None if xml is None else validator.xades(xml, item.digest)
    except MSignError as error:
        if error.code is Code.UNREADABLE_DOCUMENT:
            return None
        raise


def _bytes(upload: Upload, scratch: Scratch) -> bytes | None:
    if upload.size > MAX_XADES_BYTES:
        return None
    return upload.in_memory if upload.in_memory is not None else scratch.path(upload.finish().key).read_bytes()


def _item(members: Members, kind: ContentType, path: str) -> Item:
    correlation_id = string(members, "CorrelationID") or None
    if correlation_id is not None and len(correlation_id) > MAX_CORRELATION_ID:
        raise invalid(f"{path}.CorrelationID", f"at most {MAX_CORRELATION_ID} characters expected")
    digest = _digest(upload_of(members, "Content", path), path) if kind is ContentType.HASH else None
    return Item(correlation_id, upload_of(members, "Signature", path), digest)


def _digest(upload: Upload, path: str) -> bytes:
    data = upload.in_memory
    if data is None or len(data) not in HASH_LENGTHS:
        raise invalid(f"{path}.Content", "20, 32, 48 or 64 bytes expected")
    return data


def _refuse_duplicates(items: tuple[Item, ...]) -> None:
    seen: set[str] = set()
    for at, item in enumerate(items):
        if item.correlation_id is not None and item.correlation_id in seen:
            raise invalid(f"Contents[{at}].CorrelationID", "used twice in one request")
        seen.add(item.correlation_id or "")
