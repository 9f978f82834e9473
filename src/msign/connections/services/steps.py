"""The only way a request moves: guard, effect, row, history, turn, letters and audit event in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from django.db import transaction

from msign.audit import connection_events
from msign.connections import clocks, letters
from msign.connections.actors import SYSTEM, Actor, refused, require
from msign.connections.catalogue import Purpose
from msign.connections.conformance.standing import run_of, standings
from msign.connections.models import Case, Comment, Grant, HistoryEvent, InformationSystem, Person
from msign.connections.ports import Desk
from msign.connections.services import billing, enforcing, gather, grants, history, papers, revocation, store, timing
from msign.connections.states import TABLE, Action, Refused, State, decide
from msign.connections.values import Difference
from msign.kernel.words import Environment
from msign.notices.values import Sent


def perform(
    desk: Desk, actor: Actor, reference: str, action: Action, *, version: int | None = None, reason: str = ""
) -> State:
    """Do ``action``, and what follows from it by itself; return the state afterwards. Raises ``Refusal``."""
    if action in _OPENS:
        revocation.ask_again(desk, actor, reference, action, _OPENS[action])
    with transaction.atomic():
        case = store.load(actor, reference)
        require(actor, action, case.organisation_id)
        store.check_version(case, version)
        move(desk, actor, case, action, reason)
        _follow(desk, case, action)
        return State(case.state)


def move(desk: Desk, actor: Actor, case: Case, action: Action, reason: str = "") -> None:
    """Move a loaded case one step, inside the caller's transaction."""
    source = State(case.state)
    side = TABLE[action].side
    decision = decide(source, action, side, gather.facts(desk, case, reason))
    if isinstance(decision, Refused):
        raise refused(decision)
    now = desk.clock.now()
    data = _BEFORE[action](desk, actor, case) if action in _BEFORE else {}
    case.state = decision.to.value
    case.turns = clocks.turned(case.turns, decision.to, now)
    timing.set_deadlines(desk, case, source)
    store.save(case, now)
    timing.measure(desk, case)
    event = history.record(desk, actor, case, action.value, side, source=source, reason=reason, data=data)
    if action in _AFTER:
        _AFTER[action](desk, actor, case, event)
    letters.tell(desk, case, action.value, reason)
    connection_events.moved(
        at=now,
        actor=actor.label,
        connection_id=case.reference,
        event=action.value,
        before=source.value,
        after=case.state,
        reason=reason,
    )


def _follow(desk: Desk, case: Case, action: Action) -> None:
    """What the system does by itself after a step."""
    if action is Action.CONFIRM and gather.annex_in_force(case):
        move(desk, SYSTEM, case, Action.SKIP_DOCUMENTS)
    if action is Action.VALIDATE and not desk.policy.operator_confirmation:
        move(desk, SYSTEM, case, Action.SKIP_COMPLIANCE)


def continue_signed(desk: Desk, reference: str) -> None:
    """Go on with a case whose papers are all in force."""
    with transaction.atomic():
        move(desk, SYSTEM, store.load(SYSTEM, reference), Action.SIGNATURES_PRESENT)


def complete_when_told(desk: Desk, sent: Sent) -> None:
    """Close an active connection once the letter of completion has gone out: the last step of the process."""
    if sent.kind != Action.ACTIVATE.value:
        return
    with transaction.atomic():
        case = Case.objects.select_related("organisation", "system").filter(reference=sent.about).first()
        if case is not None and case.state == State.ACTIVE.value:
            move(desk, SYSTEM, case, Action.COMPLETE)


def _freeze(_desk: Desk, _actor: Actor, case: Case) -> dict[str, Any]:
    case.before = dict(case.submitted)
    case.submitted = dict(case.answers)
    _know_system(case)
    return {"round": case.round}


def _know_system(case: Case) -> None:
    """Tie the case to its system. What people see of a connected system changes only when the operator grants it."""
    name = case.answers["system_name"]
    if case.system_id is None:
        rows = InformationSystem.objects.filter(organisation_id=case.organisation_id, name=name)
        case.system = rows.first() or InformationSystem.objects.create(organisation=case.organisation, name=name)
    assert case.system is not None
    if not Grant.objects.filter(case__system=case.system, ended=None).exists():
        _name_system(case)


def _name_system(case: Case) -> None:
    assert case.system is not None
    name, rrsi = case.answers["system_name"], case.answers.get("rrsi", "")
    InformationSystem.objects.filter(pk=case.system.pk).update(name=name, rrsi=rrsi)
    case.system.name = name


def _take(_desk: Desk, actor: Actor, case: Case) -> dict[str, Any]:
    case.reviewer = Person.objects.filter(pk=actor.known_id).first()
    return {}


