"""Who may sign on whose behalf: the question, the answers, and the port behind which a register stands."""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass
from typing import Protocol

from msign.kernel.words import DelegatorType

ANY_ROLE = 0  # in a question: whatever role; in a mandate: for every role


@dataclass(frozen=True, slots=True)
class MandateQuestion:
    """May this person sign for that person or organisation, at the moment of the signature?"""

    delegator_type: DelegatorType
    delegator_id: str
    delegate_id: str
    role: int
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Mandate:
    """A power to sign for another. ``basis`` names the paper; the end of the validity is the first moment after it."""

    number: str
    delegator_type: DelegatorType
    delegator_id: str
    delegate_id: str
    basis: str
    valid_from: dt.datetime
    valid_until: dt.datetime | None = None
    role: int = ANY_ROLE
    revoked_at: dt.datetime | None = None
    revoked_why: str = ""


@dataclass(frozen=True, slots=True)
class MandateFound:
    """A register vouches for it: which one, under which reference, until when. This is the evidence that is kept."""

    register: str
    reference: str
    basis: str
    checked_at: dt.datetime
    valid_until: dt.datetime | None = None


class WhyNot(enum.StrEnum):
    """Why no mandate counts; the nearest miss."""

    NONE = "none"
    OTHER_ROLE = "other-role"
    NOT_YET_VALID = "not-yet-valid"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class NoMandate:
    """The register was asked and knows no power that counts."""

    why: WhyNot = WhyNot.NONE


MandateAnswer = MandateFound | NoMandate


class MandateRegister(Protocol):
    """Asks a register. MPower is meant to stand behind it (platform-adapters 5); the local table does today."""

    def ask(self, question: MandateQuestion) -> MandateAnswer:
        """Answer. Raises ``MSignError`` (``UNAVAILABLE``, ``retry=True``) while the register cannot be asked."""
        ...


class EmptyRegister:
    """Knows nobody: for installations and tests without a register."""

    def ask(self, question: MandateQuestion) -> MandateAnswer:
        """Return that there is none."""
        del question
        return NoMandate()
