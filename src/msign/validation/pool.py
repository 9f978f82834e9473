"""Judging in worker processes: a bomb or a hang in a file costs its sender an answer, never the service.

Each worker is bounded in memory, processor time, elapsed time and length of answer. A worker that breaks a bound is
replaced, and the file's report says which bound it was.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import queue
import select
import signal
import struct
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from msign.kernel.clock import monotonic
from msign.kernel.errors import Code, MSignError
from msign.kernel.limits import MIB
from msign.validation.model import DocumentReport, Reason, Verdict
from msign.validation.reports.codec import decode_report

Anchors = frozenset[tuple[str, int, int]]
WORKER_FAILED = "worker-failed"  # refusal that says something of our machine and nothing of the file
_LENGTH = struct.Struct(">I")
MAX_ANSWER = 32 * MIB
# lxml keeps every XML name that a thread has ever seen: after so many files a worker makes room for a new one.
MAX_TASKS = 500
MISCONFIGURED_STATUS = 78  # EX_CONFIG of sysexits.h: a worker whose anchors or policy cannot be read
_INHERITED = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "SYSTEMROOT", "LD_LIBRARY_PATH")


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one file may cost: per started 5 MB of input, plus time to ask the network."""

    seconds_per_unit: float = 2.0
    bytes_per_unit: int = 300 * MIB
    unit: int = 5 * MIB
    most_bytes: int = 2048 * MIB
    network_seconds: float = 25.0

    def units(self, size: int) -> int:
        """Return how many units a file of ``size`` octets has."""
        return max(1, -(-size // self.unit))

    def seconds(self, size: int) -> float:
        """Return the processor seconds for a file."""
        return self.seconds_per_unit * self.units(size)

    def memory(self, size: int) -> int:
        """Return the octets of memory above an idle worker for a file."""
        return min(self.bytes_per_unit * self.units(size), self.most_bytes)


@dataclass(frozen=True, slots=True)
class Content:
    """A detached content for a task: a file, or a digest in hexadecimal."""

    name: str
    path: str = ""
    algorithm: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """One file to judge."""

    path: str
    contents: tuple[Content, ...] = ()
    seconds: float = 0.0
    memory: int = 0
    verb: str = "judge"  # or one of ``looking``: "look", "changes"
    number: int = 0  # what the verb needs: most bytes, or since how many


@dataclass(frozen=True, slots=True)
class WorkerSetup:
    """What a worker builds its validator from; plain words, since it travels to another process."""

    trust: str = ""  # folder
    online: bool = False
    allowed: tuple[str, ...] = ()  # host:port of responders on inner addresses
    at: str = ""
    policy: str = ""  # TOML file; empty: the default policy
    sha1: str = ""  # what becomes of SHA-1 after its date; empty: as the policy says


class _Worker:
    """One process and its two pipes."""

    def __init__(self, pid: int, sink: IO[bytes], source: IO[bytes], wait: Callable[[], object]) -> None:
        self.pid, self._sink, self._source, self._wait = pid, sink, source, wait
        self.asked = 0
        self.trust: Anchors = frozenset()

    def ask(self, task: Task, seconds: float) -> bytes | str:
        """Return the answer, or the code of the bound that was broken."""
        body = json.dumps(dataclasses.asdict(task)).encode()
        self.asked += 1
        try:
            self._sink.write(_LENGTH.pack(len(body)) + body)
            self._sink.flush()
            return self._answer(monotonic() + seconds)
        except (BrokenPipeError, EOFError):
            return self._why_gone()

    def _answer(self, deadline: float) -> bytes | str:
        head = self._read(_LENGTH.size, deadline)
        if head is None:
            return "time-limit"
        [length] = _LENGTH.unpack(head)
        if length > MAX_ANSWER:
            return "output-limit"
        body = self._read(length, deadline)
        return "time-limit" if body is None else body

    def _read(self, count: int, deadline: float) -> bytes | None:
        parts = bytearray()
        descriptor = self._source.fileno()
        while len(parts) < count:
            left = deadline - monotonic()
            if left <= 0 or not _readable(descriptor, left):
                return None
            part = os.read(descriptor, min(count - len(parts), MIB))
            if not part:
                raise EOFError
            parts += part
        return bytes(parts)

    def _why_gone(self) -> str:
        code = self._wait()
        if code == MISCONFIGURED_STATUS:  # our fault: it must not be told as the file's
            raise MSignError(Code.UNAVAILABLE, "the validation engine cannot start; its log says why", retry=True)
        return "time-limit" if code in (-signal.SIGVTALRM, -signal.SIGXCPU) else "memory-limit"

    def stop(self) -> None:
        """End the process and wait for it."""
        for pipe in (self._sink, self._source):
            try:
                pipe.close()
            except OSError:
                continue
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        self._wait()


class JudgePool:
    """A fixed number of workers, started when first needed. Safe for threads: one thread, one worker at a time."""

    def __init__(self, *, setup: WorkerSetup, size: int | None = None, bounds: Bounds | None = None) -> None:
        self._setup, self._bounds = setup, bounds or Bounds()
        self.size = size or os.cpu_count() or 1
        self._idle: queue.LifoQueue[_Worker | None] = queue.LifoQueue()
        for _ in range(self.size):
            self._idle.put(None)

    def judge(self, path: Path, contents: tuple[Content, ...] = ()) -> DocumentReport:
        """Return the report on a file. Never raises for what the file contains; waits for a free worker.

        Raises ``MSignError`` (``UNAVAILABLE``) when the engine cannot start, e.g. for a file of anchors that is none.
        """
        return _report(self.ask(path, contents))

    def ask(self, path: Path, contents: tuple[Content, ...] = (), verb: str = "judge", number: int = 0) -> bytes | str:
        """Return a worker's answer, or the code of the bound that the file broke. Raises as ``judge``."""
        size = path.stat().st_size
        task = Task(str(path), contents, self._bounds.seconds(size), self._bounds.memory(size), verb, number)
        worker = self._idle.get()
        replacement: _Worker | None = None
        try:
            trust = _anchors(self._setup.trust)
            if worker is not None and worker.trust != trust:  # an authority that is no longer trusted, or a new one
                worker.stop()
                worker = None
            if worker is None:
                worker = self._started()
                worker.trust = trust
            answer = worker.ask(task, task.seconds + self._bounds.network_seconds)
            if isinstance(answer, bytes) and worker.asked < MAX_TASKS:
                replacement = worker
            return answer
        finally:  # the place is given back even if no process could be started: else the pool runs dry
            if replacement is None and worker is not None:
                worker.stop()
            self._idle.put(replacement)

    def _started(self) -> _Worker:
        command = [sys.executable, "-m", "msign.validation.worker", json.dumps(dataclasses.asdict(self._setup))]
        process = subprocess.Popen(  # noqa: S603  (our own module)
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=_environment()
        )
        assert process.stdin is not None
        assert process.stdout is not None
        return _Worker(process.pid, process.stdin, process.stdout, process.wait)

    def close(self) -> None:
        """Stop all idle workers."""
        while True:
            try:
                worker = self._idle.get_nowait()
            except queue.Empty:
                return
            if worker is not None:
                worker.stop()


def _anchors(folder: str) -> Anchors:
    """Return what tells one state of a folder of anchors from another: name, time and size of its files."""
    found = set()
    for path in Path(folder).glob("*/*") if folder else ():
        with contextlib.suppress(FileNotFoundError):  # just being replaced; the next file's look sees it
            status = path.stat()
            found.add((str(path), status.st_mtime_ns, status.st_size))
    return frozenset(found)


def _readable(descriptor: int, seconds: float) -> bool:
    """Wait for something to read. Not by ``select``, which knows descriptors below 1024 only."""
    waiting = select.poll()
    waiting.register(descriptor, select.POLLIN)
    return bool(waiting.poll(seconds * 1000))


def _environment() -> dict[str, str]:
    """A worker that a hostile file takes over finds no secrets in its environment."""
    return {name: os.environ[name] for name in _INHERITED if name in os.environ}


def _report(answer: bytes | str) -> DocumentReport:
    if isinstance(answer, bytes):
        try:
            return decode_report(answer)
        except MSignError:
            answer = WORKER_FAILED
    return DocumentReport(format="unknown", verdict=Verdict.UNKNOWN, refused=answer, reasons=(Reason(answer),))
