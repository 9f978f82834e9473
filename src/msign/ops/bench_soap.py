"""The SOAP interface under work, over real mutual TLS: what a call costs beside one that does nothing.

Small messages only; documents, journeys and memory are measured by `bench_gateway`.
"""

from __future__ import annotations

import os
import statistics
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from msign.client.api import SoapClient
from msign.client.outgoing import Outgoing, ToVerify
from msign.kernel.clock import monotonic
from msign.kernel.words import ContentType
from msign.ops import bench_access, instance
from msign.ops.bench_rows import BenchRow
from msign.ops.instance import Instance

CALLS = 100
AT_ONCE = 4
NOWHERE = Path(os.devnull)
Work = Callable[[SoapClient], object]


def rows() -> list[BenchRow]:
    """Start an installation in a temporary folder, call its test API, and return what was seen."""
    with tempfile.TemporaryDirectory() as folder, instance.running(Path(folder) / "var") as running:
        with running.client() as client:
            pending = _post(client)
        floor = _timed(running, SoapClient.wsdl)
        calls: dict[str, Work] = {
            "GET of the WSDL: no gate, no database": SoapClient.wsdl,
            "GetSignResponse, pending": partial(_get, pending),
            "PostSignRequest, one hash": _post,
            "VerifySignatures, one unreadable XAdES": _verify,
        }
        found = [_row(name, _timed(running, work), _rate(running, work), floor) for name, work in calls.items()]
        found.append(_row("New connection and GetSignResponse", *_connections(running, pending), floor))
        return [*found, *_decisions(running, posting=found[2].median_ms)]


def _row(name: str, durations: list[float], rate: float, floor: list[float]) -> BenchRow:
    ordered = sorted(durations)
    late = ordered[int(len(ordered) * 0.95)]
    median = statistics.median(ordered)
    what = f"p95 {late:,.1f} ms; {rate:,.0f} a second, {AT_ONCE} at once; ratio to the WSDL"
    return BenchRow(name, median, median / statistics.median(floor), what)


def _decisions(running: Instance, posting: float) -> list[BenchRow]:
    remembered, cold = bench_access.costs(running)
    what = "share of PostSignRequest, one hash"
    return [
        BenchRow("Access decision, remembered", remembered, remembered / posting, f"{what}; goal: under 0.02"),
        BenchRow("Access decision, cold", cold, cold / posting, f"{what}; goal: under 0.20"),
    ]


def _timed(running: Instance, work: Work, calls: int = CALLS) -> list[float]:
    """Return milliseconds of each call, one after the other on one connection, after a few uncounted ones."""
    with running.client() as client:
        for _ in range(5):
            work(client)
        return [_milliseconds(partial(work, client)) for _ in range(calls)]


def _rate(running: Instance, work: Work) -> float:
    """Return calls a second with a few clients at once, each on its own connection."""
    started = monotonic()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        counts = list(pool.map(lambda _n: len(_timed(running, work, CALLS // 4)), range(AT_ONCE)))
    return sum(counts) / (monotonic() - started)


def _connections(running: Instance, pending: str) -> tuple[list[float], float]:
    """Time calls that each bring their own TCP connection and handshake, as node-soap's do."""

    def once() -> None:
        with running.client() as client:
            _get(pending, client)

    durations = [_milliseconds(once) for _ in range(CALLS // 4)]
    started = monotonic()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda _n: once(), range(CALLS // 2)))
    return durations, CALLS // 2 / (monotonic() - started)


def _milliseconds(work: Callable[[], object]) -> float:
    started = monotonic()
    work()
    return (monotonic() - started) * 1000


def _post(client: SoapClient) -> str:
    content = Outgoing(os.urandom(32))
    return client.post([content], content_type=ContentType.HASH, short_description="Measurement")


def _get(request_id: str, client: SoapClient) -> object:
    return client.get_response(request_id, lambda _n: NOWHERE)


def _verify(client: SoapClient) -> object:
    return client.verify([ToVerify(b"<none/>", bytes(32))], content_type=ContentType.HASH)
