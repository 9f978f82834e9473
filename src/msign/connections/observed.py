"""What the gateway has seen from a system, read from the audit trail: no counters of our own that could disagree."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from msign.audit.queries import RecordedEvent, events
from msign.audit.tags import Tag
from msign.connections.ports import Seen
from msign.kernel.words import Environment, FailureReason

_TAGS = (Tag.REQUEST_POSTED, Tag.REQUEST_SIGNED, Tag.REQUEST_FAILED, Tag.SESSION_FAILED)
_NEWEST = 5_000  # events looked at, newest first; a test case older than that is confirmed by hand


class AuditCallLog:
    """Reads the trail backwards to the moment asked for."""

    def seen(self, system_id: str, environment: Environment, since: dt.datetime) -> Seen:
        """Return what a system did in an environment since a moment."""
        story = list(reversed([one for one in _newest() if one.at >= since]))
        posts = [one for one in story if _posted_by(one, system_id, environment)]
        own = {one.subject for one in posts}
        results = [one for one in story if one.subject in own and one.tag != Tag.REQUEST_POSTED]
        signed = [one.at for one in results if one.tag == Tag.REQUEST_SIGNED]
        cancelled = [one.at for one in results if one.facts.get("reason") == FailureReason.CANCELLED]
        repeated = [moment for moment in signed if cancelled and moment > cancelled[0]]
        return Seen(
            first_call=posts[0].at if posts else None,
            last_call=posts[-1].at if posts else None,
            signed=signed[0] if signed else None,
            cancelled=cancelled[0] if cancelled else None,
            repeated=repeated[0] if repeated else None,
        )


def _newest() -> Iterator[RecordedEvent]:
    return events(tags=_TAGS, newest_first=True, limit=_NEWEST)


def _posted_by(event: RecordedEvent, system_id: str, environment: Environment) -> bool:
    return (
        event.tag == Tag.REQUEST_POSTED
        and event.actor == f"system:{system_id}"
        and event.facts.get("environment") == environment
    )
