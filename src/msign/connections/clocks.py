"""Which promise runs in which state, and the turns of a case as its row keeps them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from msign.connections.calendar import Reading, Turn, read_clocks
from msign.connections.ports import DeskPolicy
from msign.connections.states import TURN, Side, State

_REVIEW = (State.SUBMITTED, State.IN_REVIEW, State.NEEDS_INFO, State.CONFIRMED)
_VALIDATION = (State.BENEFICIARY_VALIDATED, State.OPERATOR_VALIDATED)


def phase(state: State) -> str:
    """Return the name of the promise that runs in a state."""
    if state in _REVIEW:
        return "review"
    if state is State.DATA_COMPLETE:
        return "test"
    if state in _VALIDATION:
        return "validation"
    return "production" if state is State.PRODUCTION_READY else "beneficiary"


def limit(state: State, policy: DeskPolicy) -> float | None:
    """Return how many working days the operator has in the phase of ``state``."""
    name = phase(state)
    if name == "beneficiary":
        return None
    return policy.review_days if name == "review" else policy.connection_days


def turned(turns: Sequence[Sequence[str | None]], state: State, now: dt.datetime) -> list[list[str | None]]:
    """Return the stored turns with the one that begins now, where side or phase changes."""
    kept = [list(turn) for turn in turns]
    side = TURN[state]
    fresh = [side.value if side else None, phase(state)]
    if not kept or kept[-1][1:] != fresh:
        kept.append([now.isoformat(), *fresh])
    return kept


def reading(turns: Sequence[Sequence[str | None]], state: State, policy: DeskPolicy, now: dt.datetime) -> Reading:
    """Return both clocks of a case."""
    parsed = [
        Turn(dt.datetime.fromisoformat(since or ""), Side(side) if side else None, name or "")
        for since, side, name in turns
    ]
    return read_clocks(parsed, now, policy.calendar, limit(state, policy))
