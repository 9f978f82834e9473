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


def paired(
    base: Callable[[], object], work: Callable[[], object], *, runs: int, before: Callable[[], object] = lambda: None
) -> tuple[float, float, float]:
    """Return the medians of two pieces of work run in turns, and the median of their ratios.

    In turns, because a shared machine changes its pace from one second to the next: neighbours in time compare.
    ``before`` takes away what the run before has left; removing a file is nobody's signature.
    """

    def once(one: Callable[[], object], warm: int = 0) -> float:
        return median_ms(one, runs=1, warm=warm, before=before)

    once(base, warm=2)
    once(work, warm=2)
    pairs = [(once(base), once(work)) for _ in range(runs)]
    ratios = [work_ms / base_ms for base_ms, work_ms in pairs]
    quick, slow = zip(*pairs, strict=True)
    return statistics.median(quick), statistics.median(slow), statistics.median(ratios)
