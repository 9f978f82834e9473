"""The escalation ladder, climbed by the worker: people of the operator are told before and after a promise breaks."""

from __future__ import annotations

from django.db import transaction

from msign.audit import connection_events
from msign.connections import clocks, escalation, letters
from msign.connections.actors import SYSTEM
from msign.connections.escalation import Told
from msign.connections.models import Case, Person
from msign.connections.ports import Desk
from msign.connections.roles import OperatorRole
from msign.connections.services import history, store, timing
from msign.connections.states import TURN, Side, State
from msign.kernel.languages import DEFAULT_LANGUAGE, Language

_AT_ONCE = 200  # cases in one look; the rest at the next one, seconds later


def climb(desk: Desk) -> int:
    """Tell people of every case whose next rung is due; return how many cases. Run often."""
    rows = Case.objects.filter(next_rung__lte=desk.clock.now()).order_by("next_rung")
    references = list(rows.values_list("reference", flat=True)[:_AT_ONCE])
    for reference in references:
        with transaction.atomic():
            _climb(desk, store.load(SYSTEM, reference))
    return len(references)


def _climb(desk: Desk, case: Case) -> None:
    clock = clocks.reading(case.turns, State(case.state), desk.policy, desk.clock.now())
    if clock.limit_days is None or clock.running is not Side.OPERATOR:
        return
    ladder, known = desk.policy.escalation, (case.rung, case.version)
    number = escalation.climbed(ladder, clock.operator_days, clock.limit_days, case.rung)
    case.rung = number
    timing.set_deadlines(desk, case)
    written = {"rung": number, "due": case.due, "near": case.near, "next_rung": case.next_rung}
    # The version stays as it is: a reminder is no reason to refuse the decision somebody is just writing.
    if not Case.objects.filter(pk=case.pk, rung=known[0], version=known[1]).update(**written) or number == known[0]:
        return
    step = escalation.rung(ladder, number - 1)
    percent = round(100 * clock.operator_days / clock.limit_days)
    data = {"rung": number, "told": step.told.value, "percent": percent}
    event = history.record(desk, SYSTEM, case, "escalate", Side.SYSTEM, data=data)
    days = {"spent": f"{clock.operator_days:.1f}", "limit": f"{clock.limit_days:g}"}
    kind = "overdue" if clock.operator_days >= clock.limit_days else "nearly-due"
    letters.tell_people(desk, case, kind, _people(desk, case, step.told), **days)
    connection_events.moved(
        at=event.moment,
        actor=SYSTEM.label,
        connection_id=case.reference,
        event=f"escalate:{step.told}",
        before=case.state,
        after=case.state,
        reason=f"{percent} %",
    )


def _people(desk: Desk, case: Case, told: Told) -> dict[str, Language]:
    if told is Told.REVIEWER and case.reviewer is not None and OperatorRole.REVIEWER in case.reviewer.operator_roles:
        return {case.reviewer.email: Language(case.reviewer.language)}
    found = dict(letters.reviewers(case))
    if told is Told.HEAD:
        languages = dict(Person.objects.filter(email__in=desk.policy.escalation.head).values_list("email", "language"))
        found |= {one: Language(languages.get(one, DEFAULT_LANGUAGE)) for one in desk.policy.escalation.head}
    return found


def refresh_deadlines(desk: Desk) -> int:
    """Reckon the deadlines of running clocks again: limits and holidays are settings. Return how many differed."""
    differed = 0
    for case in Case.objects.filter(state__in=[state for state in State if TURN[state] is Side.OPERATOR]).iterator():
        before = (case.due, case.near, case.next_rung)
        timing.set_deadlines(desk, case)
        if before != (case.due, case.near, case.next_rung):
            differed += Case.objects.filter(pk=case.pk, version=case.version).update(
                due=case.due, near=case.near, next_rung=case.next_rung
            )
    return differed
