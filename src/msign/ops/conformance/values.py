"""What a conformance run is made of: scenarios, their steps, and how each ended. Frozen, ready for JSON."""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import asdict, dataclass
from typing import Any


class Result(enum.StrEnum):
    """How a scenario ended. Skipped: what it needs is not there, for example because an earlier one failed."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was done or looked at; ``code`` has words in ``texts.STEPS``."""

    code: str
    ok: bool
    seconds: float  # since the scenario began
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One scenario with one instrument (empty where none takes part)."""

    code: str
    test_case: str
    instrument: str
    result: Result
    seconds: float
    request_id: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """A whole run, and against what."""

    started: dt.datetime
    seconds: float
    api: str
    web: str
    return_url: str
    certificate: str  # subject and serial number of the system's certificate
    outcomes: tuple[Outcome, ...]

    def count(self, result: Result) -> int:
        """Return how many scenarios ended so."""
        return sum(one.result is result for one in self.outcomes)

    @property
    def passed(self) -> bool:
        """Whether something ran and nothing failed."""
        return bool(self.count(Result.PASSED)) and not self.count(Result.FAILED)

    def plain(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "format": "msign-conformance-1",
            "result": "passed" if self.passed else "failed",
            **asdict(self),
            "started": self.started.isoformat(timespec="seconds"),
        }
