"""Is a posted file a PDF that a person can be asked to sign? What a look at it gave, as the fault of its member."""

from __future__ import annotations

from msign.kernel.errors import MSignError
from msign.pdf.errors import Refusal
from msign.signrequests import faults
from msign.validation.pades.precheck import Looked


def document_fault(looked: Looked, *, member: str, max_bytes: int, refuse_signed: bool) -> MSignError | None:
    """Return the fault of a posted document; ``None`` when it may be signed."""
    if looked.refused is None:
        return faults.already_signed(member) if looked.signed and refuse_signed else None
    match looked.refused:
        case Refusal.PASSWORD_NEEDED.value:
            return faults.locked_pdf(member)
        case Refusal.NOT_A_PDF.value:
            return faults.not_a_pdf(member)
        case Refusal.TOO_LARGE.value:
            return faults.pdf_too_large(member, max_bytes)
        case _:
            return faults.unreadable_pdf(member, looked.message or looked.refused)
