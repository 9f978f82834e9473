"""What a handler is given and what it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Payload = dict[str, object]


@dataclass(frozen=True, slots=True)
class Task:
    """A claimed job as its handler sees it. ``attempts`` counts this one."""

    kind: str
    key: str
    payload: Payload
    attempts: int


@dataclass(frozen=True, slots=True)
class Done:
    """Nothing is left to do: the row goes."""


@dataclass(frozen=True, slots=True)
class Later:
    """All is well so far; run it again after ``seconds``, or sooner when somebody wakes it."""

    seconds: float


@dataclass(frozen=True, slots=True)
class GivenUp:
    """It can never succeed. The row stays with ``reason`` for the operator to see, and is not run again."""

    reason: str


Outcome = Done | Later | GivenUp
Handler = Callable[[Task], Outcome]


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much work there is; for health checks and the operator's screen."""

    due: int
    leased: int
    given_up: int
