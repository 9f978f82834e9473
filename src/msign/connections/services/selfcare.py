"""What a team repairs alone once its access is open: an address of the test environment, a certificate that was seen.

Test access is the beneficiary's to arrange, within the checks that every address passes. An address of production, and
one that another organisation uses too, goes to the operator.
"""

from __future__ import annotations

from django.db import transaction

from msign.access.refusals import RefusedAttempt
from msign.audit import connection_events
from msign.connections import letters
from msign.connections.actors import Actor, Refusal, refuse, require
from msign.connections.addresses import Severity, list_findings, read_addresses
from msign.connections.models import Case, Network
from msign.connections.ports import Desk
from msign.connections.roles import Right
from msign.connections.services import grants, history, pins, proposals, rotation, store, technical
from msign.connections.services.rotation import Way
from msign.connections.states import Side
from msign.connections.words import Sentence, say
from msign.kernel.words import Environment


def add_address(desk: Desk, actor: Actor, reference: str, environment: Environment, address: str) -> Way:
    """Let calls from one more address in, or propose it to the operator. Raises ``Refusal`` with what forbids it."""
    with transaction.atomic():
        case = store.load(actor, reference)
        require(actor, Right.EDIT_TECHNICAL, case.organisation_id)
        if grants.in_force(case, environment) is None:
            raise refuse(say("No access is granted in this environment yet."))
        network, why = _judged(desk, case, environment, address)
        if why is not None:
            proposals.propose_network(desk, actor, case, environment, network, why)
            return Way.OPERATOR
        put_in_force(desk, actor, case, environment, network)
        return Way.AT_ONCE


def put_in_force(desk: Desk, actor: Actor, case: Case, environment: Environment, network: str) -> None:
    """Grant one more network. Part of the caller's transaction; checked before."""
    granted = grants.in_force(case, environment)
    assert granted is not None
    networks, vpn = granted.snapshot["networks"], granted.snapshot["vpn"]
    if network in networks:
        return
    Network.objects.get_or_create(
        case=case, environment=environment.value, network=network, defaults={"vpn": bool(vpn)}
    )
    side = actor.side(case.organisation_id)
    event = history.record(
        desk, actor, case, "address-added", side, data={"environment": environment.value, "network": network}
    )
    changes = {"networks": [*networks, network], "vpn": [*vpn, network] if vpn else vpn}
    grants.change(desk, actor, case, environment, event, changes)
    if side is Side.BENEFICIARY:
        letters.tell(desk, case, "address-added", network=network)
    connection_events.changed(
        at=desk.clock.now(), actor=actor.label, connection_id=case.reference, members=(f"address-added-{environment}",)
    )


def register_seen(desk: Desk, actor: Actor, reference: str, environment: Environment, attempt: RefusedAttempt) -> Way:
    """Register the certificate that a refused call showed, with every check that an uploaded file passes.

    The caller has judged that the attempt is one of the beneficiary's own (`queries.calls`).
    """
    case = store.load(actor, reference)
    if rotation.rotating(case, environment):
        return rotation.rotate(desk, actor, reference, environment, attempt.der)
    technical.register_certificate(desk, actor, reference, environment, attempt.der)
    return Way.AT_ONCE


def _judged(desk: Desk, case: Case, environment: Environment, address: str) -> tuple[str, Sentence | None]:
    """Return the network in its one spelling, and why the operator has to decide, if so."""
    granted = grants.in_force(case, environment)
    assert granted is not None
    listed, policy = granted.snapshot["networks"], desk.policy.addresses
    around = pins.surroundings(case, environment, vpn=bool(granted.snapshot["vpn"]))
    lines = read_addresses("\n".join([*listed, address]), policy, around)
    stops = [one.sentence for one in list_findings(lines, policy)]
    stops += [one.sentence for one in lines[-1].findings if one.severity is Severity.REFUSE]
    if stops or len(lines) != len(listed) + 1:
        raise Refusal(tuple(stops) or (say("One address is expected."),))
    warnings = [one.sentence for one in lines[-1].findings]
    if environment is Environment.PRODUCTION:
        return str(lines[-1].network), say("An address of production is confirmed by the operator.")
    return str(lines[-1].network), next(iter(warnings), None)
