"""Who at the operator is told when a promise is near its end, and again when it is broken. Pure: no clock, no rows."""

from __future__ import annotations

import enum
import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field


class Told(enum.StrEnum):
    """Who is told at a rung."""

    REVIEWER = "reviewer"  # whoever has the case, else everybody who may take it
    REVIEWERS = "reviewers"
    HEAD = "head"  # and all reviewers


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of the ladder: at this share of the promised working days, these people."""

    share: float
    told: Told


@dataclass(frozen=True, slots=True)
class EscalationPolicy:
    """The ladder. After its last rung the same people are told again, every ``repeat_days`` working days."""

    rungs: tuple[Rung, ...] = (Rung(0.5, Told.REVIEWER), Rung(0.8, Told.REVIEWERS), Rung(1.0, Told.HEAD))
    repeat_days: float = 2.0  # zero: told once, then never again
    near_share: float = 0.8  # from here on lists call a case nearly due
    head: tuple[str, ...] = field(default=())  # mailboxes of those who answer for the operator's promises


def read_rungs(lines: Iterable[str]) -> tuple[Rung, ...]:
    """Return the rungs of settings like ``80:reviewers``. Raises ``ValueError`` that says what was expected."""
    rungs = tuple(map(_rung, lines))
    if any(one.share >= other.share for one, other in itertools.pairwise(rungs)):
        raise ValueError("the rungs must rise, like 50:reviewer, 80:reviewers, 100:head")
    return rungs


def _rung(line: str) -> Rung:
    percent, _colon, told = line.partition(":")
    if not percent.strip().isdecimal() or not 0 < int(percent) <= 1000 or told.strip() not in set(Told):
        raise ValueError(f"{line!r} is not of the form PERCENT:WHO with WHO one of {', '.join(Told)}")
    return Rung(int(percent) / 100, Told(told.strip()))


def rung(policy: EscalationPolicy, number: int) -> Rung:
    """Return the rung with this number (from 0); past the top it is the last one, repeated."""
    return policy.rungs[min(number, len(policy.rungs) - 1)]


def days_at(policy: EscalationPolicy, number: int, limit_days: float) -> float | None:
    """Return the operator's working days at which rung ``number`` is due; ``None`` when there is no such rung."""
    if not policy.rungs:
        return None
    beyond = number - len(policy.rungs) + 1
    if beyond <= 0:
        return policy.rungs[number].share * limit_days
    if policy.repeat_days <= 0:
        return None
    return policy.rungs[-1].share * limit_days + beyond * policy.repeat_days


def climbed(policy: EscalationPolicy, spent_days: float, limit_days: float, already: int) -> int:
    """Return how many rungs are climbed after ``spent_days``; never fewer than ``already``.

    Rungs that passed while nobody looked are climbed together: people get one letter, the most urgent.
    """
    number = already
    while (due := days_at(policy, number, limit_days)) is not None and spent_days >= due:
        number += 1
    return number
