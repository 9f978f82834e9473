"""Holds changes against what a signature allows: DocMDP, FieldMDP, field locks (ISO 32000-1 clause 12.8.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from msign.validation.model import Modification, Reason, Severity
from msign.validation.pades.form import FieldLock
from msign.validation.pades.kinds import Change, ChangeKind

MAX_REASONS = 50  # a report is for people


@dataclass(frozen=True, slots=True)
class Permissions:
    """What may still happen to a document. ``level`` is 1, 2 or 3 of a certification or lock, ``None`` without one."""

    level: int | None = None
    certified: bool = False
    locks: tuple[FieldLock, ...] = ()

    def modification(self, change: Change, signed: int) -> Modification:
        """Return what a change means under these permissions, for a signature over revision ``signed``."""
        match change.kind:
            case ChangeKind.UNSEEN | ChangeKind.METADATA | ChangeKind.VALIDATION_DATA:
                return Modification.PERMITTED
            case ChangeKind.TIMESTAMP:
                # A time-stamp has nothing to show; one that may hide content is a stamp of another kind.
                return Modification.UNDEFINED if _may_cover(change) else Modification.PERMITTED
            case ChangeKind.SIGNATURE:
                return self._signature(change)
            case ChangeKind.FORM_FILL:
                return self._filling(change)
            case ChangeKind.ANNOTATION:
                return self._annotation(change, signed)
            case ChangeKind.OTHER | ChangeKind.FORBIDDEN:
                return Modification.FORBIDDEN if change.kind is ChangeKind.FORBIDDEN else Modification.UNDEFINED

    def _filling(self, change: Change) -> Modification:
        if self.level == 1 or self._locks(change):
            return Modification.FORBIDDEN
        return Modification.UNDEFINED if change.visible and _disturbs(change) else Modification.PERMITTED

    def _locks(self, change: Change) -> bool:
        return any(lock.locks(change.name) for lock in self.locks)

    def _signature(self, change: Change) -> Modification:
        if self.level == 1 or self._locks(change):
            return Modification.FORBIDDEN
        if change.beneath and change.covers:
            return Modification.UNDEFINED
        # A look that nobody foresaw over a certified page (sneaky signature); elsewhere the new signer answers for it,
        # but an unsigned field has nobody who would.
        unanswered = self.certified or change.code == "signature-field-added"
        return Modification.UNDEFINED if unanswered and _may_cover(change) else _OK

    def _annotation(self, change: Change, signed: int) -> Modification:
        if self.level in (1, 2):
            return Modification.FORBIDDEN
        if _may_cover(change):
            return Modification.UNDEFINED
        # What was signed with the document is part of what was signed, unless the certifier let annotations change.
        taken = change.code in ("annotation-removed", "annotation-changed") and change.born <= signed
        return Modification.UNDEFINED if taken and self.level is None else _OK


_OK = Modification.PERMITTED
_TALL = 60  # page units: more than a few lines of a form


def _may_cover(change: Change) -> bool:
    """Whether a new look hides signed content, or nobody could draw the page to see that it does not."""
    return change.visible and change.covers is not False


def _disturbs(change: Change) -> bool:
    """Whether a filled-in field hides or uncovers the page beneath it; of lines that could not be drawn: no."""
    tall = change.box is not None and change.box[3] - change.box[1] > _TALL
    return change.covers or (change.covers is None and tall)


_ORDER = list(Modification)
_SEVERITY = {
    Modification.NONE: Severity.INFORM,
    Modification.PERMITTED: Severity.INFORM,
    Modification.UNDEFINED: Severity.FAIL,
    Modification.FORBIDDEN: Severity.FAIL,
}
_SEVERITIES = [Severity.IGNORE, Severity.INFORM, Severity.WARN, Severity.FAIL]
_WORTH_A_WARNING = frozenset({ChangeKind.FORM_FILL, ChangeKind.ANNOTATION})


def weigh(changes: Sequence[Change], permissions: Permissions, signed: int) -> tuple[Modification, tuple[Reason, ...]]:
    """Return the worst of all changes, and a reason for each of them, the worst first."""
    judged = [(permissions.modification(change, signed), change) for change in changes]
    worst = max((verdict for verdict, _ in judged), key=_ORDER.index, default=Modification.NONE)
    judged.sort(key=lambda pair: -_ORDER.index(pair[0]))
    return worst, tuple(_reason(verdict, change) for verdict, change in judged[:MAX_REASONS])


@lru_cache(maxsize=4096)  # fifty signatures tell of the same changes
def _reason(verdict: Modification, change: Change) -> Reason:
    severity = _SEVERITY[verdict]
    if verdict is Modification.PERMITTED and change.kind in _WORTH_A_WARNING:
        severity = Severity.WARN
    if change.visible and change.covers:
        severity = max(severity, Severity.WARN, key=_SEVERITIES.index)
    return Reason(change.code, severity, (*change.facts, ("modification", verdict.value)))
