"""Suspension as independent flags: each has its own reason and its own key; access rests while any of them stands."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from msign.connections.states import Permitted, Refused, Side, State
from msign.connections.words import Sentence, mark, say


class Flag(enum.StrEnum):
    """Why a connection rests."""

    BENEFICIARY = "beneficiary"
    OPERATOR = "operator"
    INCIDENT = "incident"
    FEE_UNPAID = "fee-unpaid"
    CONTRACT_ENDED = "contract-ended"
    RRSI_REMOVED = "rrsi-removed"


_KEEPERS: dict[Flag, frozenset[Side]] = {
    Flag.BENEFICIARY: frozenset({Side.BENEFICIARY}),
    Flag.OPERATOR: frozenset({Side.OPERATOR}),
    Flag.INCIDENT: frozenset({Side.OPERATOR}),
    Flag.FEE_UNPAID: frozenset({Side.SYSTEM}),
    Flag.CONTRACT_ENDED: frozenset({Side.SYSTEM, Side.OPERATOR}),
    Flag.RRSI_REMOVED: frozenset({Side.SYSTEM, Side.OPERATOR}),
}

NAMES: dict[Flag, str] = {
    Flag.BENEFICIARY: mark("Suspended by the beneficiary"),
    Flag.OPERATOR: mark("Suspended by the operator"),
    Flag.INCIDENT: mark("Suspended after a security incident"),
    Flag.FEE_UNPAID: mark("Suspended because a fee is not paid"),
    Flag.CONTRACT_ENDED: mark("Suspended because the contract has ended"),
    Flag.RRSI_REMOVED: mark("Suspended because the system was removed from the RRSI"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """The flags after an allowed change; ``rests`` tells whether access must be off."""

    flags: frozenset[Flag]

    @property
    def rests(self) -> bool:
        """Whether access is off."""
        return bool(self.flags)


def raise_flag(flags: frozenset[Flag], flag: Flag, side: Side, *, reason: str, live: bool) -> Change | Refused:
    """Return the flags with ``flag``; refuse the wrong side, a missing reason, a repeated flag, nothing to suspend."""
    problems = _keeper(flag, side)
    if not live:
        problems += (say("No access is granted yet, so there is nothing to suspend."),)
    if not reason.strip():
        problems += (say("Give a reason; the other side reads it."),)
    if flag in flags:
        problems += (say("The connection is already suspended for this reason."),)
    return Refused(problems) if problems else Change(flags | {flag})


def clear_flag(flags: frozenset[Flag], flag: Flag, side: Side) -> Change | Refused:
    """Return the flags without ``flag``; only its keeper clears it, so nobody lifts another's suspension."""
    problems = _keeper(flag, side)
    if flag not in flags:
        problems += (say("The connection is not suspended for this reason."),)
    return Refused(problems) if problems else Change(flags - {flag})


def _keeper(flag: Flag, side: Side) -> tuple[Sentence, ...]:
    if side in _KEEPERS[flag]:
        return ()
    return (say("Somebody else keeps this suspension; you cannot set or lift it."),)


class Access(enum.StrEnum):
    """What an environment's access is, as far as the desk wants it."""

    NONE = "none"
    CONFIGURED = "configured"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    TERMINATED = "terminated"


def wanted_access(*, granted: bool, seen: bool, flags: frozenset[Flag], state: State) -> Access:
    """Return the access that follows from what was granted, whether a call was seen, the flags and the request."""
    if state is State.TERMINATED:
        return Access.TERMINATED
    if not granted:
        return Access.NONE
    if flags:
        return Access.SUSPENDED
    return Access.ACTIVE if seen else Access.CONFIGURED


__all__ = ["NAMES", "Access", "Change", "Flag", "Permitted", "Refused", "clear_flag", "raise_flag", "wanted_access"]
