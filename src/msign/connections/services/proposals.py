"""Changes of a live access that the rules do not leave to the team: proposed here, decided in `deciding`."""

from __future__ import annotations

from msign.connections import letters
from msign.connections.actors import Actor
from msign.connections.certificates import Reading
from msign.connections.models import Case, Proposal
from msign.connections.ports import Desk
from msign.connections.services import history
from msign.connections.states import Side
from msign.connections.words import Sentence
from msign.kernel.words import Environment


def propose_certificate(
    desk: Desk, actor: Actor, case: Case, environment: Environment, reading: Reading, why: Sentence
) -> None:
    """Ask the operator for a certificate. Part of the caller's transaction; the same one is asked for once."""
    _propose(desk, actor, case, environment, why, der=reading.der, serial=reading.serial)


def propose_network(
    desk: Desk, actor: Actor, case: Case, environment: Environment, network: str, why: Sentence
) -> None:
    """Ask the operator for an address. Part of the caller's transaction; the same one is asked for once."""
    _propose(desk, actor, case, environment, why, network=network)


def _propose(
    desk: Desk,
    actor: Actor,
    case: Case,
    environment: Environment,
    why: Sentence,
    *,
    der: bytes = b"",
    serial: str = "",
    network: str = "",
) -> None:
    _row, created = Proposal.objects.get_or_create(
        case=case,
        environment=environment.value,
        serial=serial,
        network=network,
        decided=None,
        defaults={"der": der, "why": why.msgid, "created": desk.clock.now(), "created_by_id": actor.person_id},
    )
    if created:
        history.record(desk, actor, case, "proposal", Side.BENEFICIARY, data=described(environment, serial, network))
        letters.tell(desk, case, "proposal")


def described(environment: Environment, serial: str, network: str) -> dict[str, object]:
    """Return what a line of the history says of a change."""
    return {"environment": environment.value, "serial": serial, "network": network}
