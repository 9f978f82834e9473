"""Events of long-term care: what became of a file that is kept provable."""

from __future__ import annotations

import datetime as dt

from msign.audit.chain import Head
from msign.audit.services import record
from msign.audit.tags import Tag
from msign.kernel.words import SignatureLevel

_ACTOR = "msign"


def taken_in(*, at: dt.datetime, shelf: str, name: str) -> Head:
    """A file came under care."""
    return record(tag=Tag.CARE_TAKEN_IN, subject=_subject(shelf, name), at=at, actor=_ACTOR, facts={})


def raised(*, at: dt.datetime, shelf: str, name: str, level: SignatureLevel, until: dt.datetime | None) -> Head:
    """Its signatures were raised, or their archive time-stamp renewed."""
    facts = {"level": level, "protectedUntil": until.isoformat() if until else None}
    return record(tag=Tag.CARE_RAISED, subject=_subject(shelf, name), at=at, actor=_ACTOR, facts=facts)


def given_up(*, at: dt.datetime, shelf: str, name: str, problem: str) -> Head:
    """Nothing could be done for it."""
    return record(tag=Tag.CARE_GIVEN_UP, subject=_subject(shelf, name), at=at, actor=_ACTOR, facts={"problem": problem})


def let_go(*, at: dt.datetime, shelf: str, name: str) -> Head:
    """The care ended."""
    return record(tag=Tag.CARE_LET_GO, subject=_subject(shelf, name), at=at, actor=_ACTOR, facts={})


def _subject(shelf: str, name: str) -> str:
    return f"care:{shelf}:{name}"
