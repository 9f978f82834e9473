"""Everything that happened to a document since its first signed revision, each update examined once."""

from __future__ import annotations

from msign.pdf.errors import AnomalyKind, PdfError, Refusal
from msign.pdf.reader import PdfFile
from msign.pdf.values import as_dict
from msign.validation.pades.form import Form, Memo, PageTree, read_form
from msign.validation.pades.kinds import QUIET, Change, ChangeKind
from msign.validation.pades.references import ReferenceIndex, references_in
from msign.validation.pades.rules_catalog import examine_catalog
from msign.validation.pades.rules_form import examine_form
from msign.validation.pades.rules_pages import examine_pages
from msign.validation.pades.rules_structure import examine_structure
from msign.validation.pades.update import MAX_CHANGES, Update, unaccounted

# Nodes over all revisions. A signature adds a revision, and twenty thousand octets: two thousand fields may be signed
# five hundred times.
MAX_FORM_NODES, OCTETS_FOR_A_NODE = 100_000, 12
# Departures after which two readers may see two documents.
_AMBIGUOUS = frozenset({
    AnomalyKind.XREF_LOOP,
    AnomalyKind.XREF_ORDER,
    AnomalyKind.XREF_CONTRADICTION,
    AnomalyKind.XREF_PREV_UNREADABLE,
    AnomalyKind.LAST_REVISION_UNREADABLE,
})  # fmt: skip
_AMBIGUOUS_LATER = frozenset({
    AnomalyKind.DUPLICATE_KEY,
    AnomalyKind.OBJECT_ASTRAY,
    AnomalyKind.OBJECT_UNREADABLE,
    AnomalyKind.OBJECT_STREAM_BROKEN,
    AnomalyKind.STREAM_LENGTH_WRONG,
    AnomalyKind.XREF_ENTRY_MALFORMED,
    AnomalyKind.XREF_NUMBERING_SHIFTED,
})  # fmt: skip


class DocumentHistory:
    """The changes of every update, computed when asked for and kept: many signatures share them."""

    def __init__(self, pdf: PdfFile) -> None:
        self._pdf = pdf
        self.forms = _forms(pdf)
        targets = {n for revision in pdf.revisions[1:] for n in revision.entries} | _looks(pdf, self.forms[-1])
        self._index = ReferenceIndex(pdf, targets)
        self._known: dict[int, tuple[Change, ...]] = {}
        self._trees: dict[int, PageTree] = {}
        self._changes = 0
        self._alike: dict[int, int] = {}

    def since(self, revision: int) -> tuple[Change, ...]:
        """Return every change after a revision, bytes behind the last one and structural ambiguities included."""
        changes: list[Change] = []
        for index in range(revision + 1, len(self._pdf.revisions)):
            changes.extend(self._of(index))
        return (*changes, *self.tail(), *dict.fromkeys(self.ambiguities(revision)))

    def alike(self, revision: int) -> int:
        """Return the earliest revision known to look like a given one: nothing between them shows on any page."""
        first = revision
        while first not in self._alike and self._still(first):
            first -= 1
        self._alike[revision] = self._alike.get(first, first)
        return self._alike[revision]

    def _still(self, revision: int) -> bool:
        """Whether an update that was examined shows nowhere."""
        changes = self._known.get(revision)
        return changes is not None and all(change.kind in QUIET and not change.visible for change in changes)

    def _of(self, revision: int) -> tuple[Change, ...]:
        if revision not in self._known:
            self._known[revision] = self._examine(revision)
        return self._known[revision]

    def _examine(self, revision: int) -> tuple[Change, ...]:
        update = Update(self._pdf, revision, self.forms[revision - 1], self.forms[revision], self._index, self._trees)
        examine_catalog(update)
        examine_form(update)
        examine_pages(update)
        examine_structure(update)
        update.settle()
        self._changes += len(update.changes)
        if self._changes > MAX_CHANGES:
            raise PdfError(Refusal.TOO_MUCH_WORK, f"updates with more than {MAX_CHANGES} changes")
        stray = unaccounted(self._pdf, revision)
        if stray is not None:
            update.changes.append(stray)
        if not self._pdf.revisions[revision].clean:
            update.changes.append(Change(ChangeKind.OTHER, "xref-pointer-wrong", revision))
        return tuple(dict.fromkeys(update.changes))

    def tail(self) -> tuple[Change, ...]:
        """Return a change if anything but blanks stands behind the last revision."""
        last = self._pdf.revisions[-1]
        for piece in self._pdf.chunks(last.end, self._pdf.size):
            if bytes(piece).strip(b"\x00\t\n\x0c\r "):
                return (Change(ChangeKind.OTHER, "bytes-after-end", last.index, name=str(last.end)),)
        return ()

    def ambiguities(self, revision: int) -> tuple[Change, ...]:
        """Return the anomalies that let two readers see different documents, as changes.

        Slips inside the signed bytes are the signer's own; the same slips in a later update may be on purpose.
        """
        last, end = len(self._pdf.revisions) - 1, self._pdf.revisions[revision].end
        return tuple(
            Change(ChangeKind.OTHER, f"pdf-{anomaly.kind.value}", last, name=anomaly.detail)
            for anomaly in self._pdf.anomalies
            if anomaly.kind in _AMBIGUOUS or (anomaly.kind in _AMBIGUOUS_LATER and anomaly.offset >= end)
        )


def _forms(pdf: PdfFile) -> list[Form]:
    """Return the form of each revision; one that touches no part of the form shares that of its forerunner."""
    forms: list[Form] = []
    memo: Memo = {}
    nodes, most = 0, MAX_FORM_NODES + pdf.size // OCTETS_FOR_A_NODE
    for revision in pdf.revisions:
        if forms and not _touches_form(pdf, revision.index, forms[-1]):
            forms.append(forms[-1])
        else:
            forms.append(read_form(pdf, revision.index, memo))
            nodes += len(forms[-1].numbers)
            if nodes > most:
                raise PdfError(Refusal.TOO_MUCH_WORK, f"forms of more than {most} nodes in all revisions")
    return forms


def _looks(pdf: PdfFile, form: Form) -> set[int]:
    """Return the objects that appearances of widgets consist of, near the top."""
    found: set[int] = set()
    for field in form.fields:
        for widget in field.widgets:
            look = as_dict(pdf.get(widget)).get("AP")
            found |= set(references_in(look)) | set(references_in(as_dict(pdf.resolve(look))))
    return found


def _touches_form(pdf: PdfFile, revision: int, form: Form) -> bool:
    entries = pdf.revisions[revision].entries
    old, new = pdf.root(revision - 1), pdf.root(revision)
    if old.get("AcroForm") != new.get("AcroForm"):
        return True
    pointers = [old.get("AcroForm"), form.acroform.get("Fields")]
    pointers += [field.entries.get("Kids") for field in form.fields]
    numbers = {getattr(pointer, "number", 0) for pointer in pointers} | form.numbers
    return not numbers.isdisjoint(entries)
