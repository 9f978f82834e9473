"""What two processes reach on this machine when they share nothing: the floor beside every row about two cores.

Two cores of a virtual machine do not always give twice one core: neighbours, clock rates and disks have their share.
"""

from __future__ import annotations

import concurrent.futures
import hashlib
import itertools
import multiprocessing
import statistics
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.serialization import load_der_private_key

from msign.kernel.clock import monotonic
from msign.signing.keys import InMemoryKey

_MIB = 1024 * 1024


def bare_scaling(work: Callable[[int], object], rounds: int, turns: int = 5) -> float:
    """Return how many times the ``rounds`` of one process two of them do together; the middle of several turns.

    ``work`` takes a number of rounds, and is importable in a new process.
    """
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        list(pool.map(work, [1, 1]))
        return statistics.median(2 * _pace(pool, work, rounds, 1) / _pace(pool, work, rounds, 2) for _ in range(turns))


def _pace(pool: concurrent.futures.Executor, work: Callable[[int], object], rounds: int, processes: int) -> float:
    started = monotonic()
    list(pool.map(work, [rounds] * processes))
    return monotonic() - started


def arithmetic(rounds: int) -> int:
    """Do a bit of what judging does: interpret, and hash."""
    block, total = bytes(_MIB), 0
    for _ in range(rounds):
        total += hashlib.sha256(block).digest()[0] + sum(index % 7 for index in range(10_000))
    return total


def key_and_files(pkcs8: bytes, folder: Path, size: int, rounds: int) -> None:
    """Do the bare part of a signature: a raw key operation, and a new file in a folder that both share."""
    key, content = InMemoryKey(load_der_private_key(pkcs8, None)), bytes(size)
    serial = itertools.count()
    for _ in range(rounds):
        content = content[:-256] + key.sign(hashlib.sha256(content).digest())
        (folder / f"bare-{multiprocessing.current_process().pid}-{next(serial)}").write_bytes(content)
