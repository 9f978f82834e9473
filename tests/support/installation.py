"""A whole MSign on this machine, as `make run` starts it, on free ports and a data folder that disappears."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from msign.client.api import SoapClient
from msign.config.options import Options, Ports
from msign.kernel.clock import monotonic
from msign.ops import instance
from msign.ops.instance import Instance, free_ports

__all__ = ["Installation", "free_ports", "running"]

COMMAND_SECONDS = 150
_WORDS = {
    "web": "serve web",
    "worker": "msign.ops.cli worker",
    "api test": "--environment test",
    "api production": "--environment production",
    "tsp": "--service tsp",
    "provider": "--service provider",
    "eservice": "--service eservice",
}


@dataclass(frozen=True, slots=True)
class Installation:
    """A running MSign with what tests do to it."""

    instance: Instance

    @property
    def options(self) -> Options:
        return self.instance.options

    @property
    def supervisor(self) -> subprocess.Popen[bytes]:
        return self.instance.supervisor

    def client(self, system: str = "client", *, port: int | None = None) -> SoapClient:
        """Return a SOAP client that calls as a demo system."""
        return self.instance.client(system, port=port)

    def msign(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the `msign` command beside it."""
        return subprocess.run(
            [sys.executable, "-m", "msign.ops.cli", *arguments],
            env={**self.instance.environment, "COLUMNS": "140"},
            capture_output=True,
            text=True,
            check=False,
            timeout=COMMAND_SECONDS,
        )

    def kill(self, name: str) -> int:
        """SIGKILL the process called ``name`` (``web``, ``worker`` …); return its process id."""
        pid = self._process(name)
        assert pid is not None, f"no process {name!r}"
        os.kill(pid, signal.SIGKILL)
        return pid

    def kill_and_wait(self, name: str) -> None:
        """SIGKILL a process and wait until the supervisor's new one answers."""
        old, pause, deadline = self.kill(name), threading.Event(), monotonic() + 60
        while self._process(name) in (old, None):
            assert monotonic() < deadline, f"{name} was not started again"
            pause.wait(0.05)
        self.wait_ready()

    def _process(self, name: str) -> int | None:
        found = [pid for pid, words in self.instance.children() if _WORDS[name] in words]
        assert len(found) <= 1, f"{len(found)} processes called {name!r}"
        return found[0] if found else None

    def wait_ready(self) -> None:
        """Wait until every port answers."""
        self.instance.wait_ready()


@contextlib.contextmanager
def running(
    data: Path, ports: Ports | None = None, settings: Mapping[str, str] | None = None
) -> Iterator[Installation]:
    """Start MSign on ``data`` and stop it at the end; the same data can be started again."""
    with instance.running(data, ports, settings) as started:
        yield Installation(started)
