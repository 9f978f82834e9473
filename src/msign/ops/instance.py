"""A whole MSign as a child of this process, on free ports: for measurements and for tests."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom
from typing import Any

from msign.client.api import SoapClient
from msign.config.options import Options, Ports, load
from msign.kernel.clock import monotonic
from msign.kernel.errors import Code, MSignError
from msign.ops.processes import answers

READY_SECONDS = 160.0  # cold, on a loaded machine; below the bound of a single test
STOP_SECONDS = 60.0
LOG_END = 800  # characters of a log that are told with a failure
# Outgoing connections get their ports above these (Linux: from 32768 on). One of those could take a port between our
# look and the server's start, and who knocks at a port of that range where nobody listens may connect to itself.
SERVER_PORTS = range(20_000, 32_000)


@dataclass(frozen=True, slots=True)
class Instance:
    """Handle on a running MSign: its options, the environment for commands beside it, its supervisor."""

    options: Options
    environment: dict[str, str]
    supervisor: subprocess.Popen[bytes]

    def client(self, system: str = "client", *, port: int | None = None) -> SoapClient:
        """Return a SOAP client of the test environment that calls as a demo system."""
        demo, ports = self.options.data_path / "demo", self.options.ports
        return SoapClient(
            f"https://{ports.host}:{port or ports.api_test}/MSign.svc",
            certificate=demo / f"{system}.pem",
            key=demo / f"{system}.key",
            ca=demo / "ca.pem",
        )

    def wait_ready(self) -> None:
        """Wait until every port answers. Raises ``MSignError`` if that does not happen."""
        pause, deadline = threading.Event(), monotonic() + READY_SECONDS
        numbers = [value for value in dataclasses.asdict(self.options.ports).values() if isinstance(value, int)]
        while not all(answers(self.options.ports.host, port) for port in numbers):
            if self.supervisor.poll() is not None or monotonic() > deadline:
                log = log_of(self.options.data_path)
                raise MSignError(Code.UNAVAILABLE, f"MSign did not start; see {log}, which ends: {_end_of(log)}")
            pause.wait(0.1)

    def children(self) -> Iterator[tuple[int, str]]:
        """Yield process id and command line of each process that it started (Linux)."""
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                status = (folder / "status").read_text("utf-8")
                if f"PPid:\t{self.supervisor.pid}\n" in status:
                    yield int(folder.name), (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()


@contextlib.contextmanager
def running(data: Path, ports: Ports | None = None, settings: Mapping[str, str] | None = None) -> Iterator[Instance]:
    """Start MSign on ``data``, wait until it is ready, stop it at the end. The same data can be started again.

    ``settings`` are more variables of the environment, such as ``MSIGN_WEB__TLS_KEY``.
    """
    environment = {**os.environ, **(settings or {}), "MSIGN_DATA": str(data)}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    for name, value in dataclasses.asdict(ports or free_ports()).items():
        environment[f"MSIGN_PORTS__{name.upper()}"] = str(value)
    command = [sys.executable, "-m", "msign.ops.cli", "run"]
    with (
        log_of(data).open("ab") as log,
        subprocess.Popen(command, env=environment, stdout=log, stderr=log) as supervisor,  # noqa: S603  (our own)
    ):
        instance = Instance(load(environment), environment, supervisor)
        try:
            instance.wait_ready()
            yield instance
        finally:
            supervisor.send_signal(signal.SIGTERM)
            supervisor.wait(STOP_SECONDS)


def log_of(data: Path) -> Path:
    """Return where the supervisor's own words go: beside the data folder, which need not exist yet."""
    return data.with_name(f"{data.name}.log")


def _end_of(log: Path) -> str:
    return log.read_text("utf-8", "replace")[-LOG_END:].strip()


def free_ports() -> Ports:
    """Return ports that nobody listens on, all different."""
    names = [item.name for item in dataclasses.fields(Ports) if item.name != "host"]
    ports: dict[str, Any] = dict(zip(names, _free(len(names)), strict=True))
    return Ports(**ports)


def free_port() -> int:
    """Return a port that nobody listens on."""
    return _free(1)[0]


def _free(count: int) -> list[int]:
    found: list[int] = []
    candidates = iter(SystemRandom().sample(SERVER_PORTS, len(SERVER_PORTS)))
    while len(found) < count:
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port := next(candidates))):
            found.append(port)
    return found
