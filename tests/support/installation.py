"""A whole MSign on this machine, as `make run` starts it, on free ports and a data folder that disappears."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from msign.config.options import Options, Ports, load
from msign.kernel.clock import monotonic
from msign.ops.processes import answers
from msign.ops.soapclient import SoapClient

READY_SECONDS = 90.0


@dataclass(slots=True)
class Installation:
    """Handle on a running MSign: its options, its environment for commands, its processes."""

    options: Options
    environment: dict[str, str]
    supervisor: subprocess.Popen[str]

    def msign(self, *arguments: str, cwd: Path | None = None, check: bool = False) -> subprocess.CompletedProcess[str]:
        """Run the `msign` command beside it."""
        return subprocess.run(
            [sys.executable, "-m", "msign.ops.cli", *arguments],
            env=self.environment,
            cwd=cwd,
            capture_output=True,
            text=True,
            check=check,
            timeout=150,
        )

    def client(self, system: str = "client", port: int | None = None) -> SoapClient:
        """Return a SOAP client of the test environment that calls as a demo system."""
        demo, ports = self.options.data_path / "demo", self.options.ports
        return SoapClient(
            f"https://{ports.host}:{port or ports.api_test}/MSign.svc",
            certificate=demo / f"{system}.pem",
            key=demo / f"{system}.key",
            ca=demo / "ca.pem",
        )

    def kill(self, name: str) -> int:
        """SIGKILL the process called ``name`` (``web``, ``worker`` …); return its process id."""
        pid = self.process_id(name)
        os.kill(pid, signal.SIGKILL)
        return pid

    def process_id(self, name: str) -> int:
        """Return the process id of a running program by the arguments it was started with."""
        wanted = {
            "web": "serve web",
            "worker": "msign.ops.cli worker",
            "api test": "--environment test",
            "api production": "--environment production",
            "tsp": "--service tsp",
            "provider": "--service provider",
            "eservice": "--service eservice",
        }[name]
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                owner = re.search(r"^PPid:\s+(\d+)", (folder / "status").read_text(), re.MULTILINE)
                if wanted in words and owner and int(owner[1]) == self.supervisor.pid:
                    return int(folder.name)
        raise AssertionError(f"no process {name!r} under the supervisor")

    def wait_ready(self) -> None:
        """Wait until every port answers."""
        pause, deadline = threading.Event(), monotonic() + READY_SECONDS
        numbers = [value for value in dataclasses.asdict(self.options.ports).values() if isinstance(value, int)]
        while not all(answers(self.options.ports.host, port) for port in numbers):
            assert self.supervisor.poll() is None, f"msign run ended with {self.supervisor.returncode}"
            assert monotonic() < deadline, "msign run is not ready"
            pause.wait(0.1)


@contextlib.contextmanager
def running(data: Path, ports: Ports | None = None) -> Iterator[Installation]:
    """Start MSign on ``data`` and stop it at the end; the same data can be started again."""
    ports = ports or free_ports()
    environment = {**os.environ, "MSIGN_DATA": str(data), "COLUMNS": "140"}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    for name, value in dataclasses.asdict(ports).items():
        environment[f"MSIGN_PORTS__{name.upper()}"] = str(value)
    with (
        (data.parent / f"{data.name}.log").open("a") as log,
        subprocess.Popen(
            [sys.executable, "-m", "msign.ops.cli", "run"], env=environment, stdout=log, stderr=log, text=True
        ) as supervisor,
    ):
        installation = Installation(load(environment), environment, supervisor)
        try:
            installation.wait_ready()
            yield installation
        finally:
            supervisor.send_signal(signal.SIGTERM)
            supervisor.wait(30)


def free_ports() -> Ports:
    """Return ports that nobody listens on, all different."""
    with contextlib.ExitStack() as stack:
        names = [item.name for item in dataclasses.fields(Ports) if item.name != "host"]
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _name in names]
        return Ports(**{name: sock.getsockname()[1] for name, sock in zip(names, sockets, strict=True)})
