"""What is known of a system's tests: what it did, and what that proves. Frozen, and kept as plain JSON."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from msign.connections.words import Sentence
from msign.kernel.words import ContentType


class Result(enum.StrEnum):
    """How a test case stands."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_SEEN = "not-seen"
    REVIEW = "review"  # something was seen that only a person can judge


@dataclass(frozen=True, slots=True)
class Signing:
    """One posted request and what became of it."""

    request_id: str
    posted: dt.datetime
    documents: frozenset[str] = frozenset()  # digests of what was posted
    attempts: tuple[tuple[dt.datetime, str], ...] = ()  # when a person began, with which instrument
    opened: tuple[dt.datetime, dt.datetime] | None = None  # first and last arrival at the sign page from the e-service
    openings: int = 0
    signed: dt.datetime | None = None
    signatures: frozenset[str] = frozenset()  # SHA-256 of what was released
    ended: dt.datetime | None = None  # without signatures
    reason: str = ""
    told: dt.datetime | None = None  # GetSignResponse gave the final status
    bad_number: bool = False  # the e-service sent the person here with a telephone number that is none

    @property
    def instrument(self) -> str:
        """The one that it was signed with; empty when it was not."""
        return self.attempts[-1][1] if self.signed and self.attempts else ""


@dataclass(frozen=True, slots=True)
class Refused:
    """A call that was answered with a fault."""

    at: dt.datetime
    operation: str
    outcome: str
    member: str


@dataclass(frozen=True, slots=True)
class Verified:
    """Something that was verified; the newest time."""

    at: dt.datetime
    sha256: str
    valid: bool
    signatures: int


@dataclass(frozen=True, slots=True)
class Story:
    """What a system did in the test environment, oldest first."""

    signings: tuple[Signing, ...] = ()
    refused: tuple[Refused, ...] = ()
    verified: tuple[Verified, ...] = ()


@dataclass(frozen=True, slots=True)
class Instrument:
    """A way to sign that a system may meet in the test environment."""

    code: str
    names: Mapping[str, str] = field(default_factory=dict)  # language -> name
    content_types: frozenset[ContentType] = frozenset(ContentType)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that happened: when, to which request, in a sentence."""

    at: dt.datetime
    what: Sentence
    request_id: str = ""
    result: Result = Result.PASSED

    def plain(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "at": self.at.isoformat(),
            "what": self.what.msgid,
            "facts": dict(self.what.facts),
            "request": self.request_id,
            "result": self.result.value,
        }

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Evidence:
        """Read it back."""
        return cls(
            dt.datetime.fromisoformat(plain["at"]),
            Sentence(plain["what"], tuple(plain["facts"].items())),
            plain["request"],
            Result(plain["result"]),
        )


@dataclass(frozen=True, slots=True)
class Finding:
    """What the traffic says of one test case."""

    code: str
    result: Result
    why: Sentence
    evidence: tuple[Evidence, ...] = ()

    @property
    def newest(self) -> dt.datetime | None:
        """When the newest evidence is from."""
        return max((one.at for one in self.evidence), default=None)
