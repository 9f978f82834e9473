"""The signing engine beside the floor and beside stock pyHanko, on the same documents in the same run."""

from __future__ import annotations

import concurrent.futures
import multiprocessing
import resource
import tempfile
from pathlib import Path

from msign.ops.bench_batch import batch_rows
from msign.ops.bench_rows import BenchRow, median_ms, paired
from msign.ops.bench_stage import Bench, LocalAuthority, write_pdf
from msign.signing import xades

__all__ = ["Bench", "LocalAuthority", "rows", "write_pdf"]

_MIB = 1024 * 1024
_SMALL, _LARGE, _HUGE = 50 * 1024, 20 * _MIB, 350 * _MIB


def rows() -> list[BenchRow]:
    """Measure and return the table of docs/performance.md."""
    with tempfile.TemporaryDirectory() as name:
        return [
            *_small_rows(Path(name)),
            *_large_rows(Path(name)),
            *_huge_rows(Path(name)),
            *batch_rows(Path(name), _SMALL),
        ]


def _small_rows(folder: Path) -> list[BenchRow]:
    bench = Bench(folder, _SMALL)

    def raw() -> object:
        return bench.signer.key.sign(bytes(300))

    floor, whole, whole_ratio = paired(raw, bench.sign, runs=301, before=bench.clear)
    _, prepared, prepared_ratio = paired(raw, bench.prepare, runs=201, before=bench.clear)
    _, finishing, finishing_ratio = paired(raw, bench.complete, runs=101)
    _, given, given_ratio = paired(raw, lambda: xades.sign(bytes(32), signer=bench.signer, tsa=bench.tsa), runs=301)
    _, stock, stock_ratio = paired(bench.sign, bench.stock, runs=15)
    return [
        BenchRow("RSA-2048, raw key operation", floor, None, "the floor of a small signature"),
        BenchRow("PAdES-B-T, 50 kB, whole signature", whole, whole_ratio, "to the raw key operation; goal 3.0"),
        BenchRow("PAdES-B-T, 50 kB, prepare", prepared, prepared_ratio, "to the raw key operation"),
        BenchRow("PAdES-B-T, 50 kB, complete", finishing, finishing_ratio, "to the raw key operation; with time-stamp"),
        BenchRow("XAdES-B-T over a digest", given, given_ratio, "to the raw key operation; goal 2.0"),
        BenchRow("stock pyHanko, PAdES-B-T, 50 kB", stock, stock_ratio, "times ours; goal above 3.0"),
    ]


def _large_rows(folder: Path) -> list[BenchRow]:
    bench = Bench(folder, _LARGE)
    floor, whole, ratio = paired(bench.floor, bench.sign, runs=11, before=bench.clear)
    _, stock, stock_ratio = paired(bench.sign, bench.stock, runs=5)
    prepared = median_ms(bench.prepare, runs=9, before=bench.clear)
    finished = median_ms(bench.complete, runs=9)
    return [
        BenchRow("20 MB: read, hash, write", floor, None, "the floor of a large signature"),
        BenchRow("PAdES-B-T, 20 MB, file to file", whole, ratio, "to read, hash, write; goal 1.3"),
        BenchRow("PAdES-B-T, 20 MB, prepare", prepared, prepared / floor, "to read, hash, write"),
        BenchRow("PAdES-B-T, 20 MB, complete", finished, finished / floor, "to read, hash, write; with time-stamp"),
        BenchRow("stock pyHanko, PAdES-B-T, 20 MB", stock, stock_ratio, "times ours"),
    ]


def _huge_rows(folder: Path) -> list[BenchRow]:
    """Measure in a process of its own, so that its peak memory is that of this work alone."""
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
        floor, whole, ratio, above_idle = pool.submit(_huge, folder).result()
    what = f"to read, hash, write; goal 1.3. Memory above idle {above_idle / 1024:.0f} MB; goal below 80"
    return [
        BenchRow("350 MB: read, hash, write", floor, None, ""),
        BenchRow("PAdES-B-T, 350 MB, file to file", whole, ratio, what),
    ]


def _huge(folder: Path) -> tuple[float, float, float, int]:
    small = Bench(folder, _SMALL)
    small.sign()  # everything is loaded and warm
    bench = Bench(folder, _HUGE)
    idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    bench.sign()
    above_idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - idle
    return *paired(bench.floor, bench.sign, runs=3, before=bench.clear), above_idle
