"""`msign augment`: raises signatures so that they can still be judged when certificates and services are gone."""

from __future__ import annotations

import contextlib
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console

from msign.config.evidence import evidence_collector, evidence_fetcher
from msign.config.options import load
from msign.kernel.clock import SystemClock
from msign.kernel.errors import MSignError
from msign.kernel.words import SignatureLevel
from msign.pki.tsa import HttpTimestampSource, TimestampSource
from msign.signing.evidence import EvidenceSource
from msign.signing.raising import raise_file

LEVELS = [SignatureLevel.T.value, SignatureLevel.LT.value, SignatureLevel.LTA.value]


@dataclass(frozen=True, slots=True)
class Raising:
    """What a raise works with: the level, who stamps time, who has evidence, the detached content."""

    level: SignatureLevel
    tsa: TimestampSource
    evidence: EvidenceSource
    content: Path | None


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--level", type=click.Choice(LEVELS), default=SignatureLevel.LTA.value, show_default=True)
@click.option(
    "--content", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The detached signed file."
)
@click.option("--output", type=click.Path(file_okay=False, path_type=Path), help="Folder for the results.")
def augment(files: tuple[Path, ...], level: str, content: Path | None, output: Path | None) -> None:
    """Raise the signatures of FILES (PDF, XAdES, CAdES, ASiC-E) to a level, or renew the time-stamp of an LTA one.

    Writes FILE.augmented beside each file; the original is never touched. Exit status 0 only if every file was raised.
    """
    console, failed = Console(), False
    options = load()
    try:
        clock = SystemClock()
        with (
            HttpTimestampSource(options.tsa_urls, clock=clock) as tsa,
            contextlib.closing(evidence_fetcher(options)) as fetcher,
        ):
            raising = Raising(SignatureLevel(level), tsa, evidence_collector(options, clock, fetcher), content)
            for file in files:
                with console.status(f"{file.name} …"):
                    outcome = _raised(file, (output or file.parent) / f"{file.name}.augmented", raising)
                failed |= isinstance(outcome, MSignError)
                mark = "NOT DONE " if isinstance(outcome, MSignError) else "raised   "
                console.print(f"{mark}{file} -> {outcome}", highlight=False, soft_wrap=True)
    except MSignError as error:
        sys.exit(f"msign: {error}")
    sys.exit(1 if failed else 0)


def _raised(source: Path, target: Path, raising: Raising) -> Path | MSignError:
    """Raise one file into a draft that replaces ``target`` only when it is whole."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            draft = Path(folder) / "draft"
            raise_file(
                source,
                draft,
                level=raising.level,
                tsa=raising.tsa,
                evidence=raising.evidence,
                content=raising.content,
            )
            draft.replace(target)
    except MSignError as error:
        return error
    return target
