"""Reasons outside the desk that suspend: a contract that ends, a system that leaves the RRSI. Each has its own flag."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q, QuerySet

from msign.connections import letters
from msign.connections.actors import SYSTEM, Actor, refuse, require
from msign.connections.fees import Kind
from msign.connections.models import Case, Document
from msign.connections.ports import Desk
from msign.connections.registers import RegisterUnavailableError
from msign.connections.roles import Right
from msign.connections.services import gather, history, papers, store, suspending
from msign.connections.suspension import NAMES, Flag
from msign.connections.words import say


def end_contract(
    desk: Desk, actor: Actor, document_id: int, *, last_day: dt.date, reason: str, known: str | None = None
) -> str:
    """Declare the last day of a contract and return the reference of its case. Raises ``Refusal``.

    On the next day the worker ends the contract and its annexes and suspends every connection of the organisation. A
    later day prolongs a contract that has a term. ``known`` is the last day that the person saw, empty for none.
    """
    require(actor, Right.END_CONTRACT)
    if not reason.strip():
        raise refuse(say("Give a reason; the other side reads it."))
    yesterday = gather.today(desk) - dt.timedelta(days=1)
    if last_day < yesterday:
        raise refuse(say("The last day cannot lie further back than yesterday."))
    with transaction.atomic():
        contract = Document.objects.select_related("case").filter(pk=document_id, kind="contract").first()
        if contract is None or contract.state != "in-force":
            raise refuse(say("There is no such contract in force."))
        if known is not None and known != (contract.ends.isoformat() if contract.ends else ""):
            raise store.stale()
        Document.objects.filter(pk=contract.pk).update(ends=last_day, reminded=0)
        _tell(desk, actor, contract, last_day, reason)
    follow_contracts(desk)
    return contract.case.reference


def _tell(desk: Desk, actor: Actor, contract: Document, last_day: dt.date, reason: str) -> None:
    own = store.load(SYSTEM, contract.case.reference)
    cases = {own.pk: own} | {case.pk: case for case in _live().filter(organisation_id=contract.organisation_id)}
    data = {"document": contract.number, "last_day": last_day.isoformat()}
    for case in cases.values():
        history.record(desk, actor, case, "contract-ends", actor.side(case.organisation_id), reason=reason, data=data)
        letters.tell(desk, case, "contract-ends", reason, day=f"{last_day:%d.%m.%Y}")
    papers.audit(desk, actor, own, "contract", f"ends:{last_day}", papers.newest_copy(contract))


def follow_contracts(desk: Desk) -> int:
    """End contracts whose last day is over, suspend where none is in force, lift where one is again. Run often."""
    _end_what_is_over(desk)
    rows = Document.objects.filter(kind="contract")
    covered = set(rows.filter(state="in-force").values_list("organisation_id", flat=True).distinct())
    ended = set(rows.filter(state="ended").exclude(in_force_since=None).values_list("organisation_id", flat=True))
    candidates = _live().filter(Q(organisation_id__in=ended - covered) | ~Q(flags=[]))
    return sum(
        _set(desk, case, Flag.CONTRACT_ENDED, wanted=case.organisation_id in ended - covered) for case in candidates
    )


def _end_what_is_over(desk: Desk) -> None:
    over = Document.objects.filter(kind="contract", state="in-force", ends__lt=gather.today(desk))
    for contract in over.select_related("case"):
        with transaction.atomic():
            if Document.objects.filter(pk=contract.pk, state="in-force").update(state="ended") != 1:
                continue
            # Annexes hang on the contract: a new contract comes with new ones.
            annexes = Document.objects.filter(kind="annex", state="in-force", organisation_id=contract.organisation_id)
            annexes.update(state="ended")
            case = store.load(SYSTEM, contract.case.reference)
            papers.audit(desk, SYSTEM, case, "contract", "ended", papers.newest_copy(contract))


@dataclass(frozen=True, slots=True)
class RegisterRound:
    """What a look into the RRSI found: systems asked about, flags changed, and whether it was believed."""

    asked: int = 0
    missing: tuple[str, ...] = ()
    changed: int = 0
    believed: bool = True


def follow_register(desk: Desk) -> RegisterRound:
    """Suspend connections of public bodies whose system left the RRSI, lift where it is back. Daily and after imports.

    A register that does not answer changes nothing. Neither does one that newly misses many systems at once (more than
    the policy's few and than its share of all): a half extract must not stop the country; people look first
    (``believed`` is false).
    """
    rows = [case for case in _live().filter(organisation__kind=Kind.PUBLIC.value) if case.system and case.system.rrsi]
    try:
        missing = [case for case in rows if case.system and desk.systems.find(case.system.rrsi) is None]
    except RegisterUnavailableError:
        return RegisterRound(asked=len(rows), believed=False)
    fresh = [case for case in missing if Flag.RRSI_REMOVED.value not in case.flags]
    numbers = tuple(sorted({case.system.rrsi for case in missing if case.system}))
    if len(fresh) > max(desk.policy.register_few, desk.policy.register_share * len(rows)):
        return RegisterRound(len(rows), numbers, believed=False)
    gone = {case.pk for case in missing}
    changed = sum(_set(desk, case, Flag.RRSI_REMOVED, wanted=case.pk in gone) for case in _touched(rows, gone))
    return RegisterRound(len(rows), numbers, changed)


def _touched(rows: Iterable[Case], gone: set[int]) -> Iterable[Case]:
    return [case for case in rows if case.pk in gone or case.flags]


def _live() -> QuerySet[Case]:
    """Connections to which something is granted."""
    return (
        Case.objects.filter(grant__ended=None, grant__isnull=False).select_related("organisation", "system").distinct()
    )


def _set(desk: Desk, case: Case, flag: Flag, *, wanted: bool) -> bool:
    """Make a flag stand or not; tell whether it changed."""
    if wanted is (flag.value in case.flags):
        return False
    if wanted:
        suspending.suspend(desk, SYSTEM, case.reference, flag, reason=NAMES[flag])
    else:
        suspending.resume(desk, SYSTEM, case.reference, flag)
    return True
