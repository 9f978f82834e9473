"""Why a file is not read at all (refusal), or read with a remark (anomaly)."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from msign.kernel.errors import Code, MSignError


class Refusal(enum.StrEnum):
    """Stable codes of refusals, as shown in ``DocumentReport.refused``."""

    NOT_A_PDF = "pdf-not-a-pdf"
    TOO_LARGE = "pdf-too-large"
    NO_CROSS_REFERENCE = "pdf-no-cross-reference"
    BAD_CROSS_REFERENCE = "pdf-bad-cross-reference"
    TOO_MANY_OBJECTS = "pdf-too-many-objects"
    TOO_MANY_REVISIONS = "pdf-too-many-revisions"
    TOO_DEEP = "pdf-too-deep"
    OBJECT_TOO_LARGE = "pdf-object-too-large"
    INFLATES_TOO_FAR = "pdf-inflates-too-far"
    BAD_FILTER = "pdf-bad-filter"
    BAD_SYNTAX = "pdf-bad-syntax"
    NO_CATALOG = "pdf-no-catalog"
    BAD_ENCRYPTION = "pdf-bad-encryption"
    PASSWORD_NEEDED = "pdf-password-needed"  # noqa: S105  (a code, no secret)
    TOO_MUCH_WORK = "pdf-too-much-work"


_LIMITS = {
    Refusal.TOO_LARGE,
    Refusal.TOO_MANY_OBJECTS,
    Refusal.TOO_MANY_REVISIONS,
    Refusal.TOO_DEEP,
    Refusal.OBJECT_TOO_LARGE,
    Refusal.INFLATES_TOO_FAR,
    Refusal.TOO_MUCH_WORK,
}


class PdfError(MSignError):
    """The file, or the part of it that was asked for, cannot be read; ``refusal`` is the stable code."""

    def __init__(self, refusal: Refusal, message: str) -> None:
        super().__init__(Code.LIMIT_EXCEEDED if refusal in _LIMITS else Code.UNREADABLE_DOCUMENT, message)
        self.refusal = refusal


class AnomalyKind(enum.StrEnum):
    """Departures from ISO 32000 that are read over but remembered: the reading is lenient, the verdict strict."""

    HEADER_NOT_FIRST = "header-not-first"
    EOF_MARK_MISSING = "eof-mark-missing"
    STARTXREF_WRONG = "startxref-wrong"
    STARTXREF_MISMATCH = "startxref-mismatch"
    LAST_REVISION_UNREADABLE = "last-revision-unreadable"
    XREF_LOOP = "xref-loop"
    XREF_ORDER = "xref-order"
    XREF_PREV_UNREADABLE = "xref-prev-unreadable"
    XREF_ENTRY_MALFORMED = "xref-entry-malformed"
    XREF_NUMBERING_SHIFTED = "xref-numbering-shifted"
    XREF_CONTRADICTION = "xref-contradiction"
    OBJECT_MISPLACED = "object-misplaced"
    OBJECT_ASTRAY = "object-astray"
    OBJECT_UNREADABLE = "object-unreadable"
    OBJECT_STREAM_BROKEN = "object-stream-broken"
    STREAM_LENGTH_WRONG = "stream-length-wrong"
    DUPLICATE_KEY = "duplicate-key"


@dataclass(frozen=True, slots=True)
class Anomaly:
    """One departure, where it was met."""

    kind: AnomalyKind
    offset: int
    detail: str = ""
