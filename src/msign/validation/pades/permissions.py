"""Holds changes against what a signature allows: DocMDP, FieldMDP, field locks (ISO 32000-1 clause 12.8.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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

    def modification(self, change: Change) -> Modification:
        """Return what a change means under these permissions."""
        match change.kind:
            case ChangeKind.UNSEEN | ChangeKind.METADATA | ChangeKind.VALIDATION_DATA | ChangeKind.TIMESTAMP:
                return Modification.PERMITTED
            case ChangeKind.SIGNATURE:
                return self._signature(change)
            case ChangeKind.FORM_FILL:
                locked = any(lock.locks(change.name) for lock in self.locks)
                return Modification.FORBIDDEN if locked or self.level == 1 else Modification.PERMITTED
            case ChangeKind.ANNOTATION:
                return Modification.FORBIDDEN if self.level in (1, 2) else Modification.PERMITTED
            case ChangeKind.OTHER:
                return Modification.UNDEFINED
            case ChangeKind.FORBIDDEN:
                return Modification.FORBIDDEN

    def _signature(self, change: Change) -> Modification:
        if self.level == 1:
            return Modification.FORBIDDEN
        # A new visible field on a certified document draws where its certifier foresaw nothing (sneaky signature).
        return Modification.UNDEFINED if self.certified and change.visible else Modification.PERMITTED


_ORDER = list(Modification)
_SEVERITY = {
    Modification.NONE: Severity.INFORM,
    Modification.PERMITTED: Severity.INFORM,
    Modification.UNDEFINED: Severity.FAIL,
    Modification.FORBIDDEN: Severity.FAIL,
}
_WORTH_A_WARNING = frozenset({ChangeKind.FORM_FILL, ChangeKind.ANNOTATION})


def weigh(changes: Sequence[Change], permissions: Permissions) -> tuple[Modification, tuple[Reason, ...]]:
    """Return the worst of all changes, and a reason for each of them, the worst first."""
    judged = [(permissions.modification(change), change) for change in changes]
    worst = max((verdict for verdict, _ in judged), key=_ORDER.index, default=Modification.NONE)
    judged.sort(key=lambda pair: -_ORDER.index(pair[0]))
    return worst, tuple(_reason(verdict, change) for verdict, change in judged[:MAX_REASONS])


def _reason(verdict: Modification, change: Change) -> Reason:
    severity = _SEVERITY[verdict]
    if verdict is Modification.PERMITTED and change.kind in _WORTH_A_WARNING:
        severity = Severity.WARN
    return Reason(change.code, severity, (*change.facts, ("modification", verdict.value)))
