"""Which promise runs in which state, and the turns of a case as its row keeps them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from msign.connections.calendar import Reading, Turn, read_clocks
from msign.connections.escalation import days_at
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


# Steps as the statistics count them: the operator's promises, and what the beneficiary does in between.
STEPS: dict[State, str] = {
    **dict.fromkeys((State.SUBMITTED, State.IN_REVIEW, State.NEEDS_INFO), "review"),
    State.CONFIRMED: "documents",
    State.AWAITING_SIGNATURE: "signing",
    State.AWAITING_TECHNICAL_DATA: "technical-data",
    State.DATA_COMPLETE: "test",
    State.TEST_CONFIGURED: "testing",
    State.TESTING: "testing",
    **dict.fromkeys(_VALIDATION, "validation"),
    State.PRODUCTION_READY: "production",
}


def step_limit(state: State, policy: DeskPolicy) -> float | None:
    """Return what is promised for one step alone; writing the documents is part of the review's promise."""
    return None if STEPS.get(state) == "documents" else limit(state, policy)


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Moments at which something falls due if nobody acts before; all empty while the operator's clock stands."""

    due: dt.datetime | None = None
    near: dt.datetime | None = None
    next_rung: dt.datetime | None = None


def deadlines(
    turns: Sequence[Sequence[str | None]], state: State, policy: DeskPolicy, now: dt.datetime, rung: int
) -> Deadlines:
    """Return when the promise breaks, when that is near, and when rung ``rung`` of the ladder is due."""
    shown = reading(turns, state, policy, now)
    if shown.running is not Side.OPERATOR or shown.limit_days is None:
        return Deadlines()
    since = dt.datetime.fromisoformat(turns[-1][0] or "")
    before = shown.operator_days - policy.calendar.between(since, now)

    def moment(days: float | None) -> dt.datetime | None:
        return None if days is None else policy.calendar.add(since, max(0.0, days - before))

    ladder = policy.escalation
    return Deadlines(
        due=shown.due,
        near=moment(ladder.near_share * shown.limit_days),
        next_rung=moment(days_at(ladder, rung, shown.limit_days)),
    )


def reading(turns: Sequence[Sequence[str | None]], state: State, policy: DeskPolicy, now: dt.datetime) -> Reading:
    """Return both clocks of a case."""
    parsed = [
        Turn(dt.datetime.fromisoformat(since or ""), Side(side) if side else None, name or "")
        for since, side, name in turns
    ]
    return read_clocks(parsed, now, policy.calendar, limit(state, policy))
