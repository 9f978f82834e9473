"""The gateway under work: whole journeys, each operation's time, the API process's memory with a 100 MB document."""

from __future__ import annotations

import os
import re
import statistics
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from reportlab.pdfgen.canvas import Canvas

from msign.client.outgoing import Outgoing, ToVerify
from msign.kernel.clock import monotonic
from msign.kernel.limits import MIB
from msign.kernel.words import ContentType
from msign.ops import bench_pages, instance, person
from msign.ops.bench_rows import BenchRow
from msign.ops.instance import Instance
from msign.ops.person import Part
from msign.ops.sandbox import stage

JOURNEYS = 40
AT_ONCE = 4
BIG_BYTES = 99 * MIB


@dataclass(slots=True)
class _Times:
    """Durations in milliseconds, by operation."""

    seen: dict[str, list[float]] = field(default_factory=dict)

    @contextmanager
    def measure(self, name: str) -> Iterator[None]:
        started = monotonic()
        yield
        self.seen.setdefault(name, []).append((monotonic() - started) * 1000)

    def row(self, name: str, what: str) -> BenchRow:
        found = sorted(self.seen[name])
        late = found[min(len(found) - 1, int(len(found) * 0.95))]
        return BenchRow(name, statistics.median(found), None, f"p95 {late:,.1f} ms; {len(found)} calls; {what}")


def rows() -> list[BenchRow]:
    """Start an installation in a temporary folder, work it, and return what was seen."""
    with tempfile.TemporaryDirectory() as folder, instance.running(Path(folder) / "var") as running:
        small = _document(Path(folder) / "small.pdf")
        times = _Times()
        _journey(running, small, _Times(), Path(folder))  # warm
        for _ in range(10):
            _journey(running, small, times, Path(folder))
        return [
            times.row("PostSignRequest", "small PDF, mutual TLS"),
            times.row("Sign page to Success", "page, provider, simulated phone, judgement"),
            times.row("GetSignResponse", "the signed PDF"),
            times.row("VerifySignatures", "the signed PDF"),
            *_pages(running, small),
            _throughput(running, small, Path(folder)),
            *_memory(running, Path(folder)),
        ]


def _journey(running: Instance, document: Path, times: _Times, folder: Path) -> None:
    with running.client() as client, tempfile.TemporaryDirectory(dir=folder) as own:
        target = Path(own) / "signed.pdf"
        with times.measure("PostSignRequest"):
            posted = client.post([Outgoing(document)], content_type=ContentType.PDF, short_description="Measurement")
        with times.measure("Sign page to Success"):
            person.play(stage(running.options), posted, Part())
        with times.measure("GetSignResponse"):
            client.get_response(posted, lambda _n: target)
        with times.measure("VerifySignatures"):
            client.verify([ToVerify(target)], content_type=ContentType.PDF)


def _pages(running: Instance, document: Path) -> list[BenchRow]:
    with running.client() as client:
        posted = client.post([Outgoing(document)], content_type=ContentType.PDF, short_description="Measurement")
    return bench_pages.rows(running.options.web_url, posted)


def _throughput(running: Instance, document: Path, folder: Path) -> BenchRow:
    times, started = _Times(), monotonic()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda _n: _journey(running, document, times, folder), range(JOURNEYS)))
    seconds = monotonic() - started
    what = f"{JOURNEYS / seconds:,.1f} journeys a second, {AT_ONCE} at once, {os.cpu_count()} cores for everything"
    return BenchRow("Whole journey under load", seconds * 1000 / JOURNEYS, None, what)


def _memory(running: Instance, folder: Path) -> list[BenchRow]:
    """Post and fetch a 100 MB document; the kernel's own high-water mark tells what it cost."""
    big = _padded(folder / "big.pdf", BIG_BYTES)
    api = next(pid for pid, words in running.children() if "--environment test" in words)
    idle, times, found = _high_water(api), _Times(), []
    with running.client() as client:
        with times.measure("post"):
            posted = client.post([Outgoing(big)], content_type=ContentType.PDF, short_description="Measurement")
        found.append(_memory_row("PostSignRequest, 100 MB PDF", times.seen["post"][0], api, idle))
        person.play(stage(running.options), posted, Part())
        with times.measure("get"):
            client.get_response(posted, lambda _n: folder / "big.signed.pdf")
        found.append(_memory_row("GetSignResponse, 100 MB PDF", times.seen["get"][0], api, idle))
    return found


def _memory_row(name: str, duration: float, pid: int, idle: float) -> BenchRow:
    return BenchRow(name, duration, None, f"API process {_high_water(pid) - idle:,.0f} MB above idle ({idle:,.0f} MB)")


def _high_water(pid: int) -> float:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text("utf-8"))
    return int(found[1]) / 1024 if found else 0.0


def _document(path: Path) -> Path:
    canvas = Canvas(str(path), invariant=True)
    for page in range(10):
        canvas.drawString(72, 770, f"Page {page + 1} of a document for measurements")
        canvas.showPage()
    canvas.save()
    return path


def _padded(path: Path, size: int) -> Path:
    """Write a PDF of ``size`` bytes: an ordinary one with an embedded stream of noise."""
    noise = os.urandom(MIB)
    body = b"%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n"
    pages = b"2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n"
    page = b"3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>\nendobj\n"
    head = f"4 0 obj\n<</Length {size}>>\nstream\n".encode()
    offsets = [len(body.split(b"1 0 obj")[0])]
    offsets += [len(body), len(body + pages), len(body + pages + page)]
    with path.open("wb") as file:
        file.write(body + pages + page + head)
        for start in range(0, size, MIB):
            file.write(noise[: min(MIB, size - start)])
        file.write(b"\nendstream\nendobj\n")
        table = file.tell()
        file.write(b"xref\n0 5\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % offset for offset in offsets))
        file.write(b"trailer\n<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % table)
    return path
