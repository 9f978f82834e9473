"""What a measurement is: one row of the table that `make bench` prints."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass

from msign.kernel.clock import monotonic


@dataclass(frozen=True, slots=True)
class BenchRow:
    """A piece of work, its median in milliseconds, and its ratio to the row that it is compared with."""

    name: str
    median_ms: float
    ratio: float | None = None
    what: str = ""


def median_ms(
    work: Callable[[], object], *, runs: int = 15, warm: int = 2, before: Callable[[], object] = lambda: None
) -> float:
    """Return the median duration of ``work`` in milliseconds over ``runs`` runs after ``warm`` uncounted ones.

    ``before`` tidies up for each run and is not counted.
    """
    for _ in range(warm):
        before()
        work()
    durations = []
    for _ in range(runs):
        before()
        started = monotonic()
        work()
        durations.append((monotonic() - started) * 1000)
    return statistics.median(durations)
