"""What is known of mandates; and the local table as a register."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from msign.kernel.clock import Clock
from msign.kernel.words import DelegatorType
from msign.mandates.models import MandateRow
from msign.mandates.states import why_not
from msign.mandates.values import Mandate, MandateAnswer, MandateFound, MandateQuestion, NoMandate, WhyNot

LOCAL = "local"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalRegister:
    """The table of this installation, filled by `msign mandates import`."""

    clock: Clock

    def ask(self, question: MandateQuestion) -> MandateAnswer:
        """Return the newest mandate that counts, or the nearest miss."""
        nearest = WhyNot.NONE
        for mandate in mandates(delegator=question.delegator_id, delegate=question.delegate_id):
            reason = why_not(mandate, question)
            if reason is None:
                return MandateFound(LOCAL, mandate.number, mandate.basis, self.clock.now(), mandate.valid_until)
            nearest = reason if reason is not WhyNot.NONE else nearest
        return NoMandate(nearest)


def mandates(*, delegator: str = "", delegate: str = "") -> Iterator[Mandate]:
    """Yield mandates, newest first."""
    rows = MandateRow.objects.order_by("-valid_from", "-id")
    if delegator:
        rows = rows.filter(delegator_id=delegator)
    if delegate:
        rows = rows.filter(delegate_id=delegate)
    yield from (value_of(row) for row in rows)


def mandate(number: str) -> Mandate | None:
    """Return one mandate."""
    row = MandateRow.objects.filter(number=number).first()
    return value_of(row) if row else None


def matching(text: str) -> QuerySet[MandateRow]:
    """Return the rows, newest first, whose number or paper holds a text, or whose either party has that number."""
    rows = MandateRow.objects.order_by("-valid_from", "-id")
    if not text:
        return rows
    parties = Q(delegator_id=text) | Q(delegate_id=text)
    return rows.filter(parties | Q(number__icontains=text) | Q(basis__icontains=text))


def value_of(row: MandateRow) -> Mandate:
    """Return the frozen value of a row."""
    return Mandate(
        number=row.number,
        delegator_type=DelegatorType(row.delegator_type),
        delegator_id=row.delegator_id,
        delegate_id=row.delegate_id,
        basis=row.basis,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        role=row.role,
        revoked_at=row.revoked_at,
        revoked_why=row.revoked_why,
    )
