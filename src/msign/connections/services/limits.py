"""What one system may use in an environment: the operator changes a limit with a reason that both sides read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction

from msign.access import queries as access_queries
from msign.access import services as access
from msign.access.values import ConsumerSettings
from msign.connections.actors import Actor, refuse, require
from msign.connections.ports import Desk
from msign.connections.roles import Right
from msign.connections.services import history, store
from msign.connections.states import Side
from msign.connections.words import say
from msign.kernel.words import Environment

LIMITS = ("requests_per_minute", "open_requests", "stored_bytes", "largest_document", "simultaneous_uploads")
MAX_VALUE = 2**31 - 1  # what every database column takes; bytes may be more
MAX_BYTES = 2**50


@dataclass(frozen=True, slots=True)
class ConnectedSystem:
    """Whose figures a page shows; ``system_id`` is its key in the gateway, empty before it is known there."""

    reference: str
    name: str
    organisation: str
    organisation_id: int
    system_id: str


def connected_system(actor: Actor, reference: str) -> ConnectedSystem:
    """Return the system of a case. Raises ``Refusal`` for those who may not see it."""
    case = store.load(actor, reference)
    known = case.system.public_id.hex if case.system else ""
    return ConnectedSystem(
        reference=case.reference,
        name=case.answers.get("system_name", ""),
        organisation=case.organisation.name,
        organisation_id=case.organisation_id,
        system_id=known if known and access_queries.system(known) else "",
    )


def agreed_settings(system_id: str, environment: Environment) -> ConsumerSettings:
    """Return what is agreed with a system."""
    return access_queries.settings_of(system_id, environment)


def mark(settings: ConsumerSettings) -> str:
    """Return a name for the limits of ``settings``: two people who change the same ones meet here."""
    return ",".join(str(getattr(settings, name)) for name in LIMITS)


def change_limits(
    desk: Desk,
    actor: Actor,
    reference: str,
    environment: Environment,
    values: Mapping[str, int | None],
    reason: str,
    *,
    known: str | None = None,
) -> None:
    """Agree on limits with one system; ``None`` goes back to the default. Raises ``Refusal``.

    ``known`` is the ``mark`` of the limits that the person saw: nothing agreed since then is undone unseen.
    """
    if not reason.strip():
        raise refuse(say("Give a reason; the other side reads it."))
    wanted: dict[str, Any] = {name: values.get(name) for name in LIMITS}
    for name, value in wanted.items():
        top = MAX_BYTES if name in ("stored_bytes", "largest_document") else MAX_VALUE
        if value is not None and not 0 <= value <= top:
            raise refuse(say("A limit is a whole number from 0 to %(top)s.", top=top))
    with transaction.atomic():
        case = store.load(actor, reference)
        require(actor, Right.CHANGE_QUOTA)
        system = connected_system(actor, reference)
        if not system.system_id:
            raise refuse(say("The gateway does not know this system yet."))
        agreed = agreed_settings(system.system_id, environment)
        if known is not None and known != mark(agreed):
            raise store.stale()
        at = desk.clock.now()
        data = {"environment": environment.value, "limits": wanted}
        history.record(desk, actor, case, "limits-changed", Side.OPERATOR, reason=reason, data=data)
        access.change_settings(
            system_id=system.system_id,
            environment=environment,
            settings=replace(agreed, **wanted),
            at=at,
            actor=actor.label,
            reason=reason.strip()[:500],
        )
