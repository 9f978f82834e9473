"""Is a posted file a PDF that a person can be asked to sign? Bounded reading, no judgement of its content."""

from __future__ import annotations

from pathlib import Path

from msign.kernel.errors import MSignError
from msign.pdf.errors import PdfError, Refusal
from msign.pdf.reader import PdfFile
from msign.pdf.values import as_dict, as_int, as_list
from msign.signrequests import faults

_BEGINNING = b"%PDF-"
_SIGNATURES_EXIST = 1  # ISO 32000-2 table 225: SigFlags bit 1
_MAX_FIELDS = 10_000


def document_fault(path: Path, *, member: str, max_bytes: int, refuse_signed: bool) -> MSignError | None:
    """Return the fault of a posted document; ``None`` when it may be signed."""
    with path.open("rb") as file:
        if _BEGINNING not in file.read(1024):
            return faults.not_a_pdf(member)
    try:
        with PdfFile.open(path, max_bytes=max_bytes) as pdf:
            signed = refuse_signed and _signed(pdf)
    except PdfError as error:
        return _unreadable(error, member, max_bytes)
    return faults.already_signed(member) if signed else None


def _unreadable(error: PdfError, member: str, max_bytes: int) -> MSignError:
    match error.refusal:
        case Refusal.PASSWORD_NEEDED:
            return faults.locked_pdf(member)
        case Refusal.NOT_A_PDF:
            return faults.not_a_pdf(member)
        case Refusal.TOO_LARGE:
            return faults.pdf_too_large(member, max_bytes)
        case _:
            return faults.unreadable_pdf(member, error.message)


def _signed(pdf: PdfFile) -> bool:
    form = as_dict(pdf.resolve(pdf.catalog.get("AcroForm")))
    if as_int(form.get("SigFlags"), 0) & _SIGNATURES_EXIST:
        return True
    fields = as_list(pdf.resolve(form.get("Fields")))[:_MAX_FIELDS]
    return any(_is_signature(as_dict(pdf.resolve(field))) for field in fields)


def _is_signature(field: dict[str, object]) -> bool:
    return field.get("FT") == "Sig" and field.get("V") is not None
