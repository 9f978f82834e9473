"""What a person has at the desk: connections under way, those that are over, and those whose data can be changed."""

from __future__ import annotations

from dataclasses import dataclass

from msign.connections.actors import Actor
from msign.connections.models import Case, Grant
from msign.connections.ports import Desk
from msign.connections.queries.cases import line
from msign.connections.states import ENDED, Action, Side, State, actions_from
from msign.connections.values import CaseLine
from msign.kernel.words import Environment

_PAST = ENDED - {State.COMPLETED}  # a completed connection works; it is nothing of the past


@dataclass(frozen=True, slots=True)
class OwnCases:
    """The two tabs of a person's home, each newest first."""

    active: tuple[CaseLine, ...]
    past: tuple[CaseLine, ...]


def own_cases(desk: Desk, actor: Actor) -> OwnCases:
    """Return the cases of the organisations that a person belongs to."""
    rows = Case.objects.filter(organisation_id__in=actor.team).select_related("organisation", "system", "reviewer")
    lines = [line(desk, row) for row in rows.order_by("-changed")]
    return OwnCases(
        tuple(one for one in lines if one.state not in _PAST), tuple(one for one in lines if one.state in _PAST)
    )


def changeable(desk: Desk, actor: Actor) -> tuple[CaseLine, ...]:
    """Return the live connections whose data the person may ask to change now."""
    live = Grant.objects.filter(environment=Environment.PRODUCTION, ended=None, case__organisation_id__in=actor.team)
    rows = Case.objects.filter(pk__in=live.values_list("case_id", flat=True))
    listed = rows.select_related("organisation", "system", "reviewer").order_by("answers__system_name", "pk")
    return tuple(
        line(desk, row)
        for row in listed
        if Action.REOPEN in actions_from(State(row.state), Side.BENEFICIARY)
        and actor.may(Action.REOPEN, row.organisation_id)
    )
