"""The tests of a connection: what the traffic proves is kept, people decide about the rest, and a run is frozen."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from msign.access.queries import settings_of
from msign.audit import connection_events
from msign.connections.actors import SYSTEM, Actor, refuse, require
from msign.connections.catalogue import TEST_CASES
from msign.connections.conformance.recognition import recognise
from msign.connections.conformance.standing import CaseStanding, standings
from msign.connections.conformance.values import Finding, Instrument, Result
from msign.connections.models import Case, TestEvidence
from msign.connections.ports import Desk
from msign.connections.roles import Right
from msign.connections.services import grants, history, steps, store
from msign.connections.states import Action, State
from msign.connections.words import Sentence, say
from msign.kernel.words import ContentType, Environment

_TESTED_IN = (State.TEST_CONFIGURED, State.TESTING)
_TYPES = {"pdf": {ContentType.PDF}, "hash": {ContentType.HASH}}


def observe(desk: Desk, reference: str) -> None:
    """Look at what the gateway has seen from the system: the first call moves the case, evidence fills test cases."""
    with transaction.atomic():
        case = store.load(SYSTEM, reference)
        grant = grants.in_force(case, Environment.TEST)
        if grant is None or case.system is None or case.state not in _TESTED_IN:
            return
        system = case.system.public_id.hex
        story = desk.calls.story(system, grant.created)
        for finding in recognise(story, instruments_for(desk, case), desk.clock.now()):
            _keep(case, finding)
        first = desk.calls.seen(system, Environment.TEST, grant.created).first_call
        if first is not None and case.state == State.TEST_CONFIGURED:
            steps.move(desk, SYSTEM, case, Action.FIRST_CALL)


def instruments_for(desk: Desk, case: Case) -> tuple[Instrument, ...]:
    """Return the instruments that this system has to try: available in test, agreed with it, and for what it signs."""
    assert case.system is not None
    agreed = settings_of(case.system.public_id.hex, Environment.TEST).instruments
    wanted = _TYPES.get(case.answers.get("content_types", ""), set(ContentType))
    return tuple(one for one in desk.instruments() if (not agreed or one.code in agreed) and wanted & one.content_types)


def _keep(case: Case, finding: Finding) -> None:
    """Keep what is news. A case that has passed stays passed until something newer says otherwise."""
    if not finding.evidence:
        return
    assert finding.newest is not None
    row = TestEvidence.objects.filter(case=case, test_case=finding.code).first()
    facts = {
        "result": finding.result.value,
        "why": {"msgid": finding.why.msgid, "facts": dict(finding.why.facts)},
        "evidence": [one.plain() for one in finding.evidence],
    }
    if row is None:
        TestEvidence.objects.create(case=case, test_case=finding.code, kind="seen", moment=finding.newest, **facts)
        return
    unchanged = row.result == finding.result and row.evidence == facts["evidence"]
    older = row.result == Result.PASSED and finding.result is not Result.PASSED and row.moment >= finding.newest
    partly = row.result == Result.PASSED and finding.result is Result.NOT_SEEN
    if unchanged or older or partly:
        return
    settled = row.kind == "seen" or finding.result is Result.PASSED
    also = {"kind": "seen", "note": "", "by": None, "moment": finding.newest} if settled else {}
    TestEvidence.objects.filter(pk=row.pk).update(**facts, **also)


def declare_test(desk: Desk, actor: Actor, reference: str, code: str, note: str) -> None:
    """The beneficiary says what was done where the gateway saw something that only people can judge."""
    _decide(desk, actor, reference, code, note, kind="declared", right=Right.EDIT_TECHNICAL)


def waive_test(desk: Desk, actor: Actor, reference: str, code: str, reason: str) -> None:
    """The operator lets a test case go, with a reason and a name."""
    _decide(desk, actor, reference, code, reason, kind="waived", right=Right.WAIVE_TEST)


def _decide(desk: Desk, actor: Actor, reference: str, code: str, note: str, *, kind: str, right: Right) -> None:
    if code not in TEST_CASES:
        raise refuse(say("There is no such test case."))
    note = note.strip()[:1000]
    if not note:
        raise refuse(say("Write in a sentence what you did and saw."))
    with transaction.atomic():
        case = store.load(actor, reference)
        require(actor, right, case.organisation_id)
        if case.state not in _TESTED_IN:
            raise refuse(say("Test cases are confirmed while the system is being tested."))
        now = desk.clock.now()
        standing = next(one for one in standings(case.pk, now) if one.code == code)
        if kind == "declared" and standing.result is not Result.REVIEW:
            raise refuse(_not_by_hand(standing))
        TestEvidence.objects.update_or_create(
            case=case,
            test_case=code,
            defaults={"kind": kind, "note": note, "by_id": actor.person_id, "moment": now},
        )
        history.record(
            desk, actor, case, f"test-{kind}", actor.side(case.organisation_id), reason=note, data={"test": code}
        )
        connection_events.test_decided(
            at=now,
            actor=actor.label,
            connection_id=case.reference,
            test=code,
            decision=kind,
            reason=note,
        )


def _not_by_hand(standing: CaseStanding) -> Sentence:
    if standing.result is Result.PASSED:
        return say("The traffic has proved this test case already.")
    return say("Only real calls count here: do it in the test environment, or ask the operator to waive it.")


def frozen_run(case: Case) -> dict[str, Any] | None:
    """Return the run that was frozen with the newest request to go live."""
    rows = case.historyevent_set.filter(action=Action.VALIDATE.value).order_by("-moment", "-pk")
    event = rows.first()
    return event.data.get("conformance") if event else None
