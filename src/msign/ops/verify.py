"""`msign verify FILE…`: judges signed files; exit 0 valid, 1 not valid, 2 could not be judged."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
import os
import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click

from msign.config.options import Options, load
from msign.kernel.errors import MSignError
from msign.kernel.languages import Language
from msign.kernel.words import Environment
from msign.ops import verify_api
from msign.pki import algorithms
from msign.validation.model import DocumentReport, Verdict
from msign.validation.pool import Content, JudgePool, WorkerSetup
from msign.validation.reports.etsi import etsi_report
from msign.validation.reports.machine import machine_report
from msign.validation.reports.text import text_report

_WIDEST = 120  # columns: longer lines are hard to read
_NOT_VALID = (Verdict.INVALID, Verdict.CHANGED)


def _detached(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> tuple[Content, ...]:
    found = []
    for value in values:
        name, mark, path = value.partition("=")
        if not mark or (not Path(path).is_file() and Path(value).is_file()):
            name, path = "", value
        if not Path(path).is_file():
            raise click.BadParameter(f"{value!r} is not FILE or NAME=FILE with a file that exists")
        found.append(Content(name, path=str(Path(path).resolve())))
    return tuple(found)


def _digests(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> tuple[Content, ...]:
    return tuple(_digest(value) for value in values)


def _digest(value: str) -> Content:
    name, _, rest = value.partition("=")
    word, _, encoded = rest.partition(":")
    algorithm = word.lower().removeprefix("sha-") if word.lower().startswith("sha-") else word.lower()
    algorithm = f"sha{algorithm}" if algorithm.isdigit() else algorithm
    known = algorithms.digest_class(algorithm)
    try:
        octets = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        octets = b""
    if known is None or len(octets) != known.digest_size:
        raise click.BadParameter(f"{value!r} is not NAME=ALG:BASE64, for example contract.pdf=sha256:47DEQp…=")
    return Content(name, algorithm=algorithm, digest=octets.hex())


def _moment(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str:
    if value is None:
        return ""
    try:
        moment = dt.datetime.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is not a time such as 2026-03-02T09:15:30Z") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).isoformat()


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object a file, one a line.")
@click.option("--etsi", "as_etsi", is_flag=True, help="Reports as XML of ETSI TS 119 102-2, one after the other.")
@click.option(
    "--detached",
    multiple=True,
    callback=_detached,
    metavar="[NAME=]FILE",
    help="The signed file; NAME where the signature names several. Without this: FILE beside FILE.xades.xml.",
)
@click.option("--digest", multiple=True, callback=_digests, metavar="NAME=ALG:BASE64", help="Its digest alone.")
@click.option("--at", callback=_moment, metavar="TIME", help="Judge as of this time instead of now.")
@click.option("--trust", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Folder of trust anchors.")
@click.option(
    "--policy", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Validation policy (TOML)."
)
@click.option("--api", "over_api", is_flag=True, help="Let a running MSign judge, over its SOAP interface.")
@click.option("--offline", is_flag=True, help="Ask nobody: only what the files carry.")
@click.option("--allow", multiple=True, metavar="HOST:PORT", help="A responder on an inner address that may be asked.")
@click.option("--language", type=click.Choice([str(language) for language in Language]), default=str(Language.EN))
def verify(
    files: tuple[Path, ...],
    as_json: bool,
    as_etsi: bool,
    detached: tuple[Content, ...],
    digest: tuple[Content, ...],
    at: str,
    trust: Path | None,
    policy: Path | None,
    over_api: bool,
    offline: bool,
    allow: tuple[str, ...],
    language: str,
) -> None:
    """Judge signed PDF files and XML signatures; every file in a worker process of its own limits."""
    try:
        options = load()
    except MSignError as error:
        click.echo(f"msign: {error}", err=True)
        raise SystemExit(2) from error
    if over_api:
        raise SystemExit(_over_api(options, files, (*detached, *digest), Language(language), as_json=as_json))
    folder = trust or _installed_trust(options)
    setup = WorkerSetup(
        trust=str(folder.resolve()) if folder else "",
        online=not offline,
        allowed=(*allow, *options.known_responders),
        at=at,
        policy=str(policy.resolve()) if policy else "",
    )
    verdicts = []
    tasks = [(path, verify_api.contents_of(path, (*detached, *digest))) for path in files]
    for path, report in _judged(tasks, setup):
        verdicts.append(report.verdict)
        if as_json:
            click.echo(json.dumps(machine_report(report, str(path), Language(language)), ensure_ascii=False))
        elif as_etsi:
            click.echo(etsi_report(report, Language(language)).decode())
        else:
            click.echo(_fitted(text_report(report, str(path), Language(language))))
    raise SystemExit(exit_status(verdicts))


def _fitted(text: str) -> str:
    """Break long lines between words for a person's terminal; files and pipes get them whole."""
    if not sys.stdout.isatty():
        return text
    width = min(shutil.get_terminal_size().columns, _WIDEST)
    return "\n".join(_broken(line, width) for line in text.split("\n"))


def _broken(line: str, width: int) -> str:
    below = " " * (len(line) - len(line.lstrip()) + 2)
    return textwrap.fill(line, width, subsequent_indent=below, break_long_words=False, break_on_hyphens=False)


def _over_api(
    options: Options, files: tuple[Path, ...], contents: tuple[Content, ...], language: Language, *, as_json: bool
) -> int:
    try:
        judged = verify_api.judge(options, files, contents, language)
    except MSignError as error:
        click.echo(f"msign: {error}", err=True)
        return 2
    for _verdict, facts in judged:
        click.echo(json.dumps(facts, ensure_ascii=False) if as_json else verify_api.sentence(facts))
    return exit_status([verdict for verdict, _facts in judged])


def _installed_trust(options: Options) -> Path | None:
    """The trust folder of this installation's production environment; ``None``: nobody."""
    folder = options.trust_folder(Environment.PRODUCTION)
    return folder if folder.is_dir() else None


def _judged(
    tasks: Sequence[tuple[Path, tuple[Content, ...]]], setup: WorkerSetup
) -> Iterator[tuple[Path, DocumentReport]]:
    """Judge on all cores; reports come in the order of the files."""
    size = min(len(tasks), os.cpu_count() or 1)
    pool = JudgePool(setup=setup, size=size)
    try:
        with ThreadPoolExecutor(size + 1) as threads:  # one file waits, so that no worker does while answers are read
            reports = threads.map(lambda task: pool.judge(task[0].resolve(), task[1]), tasks)
            yield from zip((path for path, _contents in tasks), reports, strict=True)
    except MSignError as error:
        click.echo(f"msign: {error}", err=True)
        raise SystemExit(2) from error
    finally:
        pool.close()


def exit_status(verdicts: list[Verdict]) -> int:
    """Return 0 if all are valid, 1 if any is not valid, else 2: something could not be judged, or nothing is signed."""
    if any(verdict in _NOT_VALID for verdict in verdicts):
        return 1
    return 0 if all(verdict is Verdict.VALID for verdict in verdicts) else 2
