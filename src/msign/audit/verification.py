"""Verifying the trail bit by bit in the background, so that no page and no other writer waits for a long chain.

One row remembers how far the present walk has come and how the last whole one ended. A walk also looks whether the end
of the walk before is still part of the chain: a tail that was cut off shows.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from msign.audit.chain import GENESIS, Broken, Head, walk
from msign.audit.models import ChainCheck
from msign.audit.services import head, links

STEP_EVENTS = 5_000  # a fraction of a second


@dataclass(frozen=True, slots=True)
class Checked:
    """What is known about the chain. ``finished`` is when the last whole walk ended, ``None`` before the first."""

    finished: dt.datetime | None
    count: int  # events of the last whole walk
    broken: int | None  # the first event that does not fit
    why: str
    now_at: int | None  # where the walk under way stands
    length: int


def checked() -> Checked:
    """Return how the verification stands."""
    row = ChainCheck.objects.filter(pk=1).first() or ChainCheck()
    at = row.sequence if row.started is not None else None
    return Checked(row.finished, row.whole_sequence, row.broken, row.why, at, head().sequence)


def step(at: dt.datetime, events: int = STEP_EVENTS) -> bool:
    """Verify the next ``events`` events; tell whether a whole walk has ended. Call it again until it has."""
    row, _created = ChainCheck.objects.get_or_create(pk=1)
    if row.started is None:
        row.started, row.sequence, row.hash = at, 0, GENESIS
    begin = Head(row.sequence, row.hash)
    found = walk(links(after=begin.sequence, most=events), _known_within(row, events), begin)
    if isinstance(found, Broken):
        return _end(row, at, found)
    done = found.head.sequence - begin.sequence < events
    row.sequence, row.hash = found.head.sequence, found.head.hash
    if done:
        return _end(row, at, _cut_off(row))
    row.save()
    return False


def _known_within(row: ChainCheck, events: int) -> Head | None:
    """The end of the walk before, where this step passes it."""
    passes = row.sequence < row.whole_sequence <= row.sequence + events
    return Head(row.whole_sequence, row.whole_hash) if passes else None


def _cut_off(row: ChainCheck) -> Broken | None:
    if row.sequence >= row.whole_sequence:
        return None
    return Broken(row.sequence + 1, "the trail ends earlier than it did at the verification before")


def _end(row: ChainCheck, at: dt.datetime, found: Broken | None) -> bool:
    row.started, row.finished = None, at
    row.broken, row.why = (found.sequence, found.why) if found is not None else (None, "")  # Broken is false
    if found is None:
        row.whole_sequence, row.whole_hash = row.sequence, row.hash
    row.save()
    return True
