"""The worker's part: looks at each file when it is due, raises it, gives it back only if it is the better for it."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from msign.care import services
from msign.care.models import Item
from msign.care.values import CareRules, Loan, Shelf
from msign.jobs.services import ensure
from msign.jobs.values import Done, GivenUp, Later, Outcome, Task
from msign.kernel.clock import Clock
from msign.kernel.errors import MSignError
from msign.kernel.words import SignatureLevel
from msign.pki.tsa import TimestampSource
from msign.signing.care import protected_until, renewal_due
from msign.signing.evidence import EvidenceSource
from msign.signing.raising import raise_file
from msign.validation.model import DocumentReport, Verdict

SWEEP = "care.sweep"
_SWEEP_SECONDS = 3600.0
_AGAIN = dt.timedelta(hours=6)  # after an outage, or revocation data older than the signature: fresh ones come daily
_LONGEST_SLEEP = dt.timedelta(days=30)  # policies change: nothing is left alone for years
_LONG_TERM = (SignatureLevel.LT, SignatureLevel.LTA)

Judge = Callable[[Path, Path | None], DocumentReport]


@dataclass(frozen=True, slots=True)
class CareTools:
    """What raises signatures."""

    tsa: TimestampSource
    evidence: EvidenceSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Caretaker:
    """Handlers of the jobs of care. ``tools`` opens authorities for one look and closes them behind it."""

    shelves: Mapping[str, Shelf]
    tools: Callable[[], AbstractContextManager[CareTools]]
    judge: Judge
    clock: Clock
    rules: CareRules
    scratch: Path

    def schedule(self) -> None:
        """Make sure that the recurring job exists."""
        ensure(SWEEP, "all", {}, self.clock.now())

    def sweep(self, _task: Task) -> Outcome:
        """Take in what is new on the shelves."""
        for shelf, owner in self.shelves.items():
            for name in owner.names():
                services.take_in(shelf, name, self.clock.now())
        return Later(_SWEEP_SECONDS)

    def look(self, task: Task) -> Outcome:
        """Do for one file what is due, and say when to come again."""
        item = Item.objects.filter(shelf=task.payload["shelf"], name=task.payload["name"]).first()
        shelf = self.shelves.get(str(task.payload["shelf"]))
        if item is None or shelf is None:
            return Done()
        self.scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(dir=self.scratch, prefix="care-") as folder:
            loan = shelf.lend(item.name, Path(folder))
            if loan is None:
                services.let_go(item.shelf, item.name, self.clock.now())
                return Done()
            try:
                return self._care(item, shelf, loan)
            except MSignError as error:
                return self._again(item, str(error)) if error.retry else self._hopeless(item, str(error))

    def _care(self, item: Item, shelf: Shelf, loan: Loan) -> Outcome:
        until = protected_until(loan.path)
        if self._enough(item, until):
            return self._rest(item, until)
        before = self.judge(loan.path, loan.content)
        if before.verdict in (Verdict.INVALID, Verdict.CHANGED, Verdict.NONE):
            return self._hopeless(item, f"not valid ({before.verdict}): care would prove nothing")
        raised = loan.path.with_name("raised")
        with self.tools() as tools:
            raise_file(
                loan.path,
                raised,
                level=self.rules.level,
                tsa=tools.tsa,
                evidence=tools.evidence,
                content=loan.content,
            )
        if problem := _worse(self.judge(raised, loan.content)):
            return self._again(item, problem)
        if not shelf.take_back(item.name, raised, loan.version):
            return Later(0)  # its owner has changed it meanwhile: look at the new one
        return self._raised(item, protected_until(raised))

    def _enough(self, item: Item, until: dt.datetime | None) -> bool:
        """A level LT that was reached stays; an archive time-stamp lasts until shortly before its end."""
        if self.rules.level is SignatureLevel.LT:
            return item.level in _LONG_TERM or until is not None
        return not renewal_due(until, now=self.clock.now(), margin=self.rules.margin)

    def _raised(self, item: Item, until: dt.datetime | None) -> Outcome:
        now = self.clock.now()
        pause = self._pause(until)
        services.note_raised(item, at=now, level=self.rules.level, until=until, next_look=now + pause)
        return Later(pause.total_seconds())

    def _rest(self, item: Item, until: dt.datetime | None) -> Outcome:
        now = self.clock.now()
        pause = self._pause(until)
        services.note(item, at=now, next_look=now + pause, until=until)
        return Later(pause.total_seconds())

    def _again(self, item: Item, problem: str) -> Outcome:
        now = self.clock.now()
        services.note(item, at=now, next_look=now + _AGAIN, until=item.protected_until, problem=problem)
        return Later(_AGAIN.total_seconds())

    def _hopeless(self, item: Item, problem: str) -> Outcome:
        services.give_up(item, problem, self.clock.now())
        return GivenUp(problem)

    def _pause(self, until: dt.datetime | None) -> dt.timedelta:
        if until is None:
            return _LONGEST_SLEEP
        return max(_AGAIN, min(until - self.rules.margin - self.clock.now(), _LONGEST_SLEEP))


def _worse(report: DocumentReport) -> str:
    """Return why a raised file is not what was wanted; empty if it is."""
    reasons = [reason.code for one in report.signatures for reason in one.reasons]
    if report.verdict is not Verdict.VALID:
        why = ", ".join(dict.fromkeys(reasons)) or report.refused
        return f"raised, it would be {report.verdict}" + (f": {why}" if why else "")
    if any(one.level not in _LONG_TERM for one in report.signatures if not one.counter_signature):
        return "the validation data are not enough yet for the level LT"
    return ""
