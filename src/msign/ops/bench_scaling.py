"""What two processes reach on this machine beside one, and what kept them from twice: other programs, or the machine.

Two cores of a virtual machine do not always give twice one core: neighbours, clock rates, caches and disks have their
share. So every row about two cores stands beside the same measurement of processes that share nothing.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import hashlib
import multiprocessing
import os
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier
from pathlib import Path

from cryptography.hazmat.primitives.serialization import load_der_private_key

from msign.kernel.clock import monotonic
from msign.signing.keys import InMemoryKey

_MIB = 1024 * 1024
_NANO = 1e-9


@dataclass(frozen=True, slots=True)
class Pace:
    """What a piece of work took: seconds on the wall, on cores, and in line for a core that another program held.

    The last two are sums over the processes that worked; zero where the system does not tell (it is Linux that does).
    """

    wall: float
    on_core: float = 0.0
    in_line: float = 0.0


@dataclass(frozen=True, slots=True)
class Scaling:
    """How many times the work of one process two do in the same time, and what of the rest is explained."""

    ratio: float
    undisturbed: float  # the ratio with the time left out that processes stood in line behind other programs
    dearer: float  # times the core time that a piece of work takes while both processes run

    def __str__(self) -> str:
        dearer = f", core time a piece {self.dearer - 1:+.0%}" if self.dearer else ""
        return f"{self.ratio:.2f} times one ({self.undisturbed:.2f} without waits for a core{dearer})"


def scaling(turns: list[tuple[Pace, Pace]]) -> Scaling:
    """Return the middle of several turns of the same amount of work by one process and by two."""
    return Scaling(
        ratio=statistics.median(one.wall / two.wall for one, two in turns),
        undisturbed=statistics.median((one.wall - one.in_line) / (two.wall - two.in_line / 2) for one, two in turns),
        dearer=statistics.median(two.on_core / one.on_core if one.on_core else 0.0 for one, two in turns),
    )


class BarePair:
    """Two processes that share nothing. ``work`` takes a number of rounds, and is importable in a new process."""

    def __init__(self, work: Callable[[int], object], *, tidy: Callable[[], object] = lambda: None) -> None:
        context, others = multiprocessing.get_context("spawn"), children()
        both = (work, context.Barrier(2))
        self._pool = concurrent.futures.ProcessPoolExecutor(2, mp_context=context, initializer=_warm, initargs=both)
        self._work, self._tidy = work, tidy
        list(self._pool.map(work, [1, 1]))
        self._processes = [one for one in children() if one not in others]

    def turn(self, rounds: int) -> tuple[Pace, Pace]:
        """Return how one of them does all the rounds, then how both do half of them each."""
        return self._pace([rounds]), self._pace([rounds // 2] * 2)

    def _pace(self, shares: list[int]) -> Pace:
        self._tidy()
        watch = Watch(self._processes)
        list(self._pool.map(self._work, shares))
        return watch.stop()

    def close(self) -> None:
        """Let the processes go."""
        self._pool.shutdown()


def _warm(work: Callable[[int], object], all_started: Barrier) -> None:
    work(1)
    all_started.wait()


def bare_scaling(work: Callable[[int], object], rounds: int, turns: int = 5) -> Scaling:
    """Return how two processes that share nothing do ``rounds`` of ``work`` together."""
    with contextlib.closing(BarePair(work)) as pair:
        return scaling([pair.turn(rounds) for _ in range(turns)])


class Watch:
    """Watches from outside what processes get of the cores."""

    def __init__(self, processes: list[int]) -> None:
        self._processes, self._before, self._started = processes, _core_times(processes), monotonic()

    def stop(self) -> Pace:
        """Return what they took since the beginning."""
        wall, now = monotonic() - self._started, _core_times(self._processes)
        return Pace(wall, now[0] - self._before[0], now[1] - self._before[1])


def children() -> list[int]:
    """Return the numbers of the processes that this one has started."""
    return [one.pid for one in multiprocessing.active_children() if one.pid]


def _core_times(processes: list[int]) -> tuple[float, float]:
    """Return seconds on cores and in line for one, in sum, of the first thread of each process."""
    files = [Path(f"/proc/{process}/schedstat") for process in processes]
    told = [file.read_text("ascii").split() for file in files if file.exists()]
    return sum(int(one[0]) for one in told) * _NANO, sum(int(one[1]) for one in told) * _NANO


def arithmetic(rounds: int) -> int:
    """Do a bit of what judging does: interpret, and hash."""
    block, total = bytes(_MIB), 0
    for _ in range(rounds):
        total += hashlib.sha256(block).digest()[0] + sum(index % 7 for index in range(10_000))
    return total


def key_and_files(pkcs8: bytes, folder: Path, size: int, rounds: int) -> None:
    """Do the bare part of a signature: a raw key operation, and a new file in a folder that both share."""
    key, content = InMemoryKey(load_der_private_key(pkcs8, None)), bytes(size)
    for serial in range(rounds):
        content = content[:-256] + key.sign(hashlib.sha256(content).digest())
        (folder / f"bare-{os.getpid()}-{serial}").write_bytes(content)
