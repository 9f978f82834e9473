"""`msign conformance`: plays system, person and instrument against a running test environment, and reports."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import click
from rich.console import Console

from msign.client.api import SoapClient
from msign.config.options import Options, load
from msign.kernel.clock import Clock, SystemClock, monotonic
from msign.kernel.errors import Code, MSignError
from msign.kernel.languages import Language
from msign.ops import person
from msign.ops.conformance import scenarios
from msign.ops.conformance.play import Play, ReturnPage
from msign.ops.conformance.report import html
from msign.ops.conformance.texts import PAGE, SCENARIOS, tell
from msign.ops.conformance.values import Outcome, Result, Run
from msign.ops.person import Stage
from msign.ops.sandbox import stage
from msign.pki.certificate import load_certificate, serial_text, subject_text

_MARKS = {Result.PASSED: "[green]✓[/]", Result.FAILED: "[red]✕[/]", Result.SKIPPED: "[dim]–[/]"}
_CODES = [one.code for one in scenarios.ALL]


@dataclass(frozen=True, slots=True)
class Target:
    """What is tested, and as whom."""

    api: str
    stage: Stage
    certificate: Path
    key: Path
    ca: Path | None
    return_url: str
    signer: str
    language: Language


@click.command()
@click.option("--api", metavar="URL", help="Address of the test API; of this installation by default.")
@click.option("--web", metavar="URL", help="Address of the sign pages.")
@click.option("--devices", metavar="URL", help="Address of the sandbox's devices.")
@click.option("--certificate", type=click.Path(exists=True, path_type=Path), help="Your system certificate (PEM).")
@click.option("--key", type=click.Path(exists=True, path_type=Path), help="Its private key (PEM).")
@click.option("--ca", type=click.Path(exists=True, path_type=Path), help="The authority of the API's own certificate.")
@click.option("--return-url", default="", metavar="URL", help="Your e-service's return page; a stand-in by default.")
@click.option("--signer", default=person.DEFAULT_IDNP, metavar="IDNP", show_default=True, help="Who signs.")
@click.option("--instrument", "instruments", multiple=True, help="Only this one; all that are offered by default.")
@click.option("--scenario", "codes", multiple=True, type=click.Choice(_CODES), help="Only this one; all by default.")
@click.option("--language", type=click.Choice([one.value for one in Language]), default="en", show_default=True)
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write the report as JSON.")
@click.option("--html", "html_file", type=click.Path(dir_okay=False, path_type=Path), help="Write it as one HTML file.")
def conformance(
    *,
    api: str | None,
    web: str | None,
    devices: str | None,
    certificate: Path | None,
    key: Path | None,
    ca: Path | None,
    return_url: str,
    signer: str,
    instruments: tuple[str, ...],
    codes: tuple[str, ...],
    language: str,
    json_file: Path | None,
    html_file: Path | None,
) -> None:
    """Play the six published test cases, and more, against a running test environment and its sandbox.

    Never against production. Exit status 0 if everything passed, 1 if something failed, 2 if it could not begin.
    """
    spoken = Language(language)
    try:
        target = _target(load(), api=api, web=web, devices=devices, certificate=certificate, key=key, ca=ca)
        chosen = replace(target, return_url=return_url, signer=signer, language=spoken)
        run = _run(chosen, instruments, codes, SystemClock())
    except MSignError as error:
        print(f"msign: {error}", file=sys.stderr)
        sys.exit(2)
    if json_file is not None:
        json_file.write_text(json.dumps(run.plain(), ensure_ascii=False, indent=1) + "\n", "utf-8")
    if html_file is not None:
        html_file.write_text(html(run, spoken), "utf-8")
    print(_sentence(run, spoken))
    sys.exit(0 if run.passed else 1)


def _target(
    options: Options,
    *,
    api: str | None,
    web: str | None,
    devices: str | None,
    certificate: Path | None,
    key: Path | None,
    ca: Path | None,
) -> Target:
    demo, here = options.data_path / "demo", stage(options)
    if (certificate is None) != (key is None):
        raise MSignError(Code.INVALID_PARAMETER, "certificate and key belong together", member="--certificate, --key")
    if certificate is None and not (demo / "client.pem").exists():
        raise MSignError(
            Code.MISCONFIGURED, f"there is no demo system in {demo}; start `make run` or give --certificate"
        )
    own_ca = demo / "ca.pem" if api is None and (demo / "ca.pem").exists() else None
    return Target(
        api=api or f"https://{options.ports.host}:{options.ports.api_test}/MSign.svc",
        stage=Stage((web or here.web_url).rstrip("/"), (devices or here.devices_url).rstrip("/")),
        certificate=certificate or demo / "client.pem",
        key=key or demo / "client.key",
        ca=ca or own_ca,
        return_url="",
        signer="",
        language=Language.EN,
    )


def _run(target: Target, instruments: tuple[str, ...], codes: tuple[str, ...], clock: Clock) -> Run:
    started, since = clock.now(), monotonic()
    with _play(target) as play:
        ready = replace(play, instruments=instruments or scenarios.instruments_of(play))
        if not ready.instruments:
            raise MSignError(Code.UNAVAILABLE, "the sign page offers no instrument", retry=True)
        wanted = [one for one in scenarios.ALL if not codes or one.code in codes]
        outcomes = tuple(_told(ready, wanted, target.language))
    return Run(
        started=started,
        seconds=round(monotonic() - since, 1),
        api=target.api,
        web=target.stage.web_url,
        return_url=target.return_url,
        certificate=_named(target.certificate),
        outcomes=outcomes,
    )


@contextmanager
def _play(target: Target) -> Iterator[Play]:
    with (
        SoapClient(target.api, certificate=target.certificate, key=target.key, ca=target.ca) as client,
        tempfile.TemporaryDirectory() as folder,
        ReturnPage() as ear,
    ):
        yield Play(
            client=client,
            stage=target.stage,
            return_url=target.return_url or ear.url,
            folder=Path(folder),
            ear=None if target.return_url else ear,
            signer=target.signer,
            language=target.language,
        )


def _told(play: Play, wanted: Iterable[scenarios.Scenario], language: Language) -> Iterator[Outcome]:
    """Run the scenarios and say on the terminal how each went."""
    console = Console(stderr=True)
    for scenario in wanted:
        title = tell(SCENARIOS[scenario.code][0], language)
        with console.status(f"{title} …"):
            outcomes = list(scenarios.run(play, scenario))
        for one in outcomes:
            names = " ".join(filter(None, (one.test_case, title, one.instrument)))
            console.print(f"{_MARKS[one.result]} {names} [dim]{one.seconds:.1f} s[/]", highlight=False)
            if one.result is Result.FAILED:
                console.print(f"  {one.steps[-1].code}: {one.steps[-1].detail}", markup=False, highlight=False)
        yield from outcomes


def _named(path: Path) -> str:
    certificate = load_certificate(path.read_bytes())
    return f"{subject_text(certificate)} ({serial_text(certificate.serial_number)})"


def _sentence(run: Run, language: Language) -> str:
    counts = ", ".join(
        f"{run.count(result)} {tell(PAGE[result], language).lower()}" for result in Result if run.count(result)
    )
    return f"{tell(PAGE['all-passed' if run.passed else 'some-failed'], language)}: {counts}"
