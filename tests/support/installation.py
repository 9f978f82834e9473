"""A whole MSign on this machine, as `make run` starts it, on free ports and a data folder that disappears."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from msign.config.options import Options, Ports
from msign.ops import instance
from msign.ops.instance import Instance, free_ports
from msign.ops.soapclient import SoapClient

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

    def kill(self, name: str) -> None:
        """SIGKILL the process called ``name`` (``web``, ``worker`` …)."""
        found = [pid for pid, words in self.instance.children() if _WORDS[name] in words]
        assert len(found) == 1, f"{len(found)} processes called {name!r}"
        os.kill(found[0], signal.SIGKILL)

    def wait_ready(self) -> None:
        """Wait until every port answers."""
        self.instance.wait_ready()


@contextlib.contextmanager
def running(data: Path, ports: Ports | None = None) -> Iterator[Installation]:
    """Start MSign on ``data`` and stop it at the end; the same data can be started again."""
    with instance.running(data, ports) as started:
        yield Installation(started)
