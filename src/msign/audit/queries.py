"""Reading the trail."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass

from msign.audit.models import Event
from msign.audit.tags import Tag


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """One event as it was recorded."""

    sequence: int
    at: dt.datetime
    tag: str
    subject: str
    actor: str
    facts: dict[str, object]
    hash: str


def events_of(*, subjects: tuple[str, ...], tags: tuple[Tag, ...]) -> Iterator[RecordedEvent]:
    """Yield the events of some subjects, oldest first."""
    rows = Event.objects.filter(subject__in=subjects, tag__in=[tag.value for tag in tags])
    yield from map(_recorded, rows.order_by("sequence"))


def events(
    *,
    subject: str | None = None,
    tags: tuple[Tag, ...] = (),
    after: int = 0,
    newest_first: bool = False,
    limit: int = 100,
) -> Iterator[RecordedEvent]:
    """Yield events, of one subject and of some tags only if asked for."""
    rows = Event.objects.filter(sequence__gt=after)
    if subject is not None:
        rows = rows.filter(subject=subject)
    if tags:
        rows = rows.filter(tag__in=[tag.value for tag in tags])
    for row in rows.order_by("-sequence" if newest_first else "sequence")[:limit]:
        yield _recorded(row)


def _recorded(row: Event) -> RecordedEvent:
    body = json.loads(row.body)
    return RecordedEvent(row.sequence, row.at, row.tag, row.subject, body["actor"], body["facts"], row.hash)
