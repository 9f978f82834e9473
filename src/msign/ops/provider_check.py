"""`msign provider check URL`: runs the acceptance list of the official interface and prints a report."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click
from reportlab.pdfgen.canvas import Canvas
from rich.console import Console

from msign.config.judging import EnvironmentValidator
from msign.kernel.clock import SystemClock
from msign.kernel.errors import MSignError
from msign.ops.acceptance import Candidate, Finding, State, check
from msign.ops.callback_ear import CallbackEar
from msign.providers.remote.configured import load_providers
from msign.providers.remote.http import ProviderHttp
from msign.providers.remote.provider import RemoteProvider
from msign.providers.remote.settings import RemoteSettings
from msign.signrequests.judge import Judge
from msign.validation.looking import Looker
from msign.validation.pool import JudgePool, WorkerSetup

_MARKS = {State.PASSED: "✓", State.FAILED: "✗", State.NOT_TRIED: "–", State.BY_HAND: "?"}


@click.group()
def provider() -> None:
    """Check a signature provider against the official list."""


@provider.command("check")
@click.argument("url")
@click.option(
    "--providers", "file", type=click.Path(path_type=Path), required=True, help="TOML file that holds its tokens."
)
@click.option("--signer", required=True, metavar="IDNP", help="The person who sits at the device.")
@click.option("--trust", type=click.Path(path_type=Path), required=True, help="Trust folder that knows its CA.")
@click.option("--responder", multiple=True, metavar="HOST:PORT", help="A revocation service on a private address.")
@click.option("--callback-url", default="", help="What the provider is told to call.")
@click.option("--callback-listen", default="127.0.0.1:0", metavar="HOST:PORT", help="Where that address ends.")
@click.option("--patience", default=120.0, show_default=True, help="Seconds to wait for the person.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object for machines.")
def check_provider(
    *,
    url: str,
    file: Path,
    signer: str,
    trust: Path,
    responder: tuple[str, ...],
    callback_url: str,
    callback_listen: str,
    patience: float,
    as_json: bool,
) -> None:
    """Run the acceptance list against the provider at URL.

    Exit status 0 if nothing failed, 1 if something did, 2 if the check could not be run.
    """
    console = Console(stderr=True)

    def tell(act: str, request_id: str) -> None:
        console.print(f"On the device, please [bold]{act}[/bold]  (request {request_id})")

    try:
        settings = _settings(file, url)
        with _candidate(settings, signer, trust, responder, callback_url, callback_listen, patience) as candidate:
            findings = list(_told(check(dataclasses.replace(candidate, tell=tell)), silent=as_json))
    except MSignError as error:
        console.print(f"Not checked. {error}")
        sys.exit(2)
    failed = [finding for finding in findings if finding.state is State.FAILED]
    if as_json:
        print(json.dumps({"passed": not failed, "findings": [dataclasses.asdict(one) for one in findings]}))
    else:
        print(f"{len(findings) - len(failed)} of {len(findings)} points without objection.")
    sys.exit(1 if failed else 0)


def _settings(file: Path, url: str) -> RemoteSettings:
    for known in load_providers(file):
        if known.url.rstrip("/") == url.rstrip("/"):
            return known
    raise click.UsageError(f"{file} names no provider at {url}")


@contextlib.contextmanager
def _candidate(
    settings: RemoteSettings,
    signer: str,
    trust: Path,
    responders: tuple[str, ...],
    callback_url: str,
    listen: str,
    patience: float,
) -> Iterator[Candidate]:
    clock = SystemClock()
    host, _, port = listen.rpartition(":")
    with (
        tempfile.TemporaryDirectory(prefix="msign-acceptance-") as folder,
        contextlib.closing(RemoteProvider(settings=settings, clock=clock)) as remote,
        contextlib.closing(
            JudgePool(setup=WorkerSetup(trust=str(trust), online=True, allowed=responders), size=1)
        ) as pool,
        ProviderHttp(settings) as http,
        CallbackEar(host, int(port), settings) if callback_url else contextlib.nullcontext() as ear,
    ):
        document = Path(folder) / "acceptance.pdf"
        _write_document(document)
        yield Candidate(
            settings=settings,
            provider=remote,
            http=http,
            judge=Judge(EnvironmentValidator(pool=pool, looker=Looker(pool), scratch=Path(folder))),
            signer_id=signer,
            document=document,
            workspace=Path(folder),
            tell=lambda _act, _request: None,
            deadline_seconds=patience,
            ear=ear,
            callback_url=callback_url,
        )


def _write_document(path: Path) -> None:
    canvas = Canvas(str(path), invariant=1)
    canvas.drawString(72, 760, "Acceptance test of a signature provider. Signing this has no effect.")
    canvas.showPage()
    canvas.save()


def _told(findings: Iterator[Finding], *, silent: bool) -> Iterator[Finding]:
    for finding in findings:
        if not silent:
            detail = f": {finding.detail}" if finding.detail else ""
            print(f"{_MARKS[finding.state]} {finding.number}  {finding.title}{detail}", flush=True)
        yield finding
