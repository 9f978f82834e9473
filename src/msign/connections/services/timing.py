"""What follows from time when a case moves: its deadlines, and how long each step took. Part of the caller's step."""

from __future__ import annotations

import datetime as dt

from msign.connections import clocks
from msign.connections.models import Case, StepTime
from msign.connections.ports import Desk
from msign.connections.states import TURN, Side, State


def set_deadlines(desk: Desk, case: Case, source: State | None = None) -> None:
    """Write due day, warning and next rung into the row that the caller saves; a new promise begins a new ladder."""
    state = State(case.state)
    if source is not None and clocks.phase(source) != clocks.phase(state):
        case.rung = 0
    found = clocks.deadlines(case.turns, state, desk.policy, desk.clock.now(), case.rung)
    case.due, case.near, case.next_rung = found.due, found.near, found.next_rung


def measure(desk: Desk, case: Case) -> None:
    """Follow a case that has just moved: close the step it left, count both sides' days, open the next one."""
    now, state = desk.clock.now(), State(case.state)
    row = StepTime.objects.filter(case=case, closed=None).first()
    step, side = clocks.STEPS.get(state, ""), TURN[state] or ""
    if row is not None:
        _add_days(desk, row, now)
        row.side, row.closed = str(side), None if row.step == step else now
        row.save()
    if step and (row is None or row.closed is not None):
        limit = clocks.step_limit(state, desk.policy)
        StepTime.objects.create(case=case, step=step, side=str(side), opened=now, since=now, limit_days=limit)


def _add_days(desk: Desk, row: StepTime, now: dt.datetime) -> None:
    days = desk.policy.calendar.between(row.since, now)
    if row.side == Side.OPERATOR:
        row.operator_days += days
    elif row.side == Side.BENEFICIARY:
        row.beneficiary_days += days
    row.since = now
