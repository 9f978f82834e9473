"""Who at the operator has a case: given to a person, to a team, or back to everybody, with a reason that stays."""

from __future__ import annotations

from django.db import transaction

from msign.audit import connection_events
from msign.connections import letters
from msign.connections.actors import Actor, refuse, require
from msign.connections.models import Case, Person
from msign.connections.ports import Desk
from msign.connections.roles import OperatorRole, Right
from msign.connections.services import history, store
from msign.connections.states import ENDED, Side, State
from msign.connections.words import say
from msign.kernel.languages import Language


def assign(
    desk: Desk,
    actor: Actor,
    reference: str,
    *,
    reviewer_id: int | None,
    unit: str = "",
    reason: str,
    version: int | None = None,
) -> None:
    """Give a case to a reviewer, else to the reviewers of a team, else to everybody who reviews. Raises ``Refusal``."""
    require(actor, Right.REASSIGN)
    if not reason.strip():
        raise refuse(say("Give a reason; your colleagues read it."))
    with transaction.atomic():
        case = store.load(actor, reference)
        store.check_version(case, version)
        if State(case.state) in ENDED:
            raise refuse(say("The request is over; nobody has to act on it."))
        person = _reviewer(reviewer_id) if reviewer_id is not None else None
        before = _holder(case)
        case.reviewer, case.unit = person, person.unit if person else _unit(unit)
        if before == _holder(case):
            raise refuse(say("The request is there already. Choose somebody else."))
        store.save(case, desk.clock.now())
        _tell(desk, actor, case, reason, before)


def _reviewer(person_id: int) -> Person:
    person = Person.objects.filter(pk=person_id).first()
    if person is None or OperatorRole.REVIEWER.value not in person.operator_roles:
        raise refuse(say("Choose somebody who reviews requests."))
    return person


def _unit(unit: str) -> str:
    if unit and not Person.objects.filter(unit=unit).exclude(operator_roles=[]).exists():
        raise refuse(say("There is no such team."))
    return unit


def _holder(case: Case) -> str:
    """Whom a case was given to, as the history keeps it: people by number, teams by name."""
    if case.reviewer_id is not None:
        return f"person:{case.reviewer_id}"
    return f"unit:{case.unit}" if case.unit else ""


def _tell(desk: Desk, actor: Actor, case: Case, reason: str, before: str) -> None:
    after = _holder(case)
    names = {"from": before, "to": after, "name": case.reviewer.name if case.reviewer else case.unit}
    history.record(desk, actor, case, "reassign", Side.OPERATOR, reason=reason, data=names)
    people = {case.reviewer.email: Language(case.reviewer.language)} if case.reviewer else dict(letters.reviewers(case))
    letters.tell_people(desk, case, "assigned", people, reason)
    connection_events.moved(
        at=desk.clock.now(),
        actor=actor.label,
        connection_id=case.reference,
        event=f"reassign:{after or 'everybody'}",
        before=case.state,
        after=case.state,
        reason=reason,
    )
