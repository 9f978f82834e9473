"""Suspension flags: set and lifted by their keepers, written into the gateway at once, for both environments."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import Q

from msign.audit import connection_events
from msign.connections import letters
from msign.connections.actors import SYSTEM, Actor, refused, require
from msign.connections.models import Case, Grant, Invoice
from msign.connections.ports import Desk
from msign.connections.roles import Right
from msign.connections.services import billing, enforcing, gather, grants, history, store
from msign.connections.states import Refused, Side
from msign.connections.suspension import NAMES, Change, Flag, clear_flag, raise_flag
from msign.kernel.words import Environment


def suspend(desk: Desk, actor: Actor, reference: str, flag: Flag, *, reason: str, version: int | None = None) -> None:
    """Set a flag. Raises ``Refusal`` when it is not the actor's to set."""
    with transaction.atomic():
        case = _case(actor, reference, flag, version)
        live = Grant.objects.filter(case=case, ended=None).exists()
        decision = raise_flag(frozenset(map(Flag, case.flags)), flag, _side(actor, case), reason=reason, live=live)
        _apply(desk, actor, case, decision, "suspend", flag, reason)


def resume(desk: Desk, actor: Actor, reference: str, flag: Flag, *, version: int | None = None) -> None:
    """Lift a flag; access is back when it was the last one."""
    with transaction.atomic():
        case = _case(actor, reference, flag, version)
        decision = clear_flag(frozenset(map(Flag, case.flags)), flag, _side(actor, case))
        _apply(desk, actor, case, decision, "resume", flag, "")


def right_to(flag: Flag) -> Right:
    """Return the right that setting or lifting a flag needs."""
    return Right.FLAG_INCIDENT if flag is Flag.INCIDENT else Right.SUSPEND


def _case(actor: Actor, reference: str, flag: Flag, version: int | None) -> Case:
    case = store.load(actor, reference)
    require(actor, right_to(flag), case.organisation_id)
    store.check_version(case, version)
    return case


def _side(actor: Actor, case: Case) -> Side:
    return actor.side(case.organisation_id)


def _apply(
    desk: Desk, actor: Actor, case: Case, decision: Change | Refused, action: str, flag: Flag, reason: str
) -> None:
    if isinstance(decision, Refused):
        raise refused(decision)
    case.flags = sorted(decision.flags)
    store.save(case, desk.clock.now())
    side = _side(actor, case)
    event = history.record(desk, actor, case, action, side, reason=reason, data={"flag": flag.value})
    letters.tell(desk, case, action, reason)
    for environment in Environment:
        if grants.in_force(case, environment) is not None:
            enforcing.apply(desk, actor, case, environment, event)
    connection_events.moved(
        at=desk.clock.now(),
        actor=actor.label,
        connection_id=case.reference,
        event=f"{action}:{flag}",
        before=case.state,
        after=case.state,
        reason=reason,
    )


def follow_fees(desk: Desk) -> int:
    """Suspend what is unpaid beyond grace and lift it when it is paid; return how many cases changed. Run often."""
    changed = 0
    late = gather.today(desk) - dt.timedelta(days=desk.policy.fees.grace_days)
    unpaid_rows = Invoice.objects.filter(paid=None, cancelled=False, due__lt=late).values("case_id")
    live = Case.objects.filter(Q(pk__in=unpaid_rows) | ~Q(flags=[]), grant__ended=None, grant__isnull=False)
    for reference in list(live.distinct().values_list("reference", flat=True)):
        case = store.load(SYSTEM, reference)
        unpaid, flagged = billing.unpaid_beyond_grace(desk, case), Flag.FEE_UNPAID.value in case.flags
        if unpaid and not flagged:
            suspend(desk, SYSTEM, reference, Flag.FEE_UNPAID, reason=NAMES[Flag.FEE_UNPAID])
        elif flagged and not unpaid:
            resume(desk, SYSTEM, reference, Flag.FEE_UNPAID)
        changed += unpaid is not flagged
    return changed
