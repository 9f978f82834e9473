"""`msign run`: everything on one machine, for a first look and for development."""

from __future__ import annotations

import fcntl
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import click
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from msign.config.options import Options, load
from msign.kernel.errors import MSignError
from msign.ops import bootstrap
from msign.ops.processes import Program, Stop, Supervisor, taken_ports

READY_SECONDS = 300.0  # of patience with processes that live: a slow machine under load takes a minute or two


@click.command()
def run() -> None:
    """Start the gateway, the worker and the sandbox; Ctrl-C stops them."""
    console = Console()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # until everything runs both signals end a step at once
    try:
        options = load()
        with _only_one(options.data_path):
            _refuse_taken_ports(options)
            for step in bootstrap.steps(options):
                with console.status(step.sentence):
                    step.do()
            code = _run_all(options, console)
    except MSignError as error:
        console.print(f"[bold red]MSign cannot start.[/] {escape(str(error))}", highlight=False, soft_wrap=True)
        sys.exit(1)
    except KeyboardInterrupt:
        console.print("Stopped before everything was prepared. The next start goes on from here.")
        sys.exit(0)
    sys.exit(code)


def programs(options: Options) -> list[Program]:
    """Return the processes of an installation on embedded defaults."""
    ports = options.ports
    own = ("-m", "msign.ops.cli")
    listed = [
        Program("web", (*own, "serve", "web"), (ports.web,)),
        Program("api test", (*own, "serve", "api", "--environment", "test"), (ports.api_test,)),
        Program("api production", (*own, "serve", "api", "--environment", "production"), (ports.api_production,)),
        Program("worker", (*own, "worker")),
    ]
    if options.sandbox:
        listed += bootstrap.sandbox_programs(options)
    return listed


def _run_all(options: Options, console: Console) -> int:
    stop = Stop()

    def ask_to_stop(_signal: int, _frame: FrameType | None) -> None:
        stop.asked = True

    signal.signal(signal.SIGINT, ask_to_stop)
    signal.signal(signal.SIGTERM, ask_to_stop)
    supervisor = Supervisor(
        host=options.ports.host,
        log_folder=options.data_path / "log",
        say=lambda sentence: console.print(f"[yellow]•[/] {escape(sentence)}", highlight=False, soft_wrap=True),
    )
    try:
        with console.status("Starting …"):
            _start(supervisor, options)
            trouble = supervisor.wait_ready(READY_SECONDS, stop)
        if trouble is None and not stop.asked:
            console.print(_welcome(options))
            trouble = supervisor.watch(stop)
    finally:
        with console.status("Stopping …"):
            supervisor.stop()
    if trouble:
        console.print(f"[bold red]MSign cannot go on.[/] {escape(trouble)}", highlight=False, soft_wrap=True)
        return 1
    console.print("Stopped. Everything is kept in", options.data_path, highlight=False)
    return 0


def _start(supervisor: Supervisor, options: Options) -> None:
    try:
        supervisor.start(programs(options))
    except OSError as error:
        raise bootstrap.trouble(f"{error.filename}: {error.strerror}. Put that right and start again.") from error


@contextmanager
def _only_one(data: Path) -> Iterator[None]:
    """Hold the data folder for one `msign run`; a second one gets a sentence, not a broken database."""
    bootstrap.prepare_folder(data)
    try:
        lock = (data / "run.lock").open("w")
    except OSError as error:
        raise bootstrap.trouble(f"{data / 'run.lock'}: {error.strerror}. Move it away and start again.") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise bootstrap.trouble(
                f"another `make run` already works on {data}. Stop it first, or set MSIGN_DATA to another folder."
            ) from error
        yield


def _refuse_taken_ports(options: Options) -> None:
    wanted = [port for program in programs(options) for port in program.ports]
    if taken := taken_ports(options.ports.host, wanted):
        numbers = ", ".join(map(str, taken))
        raise bootstrap.trouble(
            f"port {numbers} on {options.ports.host} is taken by another program. "
            f"Stop that program, or choose another port, e.g. MSIGN_PORTS__WEB=18080 make run."
        )


def _welcome(options: Options) -> Panel:
    host, ports = options.ports.host, options.ports
    table = Table.grid(padding=(0, 2))
    rows = [
        ("Web: sign, verify, connect", options.web_url),
        ("SOAP API, test", f"https://{host}:{ports.api_test}/MSign.svc"),
        ("SOAP API, production", f"https://{host}:{ports.api_production}/MSign.svc"),
    ]
    if options.sandbox:
        rows += [
            ("Sandbox: demo e-service", f"http://{host}:{ports.sandbox_eservice}"),
            ("Sandbox: phone and card", f"http://{host}:{ports.sandbox_provider}"),
            ("Sandbox: CA, OCSP, CRL, TSA", f"http://{host}:{ports.sandbox_tsp}"),
        ]
    rows += [("Data and logs", str(options.data_path))]
    for name, address in rows:
        table.add_row(name, f"[bold]{address}[/]")
    table.add_row("", "")
    table.add_row("Try first", "open the demo e-service, upload a PDF and press Sign; or, in a second terminal:")
    table.add_row("", "[bold].venv/bin/msign sign FILE[/]   then   [bold].venv/bin/msign verify FILE.signed.pdf[/]")
    return Panel(table, title="MSign is ready", subtitle="Ctrl-C stops it", border_style="green", expand=False)
