"""Child processes of `msign run`: started together, watched, started again when they fall, stopped together."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from msign.kernel import lifeline
from msign.kernel.clock import monotonic

STOP_SECONDS = 8.0  # a polite stop; what has not gone by then is killed
QUICK_DEATH_SECONDS = 20.0  # a process that dies sooner than this after a start is not healthy
LOG_LINE = 300  # characters of a log's last line that are told
QUICK_DEATHS = 3  # so many in a row and the supervisor gives up


@dataclass(frozen=True, slots=True)
class Program:
    """What to start: a name for people, arguments after the interpreter, and the port that tells it is ready."""

    name: str
    arguments: tuple[str, ...]
    ports: tuple[int, ...] = ()


@dataclass(slots=True)
class Stop:
    """Asked for by a signal handler. A plain flag: to wake an event could wait for a lock of the interrupted code."""

    asked: bool = False


@dataclass(slots=True)
class _Running:
    program: Program
    process: subprocess.Popen[bytes]
    started: float
    quick_deaths: int = 0


@dataclass(slots=True)
class Supervisor:
    """Keeps a set of programs running; ``say`` gets one sentence about each thing that happens."""

    host: str
    log_folder: Path
    say: Callable[[str], None]
    _running: list[_Running] = field(default_factory=list)
    _pipe: tuple[int, int] = field(default_factory=os.pipe)

    def start(self, programs: Sequence[Program]) -> None:
        """Start all of them at once."""
        self.log_folder.mkdir(parents=True, exist_ok=True)
        self._running += [_Running(program, self._spawn(program), monotonic()) for program in programs]

    def wait_ready(self, seconds: float, stop: Stop | None = None) -> str | None:
        """Wait until every port answers or ``stop`` is asked for; return a sentence about what failed, else ``None``.

        A program that falls is started again as in ``watch``: a busy machine may fail what it can do a moment later.
        """
        deadline, pause, stop = monotonic() + seconds, threading.Event(), stop or Stop()
        waiting = [(entry, port) for entry in self._running for port in entry.program.ports]
        while not stop.asked:
            if trouble := self._raise_fallen(starting=True):
                return trouble
            waiting = [(entry, port) for entry, port in waiting if not answers(self.host, port)]
            if not waiting:
                return None
            if monotonic() > deadline:
                entry, port = waiting[0]
                return f"{entry.program.name} does not answer on port {port}; see {self.log_path(entry.program)}"
            pause.wait(0.05)
        return None

    def watch(self, stop: Stop) -> str | None:
        """Start fallen programs again until ``stop`` is asked for; return a sentence when one cannot be kept up."""
        pause = threading.Event()
        while not stop.asked:
            if trouble := self._raise_fallen():
                return trouble
            pause.wait(0.2)
        return None

    def _raise_fallen(self, *, starting: bool = False) -> str | None:
        """Start again what fell. A kill from outside says nothing about the program's own health."""
        for entry in self._running:
            code = entry.process.poll()
            if code is None:
                continue
            quick = starting or monotonic() - entry.started < QUICK_DEATH_SECONDS
            if code != -signal.SIGKILL:
                entry.quick_deaths = entry.quick_deaths + 1 if quick else 0
            if entry.quick_deaths >= QUICK_DEATHS:
                return f"{entry.program.name} keeps stopping; its log says why: {self._end_of_log(entry.program)}"
            self.say(f"{entry.program.name} ended ({_ending(code)}); starting it again")
            entry.process, entry.started = self._spawn(entry.program), monotonic()
        return None

    def stop(self) -> None:
        """Stop everything: politely first, then for certain."""
        for entry in self._running:
            if entry.process.poll() is None:
                entry.process.send_signal(signal.SIGTERM)
        deadline = monotonic() + STOP_SECONDS
        for entry in self._running:
            try:
                entry.process.wait(max(0.1, deadline - monotonic()))
            except subprocess.TimeoutExpired:
                entry.process.kill()
                entry.process.wait()
        self._running.clear()

    def log_path(self, program: Program) -> Path:
        """Where the output of ``program`` is kept."""
        return self.log_folder / f"{program.name.replace(' ', '-')}.log"

    def _end_of_log(self, program: Program) -> str:
        lines = self.log_path(program).read_text("utf-8", "replace").strip().splitlines() or ["nothing"]
        return f"{lines[-1].strip()[-LOG_LINE:]} ({self.log_path(program)})"

    def _spawn(self, program: Program) -> subprocess.Popen[bytes]:
        with self.log_path(program).open("ab") as log:
            return subprocess.Popen(  # noqa: S603  (our own interpreter and modules)
                [sys.executable, *program.arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, lifeline.VARIABLE: str(self._pipe[0])},
                pass_fds=[self._pipe[0]],
                start_new_session=True,  # Ctrl-C reaches the supervisor only, which stops the others in order
            )


def answers(host: str, port: int) -> bool:
    """Tell whether something accepts connections there."""
    try:
        with socket.create_connection((host, port), timeout=0.5):
            return True
    except OSError:
        return False


def taken_ports(host: str, ports: Sequence[int]) -> list[int]:
    """Return those ports that cannot be bound, because something else already listens."""
    return [port for port in ports if answers(host, port)]


def _ending(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit status {code}"
