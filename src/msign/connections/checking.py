"""Checks with an outcome and the sentence that people read; for certificates, documents and whole cases."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass

from msign.connections.words import Sentence


class Outcome(enum.StrEnum):
    """How a check ended."""

    PASSED = "passed"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Check:
    """One check with the sentence that people read."""

    code: str
    outcome: Outcome
    sentence: Sentence


def failed(checks: Iterable[Check]) -> tuple[Sentence, ...]:
    """Return the sentences of the checks that forbid the certificate."""
    return tuple(check.sentence for check in checks if check.outcome is Outcome.FAILED)


def good(code: str, sentence: Sentence) -> Check:
    """Return a check that passed."""
    return Check(code, Outcome.PASSED, sentence)


def bad(code: str, sentence: Sentence) -> Check:
    """Return a check that failed."""
    return Check(code, Outcome.FAILED, sentence)
