"""Is a file a PDF that can be read, and does it carry signatures? Bounded reading, no judgement of its content."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from msign.pdf.errors import PdfError, Refusal
from msign.pdf.reader import PdfFile
from msign.pdf.values import as_dict, as_int, as_list

_BEGINNING = b"%PDF-"
_SIGNATURES_EXIST = 1  # ISO 32000-2 table 225: SigFlags bit 1
_MAX_FIELDS = 10_000


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look at a file gave: why it cannot be read (``Refusal``, or the bound of a worker), or if it is signed."""

    refused: str | None = None
    message: str = ""
    signed: bool = False


def look_at(path: Path, max_bytes: int) -> Looked:
    """Return what can be told of a file without judging it. Raises ``OSError`` only.

    Not told: whether the signatures hold, or whether every page can be drawn.
    """
    with path.open("rb") as file:
        if _BEGINNING not in file.read(1024):
            return Looked(Refusal.NOT_A_PDF.value)
    try:
        with PdfFile.open(path, max_bytes=max_bytes) as pdf:
            return Looked(signed=_signed(pdf))
    except PdfError as error:
        return Looked(error.refusal.value, error.message)


def _signed(pdf: PdfFile) -> bool:
    form = as_dict(pdf.resolve(pdf.catalog.get("AcroForm")))
    if as_int(form.get("SigFlags"), 0) & _SIGNATURES_EXIST:
        return True
    fields = as_list(pdf.resolve(form.get("Fields")))[:_MAX_FIELDS]
    return any(_is_signature(as_dict(pdf.resolve(field))) for field in fields)


def _is_signature(field: dict[str, object]) -> bool:
    return field.get("FT") == "Sig" and field.get("V") is not None
