"""The gateway follows what is granted: written in the decision's transaction, read back from the engine that decides.

When writing is impossible the decision stands, what is too much is taken away all the same, and ``failed`` says why.
The worker looks again: it closes by itself whatever lets more in than was decided, and opens nothing by itself, because
somebody may have closed it on purpose.
"""

from __future__ import annotations

from django.db import transaction

from msign.access import lookup
from msign.access import queries as access_queries
from msign.access.reports import reports
from msign.access.values import CheckResult, DenialReason
from msign.audit import connection_events
from msign.connections.actors import SYSTEM, Actor, require
from msign.connections.enforcement import Difference, Enforced, Reading, differences
from msign.connections.models import Case, Certificate, Grant, HistoryEvent
from msign.connections.ports import Desk
from msign.connections.roles import Right
from msign.connections.services import store
from msign.connections.services.gatewaywriter import GatewayWriter
from msign.connections.words import say
from msign.kernel.errors import MSignError
from msign.kernel.words import Environment

_OF_DATES = (DenialReason.CERTIFICATE_EXPIRED, DenialReason.CERTIFICATE_NOT_YET_VALID)  # right to refuse


def apply(
    desk: Desk, actor: Actor, case: Case, environment: Environment, decision: HistoryEvent | None = None
) -> Enforced:
    """Make the gateway's rows equal to the grant in force and the flags; return what was read back.

    ``decision`` is the line of the history that asks for it; without one it is that of the grant in force.
    """
    row, writer, problem = _in_force(case, environment), GatewayWriter(desk, actor, case, environment), ""
    try:
        with transaction.atomic():
            writer.open(row.snapshot) if row else writer.close()
    except MSignError as error:
        problem = error.message
        if row is not None:
            writer.narrow(row.snapshot)
    outcome = Enforced.FAILED if problem else compare(desk, case, environment).enforced
    _note(case, environment, outcome, problem)
    connection_events.access_applied(
        at=desk.clock.now(),
        actor=actor.label,
        connection_id=case.reference,
        environment=environment,
        outcome=outcome,
        decision=decision.pk if decision else (row.decision_id if row else 0),
    )
    return outcome


def apply_again(desk: Desk, actor: Actor, reference: str, environment: Environment) -> Enforced:
    """The operator has the gateway follow the decision once more, after a failure or a change from outside."""
    with transaction.atomic():
        case = store.load(actor, reference)
        require(actor, Right.SUSPEND)
        return apply(desk, actor, case, environment)


def reading(desk: Desk, case: Case, environment: Environment) -> Reading:
    """Return how the decision stands now, as pages show it: with what running processes have confirmed."""
    found, row = compare(desk, case, environment), _newest(case, environment)
    if row is not None and row.outcome == Enforced.FAILED and found.enforced is not Enforced.APPLIED:
        why = say("The gateway did not take it: %(problem)s", problem=row.problem)
        return Reading(Enforced.FAILED, (Difference(why), *found.differences))
    if row is not None and found.enforced in (Enforced.APPLIED, Enforced.NONE):
        behind = [one for one in reports(desk.clock.now(), environment) if one.generation < row.generation]
        if behind:
            return Reading(Enforced.PENDING)
    return found


def compare(desk: Desk, case: Case, environment: Environment) -> Reading:
    """Return what is enforced against what is granted: the rows, and what the engine says of the granted callers."""
    row, found = _in_force(case, environment), _differences(case, environment)
    if row is not None and not found and not case.flags:
        found = _refused_by_the_engine(desk, row)
    if found:
        return Reading(Enforced.DRIFTED, tuple(found))
    return Reading(Enforced.APPLIED if row else Enforced.NONE)


def _differences(case: Case, environment: Environment) -> list[Difference]:
    if case.system is None:
        return []
    row, state = _in_force(case, environment), access_queries.access_state(case.system.public_id.hex, environment)
    return differences(row.snapshot if row else None, frozenset(case.flags), state)


def follow(desk: Desk) -> int:
    """Close whatever lets more in than was decided; return how many environments that were. Run often."""
    closed = 0
    for row in Grant.objects.filter(pk__in=_newest_of_each()).select_related("case"):
        case = store.load(SYSTEM, row.case.reference)
        environment = Environment(row.environment)
        if Reading(Enforced.DRIFTED, tuple(_differences(case, environment))).too_open:
            with transaction.atomic():
                _narrow(desk, case, environment)
            closed += 1
    return closed


def _narrow(desk: Desk, case: Case, environment: Environment) -> None:
    row, writer = _in_force(case, environment), GatewayWriter(desk, SYSTEM, case, environment)
    writer.narrow(row.snapshot) if row else writer.close()
    outcome = compare(desk, case, environment).enforced
    _note(case, environment, outcome, "")
    connection_events.access_applied(
        at=desk.clock.now(),
        actor=SYSTEM.label,
        connection_id=case.reference,
        environment=environment,
        outcome=outcome,
        decision=row.decision_id if row else 0,
    )


def _refused_by_the_engine(desk: Desk, row: Grant) -> list[Difference]:
    """Ask the engine about every granted certificate, from the first granted address: the chain counts there too."""
    networks = row.snapshot["networks"]
    granted = [one["fingerprint"] for one in row.snapshot["certificates"]]
    pins = Certificate.objects.filter(system_id=row.case.system_id, environment=row.environment, removed=None)
    found = []
    for pin in pins.filter(fingerprint__in=granted):
        address = networks[0].partition("/")[0] if networks else ""
        checks = desk.engine.explain(Environment(row.environment), address=address, certificate_der=bytes(pin.der))
        reason = _first(checks)
        if reason is not None and reason not in _OF_DATES:
            found.append(_engine_refuses(pin.serial, reason))
    return found


def _engine_refuses(serial: str, reason: DenialReason) -> Difference:
    return Difference(
        say("The gateway would refuse the certificate %(serial)s: %(why)s", serial=serial, why=reason.value)
    )


def _first(checks: tuple[CheckResult, ...]) -> DenialReason | None:
    return next((one.reason for one in checks if one.reason is not None), None)


def _note(case: Case, environment: Environment, outcome: Enforced, problem: str) -> None:
    row = _newest(case, environment)
    if row is not None:
        facts = {"outcome": outcome.value, "problem": problem, "generation": lookup.generation()}
        Grant.objects.filter(pk=row.pk).update(**facts)


def _in_force(case: Case, environment: Environment) -> Grant | None:
    return Grant.objects.filter(case=case, environment=environment, ended=None).first()


def _newest(case: Case, environment: Environment) -> Grant | None:
    return Grant.objects.filter(case=case, environment=environment).order_by("-pk").first()


def _newest_of_each() -> list[int]:
    """The newest grant of every system and environment: an older one of another case does not speak any more."""
    newest: dict[tuple[int | None, str], int] = {}
    rows = Grant.objects.order_by("ended", "pk").values_list("case__system_id", "environment", "pk", "ended")
    for system, environment, key, ended in rows:
        if ended is None or (system, environment) not in newest:
            newest[system, environment] = key
    return list(newest.values())
