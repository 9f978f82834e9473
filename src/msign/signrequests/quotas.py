"""Bounds for one system: over a limit is a clear fault and a visible event, never a silent drop."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from msign.access.values import Caller, ConsumerSettings
from msign.audit import events, queries
from msign.audit.tags import Tag
from msign.kernel.errors import Code, MSignError
from msign.kernel.words import Environment
from msign.signrequests.models import SignRequest
from msign.signrequests.rules import Quota
from msign.signrequests.usage import usage
from msign.signrequests.values import PostedContent

_MINUTE = dt.timedelta(minutes=1)


def agreed(settings: ConsumerSettings, default: Quota) -> Quota:
    """Return the bounds in force: what was agreed with the system, else the installation's."""
    return Quota(
        requests_per_minute=_first(settings.requests_per_minute, default.requests_per_minute),
        open_requests=_first(settings.open_requests, default.open_requests),
        stored_bytes=_first(settings.stored_bytes, default.stored_bytes),
        largest_document=_first(settings.largest_document, default.largest_document),
        simultaneous_uploads=_first(settings.simultaneous_uploads, default.simultaneous_uploads),
    )


def check(caller: Caller, contents: tuple[PostedContent, ...], default: Quota, now: dt.datetime) -> None:
    """Raise ``MSignError`` (``LIMIT_EXCEEDED``) naming the limit and its value when the request would go over one.

    Concurrent requests may overshoot by their own number: a bound, not a meter.
    """
    quota = agreed(caller.settings, default)
    if max(content.size for content in contents) > quota.largest_document:
        raise _exceeded(caller, "largest_document", quota.largest_document, now)
    if last_minute(caller.system_id, caller.environment, now) >= quota.requests_per_minute:
        raise _exceeded(caller, "requests_per_minute", quota.requests_per_minute, now)
    used = usage(caller.system_id, caller.environment)
    if used.open_requests >= quota.open_requests:
        raise _exceeded(caller, "open_requests", quota.open_requests, now)
    if used.stored_bytes + sum(content.size for content in contents) > quota.stored_bytes:
        raise _exceeded(caller, "stored_bytes", quota.stored_bytes, now)


def last_minute(system_id: str, environment: Environment, now: dt.datetime) -> int:
    """Return how many requests a system posted in the last 60 seconds."""
    own = SignRequest.objects.filter(system_id=system_id, environment=environment.value)
    return own.filter(created_at__gt=now - _MINUTE).count()


_TEXTS = {
    "largest_document": "a document may have at most {} bytes for this system",
    "requests_per_minute": "this system may post at most {} requests a minute",
    "open_requests": "this system may have at most {} pending requests",
    "simultaneous_uploads": "this system may send at most {} large messages at the same time",
    "stored_bytes": "this system may keep at most {} bytes; requests end after their retention",
}


@dataclass(frozen=True, slots=True)
class Exceeded:
    """A limit that a system went over, as the trail tells it."""

    at: dt.datetime
    limit: str
    allowed: int


def recently_exceeded(system_id: str, environment: Environment, *, since: dt.datetime) -> tuple[Exceeded, ...]:
    """Return which limits a system went over since a moment, newest first; the last 50 events are looked at."""
    found = queries.events(subject=f"system:{system_id}", tags=(Tag.LIMIT_EXCEEDED,), newest_first=True, limit=50)
    return tuple(
        Exceeded(event.at, str(event.facts["limit"]), int(str(event.facts["allowed"])))
        for event in found
        if event.at >= since and event.facts.get("environment") == environment
    )


def too_many_uploads(caller: Caller, allowed: int, now: dt.datetime) -> MSignError:
    """Return the fault for one large message too many; the event is recorded."""
    return _exceeded(caller, "simultaneous_uploads", allowed, now)


def _exceeded(caller: Caller, limit: str, allowed: int, now: dt.datetime) -> MSignError:
    _record_once_a_minute(caller, limit, allowed, now)
    retry = limit != "largest_document"
    return MSignError(Code.LIMIT_EXCEEDED, _TEXTS[limit].format(allowed), member=limit, retry=retry)


def _record_once_a_minute(caller: Caller, limit: str, allowed: int, now: dt.datetime) -> None:
    recent = queries.events(
        subject=f"system:{caller.system_id}", tags=(Tag.LIMIT_EXCEEDED,), newest_first=True, limit=8
    )
    for event in recent:
        if event.facts.get("limit") == limit and event.at > now - _MINUTE:
            return
    events.limit_exceeded(
        at=now, system_id=caller.system_id, environment=caller.environment, limit=limit, allowed=allowed
    )


def _first(agreed_value: int | None, default: int) -> int:
    return default if agreed_value is None else agreed_value
