"""A hundred documents: as a batch, and on two cores. Every figure about two cores stands beside its floor."""

from __future__ import annotations

import contextlib
import functools
import itertools
import multiprocessing
import os
import statistics
import tempfile
from functools import partial
from multiprocessing.synchronize import Barrier
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from msign.ops.bench_rows import BenchRow, paired
from msign.ops.bench_scaling import BarePair, Pace, Watch, children, key_and_files, scaling
from msign.ops.bench_stage import Bench
from msign.signing import pades
from msign.signing.batch import BatchItem, Tools, complete_batch, prepare_batch, sign_batch

_BATCH = 100
_PACE = 2000  # documents, so that two processes have something to share
_TURNS = 5  # neighbours in time compare: a shared machine disturbs one turn more than another
_WARM = 20


def batch_rows(folder: Path, size: int) -> list[BenchRow]:
    """Measure and return the rows about many documents of this size."""
    bench = Bench(folder, size)
    return [*_together(bench, folder), *_on_two_cores(bench, folder, size)]


def _together(bench: Bench, folder: Path) -> list[BenchRow]:
    items = [BatchItem(str(one), bench.source, folder / f"batch-{one}.pdf") for one in range(_BATCH)]

    def whole() -> None:
        batch = prepare_batch(items, certificate=bench.signer.certificate, chain=bench.signer.chain)
        values = {one.id: bench.signer.key.sign(one.prepared.data_to_sign) for one in batch.prepared}
        complete_batch(batch, values, tsa=bench.tsa, parallel=1)

    def one_by_one() -> None:
        for one in items:
            pades.sign(one.source, one.target, signer=bench.signer, tsa=bench.tsa)

    single, together, ratio = paired(one_by_one, whole, runs=5, before=partial(_tidy, folder))
    return [
        BenchRow("100 small PDFs one by one", single, None, "whole signatures"),
        BenchRow("100 small PDFs as a batch", together, ratio, "to one by one; goal 1.2"),
    ]


def _on_two_cores(bench: Bench, folder: Path, size: int) -> list[BenchRow]:
    """Take turns: our batch, the same signatures in processes that share nothing, and their bare part."""
    pkcs8 = bench.private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    tidy = partial(_tidy, folder)
    with (
        contextlib.closing(BarePair(partial(sign_alone, folder, size), tidy=tidy)) as alone,
        contextlib.closing(BarePair(partial(key_and_files, pkcs8, folder, size), tidy=tidy)) as bare,
    ):
        turns = [
            ((_pace(folder, bench.source, 1), _pace(folder, bench.source, 2)), alone.turn(_PACE), bare.turn(_PACE))
            for _ in range(_TURNS)
        ]
    whole, apart, floor = (list(one) for one in zip(*turns, strict=True))
    return [
        BenchRow("100 small PDFs, one process", _each(whole, 0), None, "after start-up"),
        _row("100 small PDFs, two processes", whole, "goal 1.9"),
        _row("  signed by two processes that share nothing", apart, "the difference is what handing out costs"),
        _row("  key operation and new file alone, likewise", floor, "the floor: what this machine and its disk give"),
    ]


def _row(name: str, turns: list[tuple[Pace, Pace]], what: str) -> BenchRow:
    found = scaling(turns)
    return BenchRow(name, _each(turns, 1), found.ratio, f"{found}; {what}")


def _each(turns: list[tuple[Pace, Pace]], which: int) -> float:
    """Return the middle of the turns in milliseconds for a hundred."""
    return statistics.median(turn[which].wall for turn in turns) * 1000 * _BATCH / _PACE


def _pace(folder: Path, source: Path, processes: int) -> Pace:
    """Sign through ``sign_batch``; what starting and stopping processes costs is left out.

    Files of the turn before are removed first: writing over them would wait for the disk, each time anew.
    """
    _tidy(folder)
    items = [BatchItem(str(one), source, folder / f"pace-{one}.pdf") for one in range(_PACE)]
    all_started, others = multiprocessing.get_context("spawn").Barrier(processes), children()
    outcomes = sign_batch(
        items, make_tools=partial(_tools, folder, source.stat().st_size, all_started), processes=processes
    )
    next(outcomes)
    watch = Watch([one for one in children() if one not in others] or [os.getpid()])
    rest = sum(1 for _ in itertools.islice(outcomes, _PACE - 1))
    taken = watch.stop()
    list(outcomes)  # lets the processes go
    share = _PACE / rest
    return Pace(taken.wall * share, taken.on_core * share, taken.in_line * share)


def _tools(folder: Path, size: int, all_started: Barrier) -> Tools:
    bench = _warm_bench(folder, size)
    all_started.wait()
    return Tools(bench.signer, bench.tsa)


@functools.lru_cache(maxsize=1)
def _warm_bench(folder: Path, size: int) -> Bench:
    """Return the stage of this process, used a few times already."""
    bench = Bench(Path(tempfile.mkdtemp(dir=folder)), size)
    for _ in range(_WARM):
        bench.sign()
        bench.clear()
    return bench


def sign_alone(folder: Path, size: int, rounds: int) -> None:
    """Sign one document again and again, each time into a new file of a folder that both processes share."""
    bench = _warm_bench(folder, size)
    for serial in range(rounds):
        pades.sign(bench.source, folder / f"alone-{os.getpid()}-{serial}", signer=bench.signer, tsa=bench.tsa)


def _tidy(folder: Path) -> None:
    for one in itertools.chain.from_iterable(map(folder.glob, ("batch-*", "pace-*", "alone-*", "bare-*"))):
        one.unlink()
