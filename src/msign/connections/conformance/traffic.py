"""Reads what a test system did, from what the witness took down and from the audit trail."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from msign.access.traffic import calls
from msign.audit.queries import RecordedEvent, events_of
from msign.audit.tags import Tag
from msign.connections.conformance import witness
from msign.connections.conformance.values import Refused, Signing, Story, Verified
from msign.connections.models import ObservedCall
from msign.connections.ports import Seen
from msign.kernel.clock import CHISINAU
from msign.kernel.words import Environment

_TAGS = (Tag.REQUEST_POSTED, Tag.REQUEST_SIGNED, Tag.REQUEST_FAILED, Tag.SESSION_STARTED)


class ObservedTraffic:
    """What the gateway has seen from a system."""

    def seen(self, system_id: str, environment: Environment, since: dt.datetime) -> Seen:
        """Return when a system was first and last heard since a moment."""
        moments = [one.last_at for one in calls(system_id, environment, since=since.astimezone(CHISINAU).date())]
        if environment is Environment.TEST:
            rows = ObservedCall.objects.filter(system=system_id).exclude(kind__in=(witness.OPENED, witness.BAD_NUMBER))
            moments += [moment for pair in rows.values_list("first_at", "last_at") for moment in pair]
        heard = [one for one in moments if one >= since]
        return Seen(min(heard, default=None), max(heard, default=None))

    def story(self, system_id: str, since: dt.datetime) -> Story:
        """Return what a system did in the test environment since a moment."""
        rows = list(ObservedCall.objects.filter(system=system_id, last_at__gte=since).order_by("last_at", "id"))
        return Story(
            signings=_signings([row for row in rows if row.kind == witness.POSTED], rows),
            refused=tuple(_refused(row) for row in rows if row.kind == witness.REFUSED),
            verified=tuple(_verified(row) for row in rows if row.kind == witness.VERIFIED),
        )


def _signings(posts: list[ObservedCall], rows: Iterable[ObservedCall]) -> tuple[Signing, ...]:
    known = {(row.kind, row.key): row for row in rows}
    trail: dict[str, list[RecordedEvent]] = {row.key: [] for row in posts}
    for event in events_of(subjects=tuple(trail), tags=_TAGS):
        trail[event.subject].append(event)
    made = [_signing(row, trail[row.key], known) for row in posts]
    return tuple(sorted(made, key=lambda one: one.posted))


def _signing(row: ObservedCall, trail: list[RecordedEvent], known: dict[tuple[str, str], ObservedCall]) -> Signing:
    by_tag = {event.tag: event for event in trail}
    posted, signed = by_tag.get(Tag.REQUEST_POSTED), by_tag.get(Tag.REQUEST_SIGNED)
    failed, opened = by_tag.get(Tag.REQUEST_FAILED), known.get((witness.OPENED, row.key))
    fetched = known.get((witness.FETCHED, row.key))
    return Signing(
        request_id=row.key,
        posted=posted.at if posted else row.first_at,
        documents=_texts(posted, "sha256"),
        attempts=tuple(
            (event.at, str(event.facts.get("instrument", ""))) for event in trail if event.tag == Tag.SESSION_STARTED
        ),
        opened=(opened.first_at, opened.last_at) if opened else None,
        openings=opened.count if opened else 0,
        signed=signed.at if signed else None,
        signatures=_texts(signed, "signatures"),
        ended=failed.at if failed else None,
        reason=str(failed.facts.get("reason", "")) if failed else "",
        told=fetched.first_at if fetched else None,
        bad_number=(witness.BAD_NUMBER, row.key) in known,
    )


def _texts(event: RecordedEvent | None, name: str) -> frozenset[str]:
    found: Any = event.facts.get(name) if event else None
    return frozenset(map(str, found)) if isinstance(found, list) else frozenset()


def _refused(row: ObservedCall) -> Refused:
    return Refused(row.last_at, row.facts["operation"], row.facts["outcome"], row.facts["member"])


def _verified(row: ObservedCall) -> Verified:
    return Verified(row.last_at, row.facts["sha256"], row.facts["valid"], row.facts["signatures"])
