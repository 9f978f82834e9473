"""Reading the trail: filtered, ordered and cut in the database, however long it is."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

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


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events are asked for; what is left empty does not narrow. ``since`` is included, ``until`` is not."""

    subject: str | None = None
    subjects: Sequence[str] = ()
    actor: str | None = None
    tags: Sequence[Tag] = ()
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    after: int = 0
    before: int | None = None  # sequence numbers, for pages

    def rows(self) -> QuerySet[Event]:
        """Return the query, unordered."""
        found = Event.objects.filter(sequence__gt=self.after)
        narrow: dict[str, object] = {
            "subject": self.subject,
            "subject__in": list(self.subjects) or None,
            "actor": self.actor,
            "tag__in": [tag.value for tag in self.tags] or None,
            "at__gte": self.since,
            "at__lt": self.until,
            "sequence__lt": self.before,
        }
        return found.filter(**{name: value for name, value in narrow.items() if value is not None})


def events_of(*, subjects: tuple[str, ...], tags: tuple[Tag, ...]) -> Iterator[RecordedEvent]:
    """Yield the events of some subjects, oldest first."""
    rows = Event.objects.filter(subject__in=subjects, tag__in=[tag.value for tag in tags])
    yield from map(_recorded, rows.order_by("sequence"))


def events(
    wanted: Wanted | None = None,
    *,
    subject: str | None = None,
    tags: tuple[Tag, ...] = (),
    after: int = 0,
    newest_first: bool = False,
    limit: int = 100,
) -> Iterator[RecordedEvent]:
    """Yield at most ``limit`` events: those ``wanted``, else those of one subject and of some tags."""
    asked = wanted or Wanted(subject=subject, tags=tags, after=after)
    rows = asked.rows().order_by("-sequence" if newest_first else "sequence")
    yield from map(_recorded, rows[:limit])


def count(wanted: Wanted, most: int) -> int:
    """Return how many events there are, counting no further than ``most``: the page says "more than"."""
    return wanted.rows().values("sequence")[:most].count()


def _recorded(row: Event) -> RecordedEvent:
    body = json.loads(row.body)
    return RecordedEvent(row.sequence, row.at, row.tag, row.subject, row.actor, body["facts"], row.hash)
