"""The history of a case: one line for everything that happened, with the data it was about."""

from __future__ import annotations

from typing import Any

from msign.connections.actors import Actor
from msign.connections.models import Case, HistoryEvent
from msign.connections.ports import Desk
from msign.connections.states import Side, State


def record(
    desk: Desk,
    actor: Actor,
    case: Case,
    action: str,
    side: Side,
    *,
    source: State | None = None,
    reason: str = "",
    data: dict[str, Any] | None = None,
) -> HistoryEvent:
    """Write a line of the case's history."""
    return HistoryEvent.objects.create(
        case=case,
        moment=desk.clock.now(),
        actor_id=actor.person_id,
        side=side.value,
        action=action,
        source=source.value if source else "",
        target=case.state,
        reason=reason.strip(),
        data=data or {},
    )
