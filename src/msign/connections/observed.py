"""What the gateway has seen from a system, read from the audit trail: no counters of our own that could disagree."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator, Sequence

from msign.audit.queries import RecordedEvent, Wanted, events
from msign.audit.tags import Tag
from msign.connections.ports import Seen
from msign.kernel.words import Environment, FailureReason

_RESULTS = (Tag.REQUEST_SIGNED, Tag.REQUEST_FAILED, Tag.SESSION_FAILED)
_SCAN = 2_000  # posted requests looked at from each end; test cases are proved by the first ones
_PROOFS = 300  # requests whose results are looked at
_AT_ONCE = 100  # subjects asked for in one statement


class AuditCallLog:
    """Reads the system's own events since the moment asked for; what others do costs nothing."""

    def seen(self, system_id: str, environment: Environment, since: dt.datetime) -> Seen:
        """Return what a system did in an environment since a moment."""
        mine = Wanted(actor=f"system:{system_id}", tags=(Tag.REQUEST_POSTED,), since=since)
        first = list(itertools.islice(_posts(mine, environment, newest_first=False), _PROOFS))
        if not first:
            return Seen()
        last = next(_posts(mine, environment, newest_first=True), first[-1])
        results = sorted(_results([one.subject for one in first]), key=lambda one: one.sequence)
        signed = [one.at for one in results if one.tag == Tag.REQUEST_SIGNED]
        cancelled = [one.at for one in results if one.facts.get("reason") == FailureReason.CANCELLED]
        repeated = [moment for moment in signed if cancelled and moment > cancelled[0]]
        return Seen(
            first_call=first[0].at,
            last_call=last.at,
            signed=signed[0] if signed else None,
            cancelled=cancelled[0] if cancelled else None,
            repeated=repeated[0] if repeated else None,
        )


def _posts(mine: Wanted, environment: Environment, *, newest_first: bool) -> Iterator[RecordedEvent]:
    rows = events(mine, newest_first=newest_first, limit=_SCAN)
    return (one for one in rows if one.facts.get("environment") == environment)


def _results(subjects: Sequence[str]) -> Iterator[RecordedEvent]:
    for start in range(0, len(subjects), _AT_ONCE):
        wanted = Wanted(subjects=subjects[start : start + _AT_ONCE], tags=_RESULTS)
        yield from events(wanted, limit=20 * _AT_ONCE)
