from __future__ import annotations

import itertools

import pytest

from msign.connections.states import Refused, Side, State
from msign.connections.suspension import Access, Change, Flag, clear_flag, raise_flag, wanted_access

KEEPERS = {
    Flag.BENEFICIARY: {Side.BENEFICIARY},
    Flag.OPERATOR: {Side.OPERATOR},
    Flag.INCIDENT: {Side.OPERATOR},
    Flag.FEE_UNPAID: {Side.SYSTEM},
    Flag.CONTRACT_ENDED: {Side.SYSTEM, Side.OPERATOR},
    Flag.RRSI_REMOVED: {Side.SYSTEM, Side.OPERATOR},
}


@pytest.mark.parametrize(("flag", "side"), list(itertools.product(Flag, Side)))
def test_only_the_keeper_sets_and_lifts_a_flag(flag: Flag, side: Side) -> None:
    allowed = side in KEEPERS[flag]
    assert isinstance(raise_flag(frozenset(), flag, side, reason="why", live=True), Change) is allowed
    assert isinstance(clear_flag(frozenset({flag}), flag, side), Change) is allowed


def test_flags_are_independent() -> None:
    both = frozenset({Flag.BENEFICIARY, Flag.FEE_UNPAID})
    left = clear_flag(both, Flag.FEE_UNPAID, Side.SYSTEM)
    assert isinstance(left, Change)
    assert left.rests
    assert left.flags == {Flag.BENEFICIARY}


@pytest.mark.parametrize(
    ("flags", "reason", "live"),
    [(frozenset(), "", True), (frozenset(), "why", False), (frozenset({Flag.OPERATOR}), "why", True)],
)
def test_a_flag_is_refused_without_reason_access_or_twice(flags: frozenset[Flag], reason: str, live: bool) -> None:
    assert isinstance(raise_flag(flags, Flag.OPERATOR, Side.OPERATOR, reason=reason, live=live), Refused)


def test_a_flag_that_is_not_set_cannot_be_lifted() -> None:
    assert isinstance(clear_flag(frozenset(), Flag.OPERATOR, Side.OPERATOR), Refused)


@pytest.mark.parametrize(
    ("granted", "seen", "flags", "state", "access"),
    [
        (False, False, frozenset(), State.SUBMITTED, Access.NONE),
        (True, False, frozenset(), State.TEST_CONFIGURED, Access.CONFIGURED),
        (True, True, frozenset(), State.TESTING, Access.ACTIVE),
        (True, True, frozenset({Flag.INCIDENT}), State.COMPLETED, Access.SUSPENDED),
        (True, True, frozenset(), State.TERMINATED, Access.TERMINATED),
        (True, True, frozenset(), State.DRAFT, Access.ACTIVE),  # a reopened form endangers nothing
    ],
)
def test_what_access_follows(granted: bool, seen: bool, flags: frozenset[Flag], state: State, access: Access) -> None:
    assert wanted_access(granted=granted, seen=seen, flags=flags, state=state) is access