def _resolve(desk: Desk, _actor: Actor, case: Case) -> dict[str, Any]:
    data = _freeze(desk, _actor, case)
    Comment.objects.filter(case=case, asks=True, resolved=None).update(resolved=desk.clock.now())
    return data


def _freeze_run(desk: Desk, actor: Actor, case: Case) -> dict[str, Any]:
    """Freeze the tests with the request to go live: what was shown then is what the operator judges."""
    now = desk.clock.now()
    run = run_of(standings(case.pk, now), now)
    connection_events.conformance_frozen(at=now, actor=actor.label, connection_id=case.reference, sha256=run["sha256"])
    return {"conformance": run}


def _reopen(_desk: Desk, _actor: Actor, case: Case) -> dict[str, Any]:
    case.round += 1
    case.users_ready = True
    case.answers = {**case.answers, "purpose": Purpose.DATA_CHANGE.value}
    return {"round": case.round}


def _planned(*environments: Environment) -> Callable[[Desk, Actor, Case], dict[str, Any]]:
    def plan(desk: Desk, _actor: Actor, case: Case) -> dict[str, Any]:
        return {"plan": [_plain(grants.plan(desk, case, environment)) for environment in environments]}

    return plan


def _ending(_desk: Desk, _actor: Actor, case: Case) -> dict[str, Any]:
    """What ends with the connection, kept with the decision; a live one is ended by terminating only."""
    found = [grants.removal(case, environment) for environment in Environment]
    return {"plan": [_plain(one) for one in found if one is not None]}


def _plain(difference: Difference) -> dict[str, Any]:
    return {**asdict(difference), "environment": difference.environment.value}


def _granted(*environments: Environment) -> Callable[[Desk, Actor, Case, HistoryEvent], None]:
    def grant(desk: Desk, actor: Actor, case: Case, event: HistoryEvent) -> None:
        _name_system(case)
        for environment in environments:
            grants.grant(desk, actor, case, environment, event)
        _mark_service(case)

    return grant


def _mark_service(case: Case) -> None:
    assert case.system is not None
    services = sorted({*case.system.services, case.answers.get("service", "msign")})
    InformationSystem.objects.filter(pk=case.system.pk).update(services=services)
    case.system.certificate_set.filter(removed=None).update(services=services)


def _close(desk: Desk, actor: Actor, case: Case, event: HistoryEvent) -> None:
    """End all that was granted; a reopened round that is given up leaves the live grant alone."""
    if case.state == State.COMPLETED.value:
        grants.restore(desk, case)
    if case.state == State.COMPLETED.value or case.system is None:
        return
    for environment in Environment:
        ended = Grant.objects.filter(case=case, environment=environment, ended=None).update(ended=desk.clock.now())
        if ended:
            enforcing.apply(desk, actor, case, environment, event)


def _issue(desk: Desk, actor: Actor, case: Case, _event: HistoryEvent) -> None:
    papers.issue(desk, actor, case)


def _bill(desk: Desk, _actor: Actor, case: Case, _event: HistoryEvent) -> None:
    billing.issue_first(desk, case)


# Which environments a step lets the system into: their certificates are asked about once more before it.
_OPENS: dict[Action, tuple[Environment, ...]] = {
    Action.CONFIGURE_TEST: (Environment.TEST,),
    Action.ACTIVATE: (Environment.PRODUCTION,),
    Action.APPLY_CHANGE: tuple(Environment),
}
_BEFORE: dict[Action, Callable[[Desk, Actor, Case], dict[str, Any]]] = {
    Action.SUBMIT: _freeze,
    Action.ANSWER: _resolve,
    Action.TAKE: _take,
    Action.REOPEN: _reopen,
    Action.VALIDATE: _freeze_run,
    Action.CONFIGURE_TEST: _planned(Environment.TEST),
    Action.ACTIVATE: _planned(Environment.PRODUCTION),
    Action.APPLY_CHANGE: _planned(*Environment),
    Action.TERMINATE: _ending,
}
_AFTER: dict[Action, Callable[[Desk, Actor, Case, HistoryEvent], None]] = {
    Action.ISSUE_DOCUMENTS: _issue,
    Action.SIGNATURES_PRESENT: _bill,
    Action.SKIP_DOCUMENTS: _bill,
    Action.CONFIGURE_TEST: _granted(Environment.TEST),
    Action.ACTIVATE: _granted(Environment.PRODUCTION),
    Action.APPLY_CHANGE: _granted(*Environment),
    Action.WITHDRAW: _close,
    Action.REJECT: _close,
    Action.TERMINATE: _close,
}
