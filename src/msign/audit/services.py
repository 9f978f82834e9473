"""The only writer of the trail, and the walk that verifies it. `events` has one function for each event."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

from django.db import connection, transaction

from msign.audit import chain
from msign.audit.chain import Broken, Head, Intact, Link
from msign.audit.models import Event
from msign.audit.tags import Tag

_LOCK = 0x4D_53_49_47_4E  # "MSIGN": the advisory lock of the one writer on PostgreSQL
_PAGE = 2000


def record(*, tag: Tag, subject: str, at: dt.datetime, actor: str, facts: Mapping[str, object]) -> Head:
    """Append one event inside the caller's transaction: it is kept exactly if the change it describes is kept.

    Call it last in the transaction: from here to the commit nobody else can append.
    """
    with transaction.atomic():
        _become_the_only_writer()
        last = Event.objects.order_by("-sequence").values_list("sequence", "hash").first() or (0, chain.GENESIS)
        sequence, previous = last[0] + 1, last[1]
        moment = at.astimezone(dt.UTC)
        body = chain.canonical(
            {
                "sequence": sequence,
                "previous": previous,
                "at": moment.isoformat(),
                "tag": tag.value,
                "subject": subject,
                "actor": actor,
                "facts": dict(facts),
            }
        )
        event = Event(
            sequence=sequence,
            at=moment,
            tag=tag.value,
            subject=subject,
            actor=actor,
            body=body,
            previous=previous,
            hash=chain.digest(body),
        )
        event.save(force_insert=True)
    return Head(event.sequence, event.hash)


def verify(known: Head | None = None) -> Intact | Broken:
    """Walk the whole chain; name the first row that does not fit. Memory stays flat, whatever the length."""
    return chain.walk(links(), known)


def head() -> Head:
    """Return the present end of the chain, to be noted somewhere else."""
    last = Event.objects.order_by("-sequence").values_list("sequence", "hash").first()
    return Head(*last) if last else Head(0, chain.GENESIS)


def _become_the_only_writer() -> None:
    """SQLite: every transaction here begins IMMEDIATE and is alone already. PostgreSQL: a lock until the commit."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def links(after: int = 0, most: int | None = None) -> Iterator[Link]:
    """Yield stored events after a number, ``most`` of them at the most, a page in memory at a time."""
    last, left = after, most
    names = ("sequence", "at", "tag", "subject", "actor", "body", "previous", "hash")
    while left is None or left > 0:
        size = _PAGE if left is None else min(_PAGE, left)
        page = list(Event.objects.filter(sequence__gt=last).order_by("sequence").values_list(*names)[:size])
        for row in page:
            yield Link(*row)
        if len(page) < size:
            return
        last, left = page[-1][0], None if left is None else left - len(page)
