"""The operator's answer to a proposed change of a live access: accepted, it is checked again and in force at once."""

from __future__ import annotations

from django.db import transaction

from msign.audit import connection_events
from msign.connections import letters
from msign.connections.actors import Actor, Refusal, refuse, require
from msign.connections.certificates import read_upload
from msign.connections.checking import failed
from msign.connections.models import Case, Proposal
from msign.connections.ports import Desk
from msign.connections.services import grants, history, pins, rotation, selfcare, store
from msign.connections.services.proposals import described
from msign.connections.states import Action, Side
from msign.connections.words import Sentence, say
from msign.kernel.words import Environment


def decide(desk: Desk, actor: Actor, reference: str, number: int, *, accept: bool, reason: str = "") -> None:
    """The operator's answer. Accepted, it is checked again and in force at once. Raises ``Refusal``."""
    require(actor, Action.ACTIVATE)
    with transaction.atomic():
        case = store.load(actor, reference)
        row = Proposal.objects.filter(pk=number, case=case, decided=None).first()
        if row is None:
            raise refuse(say("There is no such change to decide."))
        if not accept and not reason.strip():
            raise refuse(say("Give a reason; the other side reads it."))
        if Proposal.objects.filter(pk=row.pk, decided=None).update(decided=desk.clock.now(), accepted=accept) != 1:
            raise store.stale()
        _answer(desk, actor, case, row, accept=accept, reason=reason)


def _answer(desk: Desk, actor: Actor, case: Case, row: Proposal, *, accept: bool, reason: str) -> None:
    environment, action = Environment(row.environment), "proposal-accepted" if accept else "proposal-refused"
    if accept:
        _put_in_force(desk, actor, case, environment, row)
    data = described(environment, row.serial, row.network)
    history.record(desk, actor, case, action, Side.OPERATOR, reason=reason, data=data)
    letters.tell(desk, case, action, reason)
    connection_events.changed(
        at=desk.clock.now(), actor=actor.label, connection_id=case.reference, members=(f"{action}-{environment}",)
    )


def _put_in_force(desk: Desk, actor: Actor, case: Case, environment: Environment, row: Proposal) -> None:
    if grants.in_force(case, environment) is None:
        raise refuse(say("No access is granted in this environment any more."))
    if row.network:
        selfcare.put_in_force(desk, actor, case, environment, row.network)
        return
    reading = read_upload(bytes(row.der))
    if isinstance(reading, Sentence):
        raise refuse(reading)
    if reasons := failed(pins.checks(desk, case, environment, reading)):
        raise Refusal(reasons)
    rotation.put_in_force(desk, actor, case, environment, reading)
