"""Long-term care, wired: who stamps time, who has evidence, whose files are cared for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from msign.care.caretaker import SWEEP, Caretaker, CareTools
from msign.care.services import LOOK
from msign.care.shelf import FolderShelf
from msign.care.values import SUBMITTED, CareRules, Shelf
from msign.config.evidence import evidence_collector, evidence_fetcher
from msign.config.judging import EnvironmentValidator
from msign.config.options import Options
from msign.jobs.values import Handler
from msign.kernel.clock import Clock
from msign.kernel.words import SignatureLevel
from msign.pki.tsa import HttpTimestampSource
from msign.validation.model import DocumentReport
from msign.validation.pool import Content

PAPERS = "desk"


def caretaker(options: Options, *, clock: Clock, validator: EnvironmentValidator, papers: Shelf) -> Caretaker:
    """Return who cares for files. ``papers`` are the desk's."""
    shelves: Mapping[str, Shelf] = {SUBMITTED: FolderShelf(options.care_path)}
    if options.care.desk_documents:
        shelves = {**shelves, PAPERS: papers}
    return Caretaker(
        shelves=shelves,
        tools=_tools(options, clock),
        judge=_judge(validator),
        clock=clock,
        rules=CareRules(SignatureLevel(options.care.level), dt.timedelta(days=options.care.margin_days)),
        scratch=options.data_path / "scratch",
    )


def handlers(made: Caretaker) -> dict[str, Handler]:
    """Return what the worker does for care: kind of job -> handler."""
    return {SWEEP: made.sweep, LOOK: made.look}


def _tools(options: Options, clock: Clock) -> Callable[[], AbstractContextManager[CareTools]]:
    @contextmanager
    def opened() -> Iterator[CareTools]:
        fetcher = evidence_fetcher(options)
        try:
            with HttpTimestampSource(options.tsa_urls, clock=clock) as tsa:
                yield CareTools(tsa, evidence_collector(options, clock, fetcher))
        finally:
            fetcher.close()

    return opened


def _judge(validator: EnvironmentValidator) -> Callable[[Path, Path | None], DocumentReport]:
    def judge(document: Path, content: Path | None) -> DocumentReport:
        return validator.file(document, (Content(content.name, path=str(content)),) if content else ())

    return judge
