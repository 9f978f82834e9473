"""How events hang together: each hash covers the canonical JSON of its event, which names the hash before it."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

GENESIS = "0" * 64  # what the first event names as its predecessor


@dataclass(frozen=True, slots=True)
class Link:
    """One stored event, as the walk over the chain sees it."""

    sequence: int
    at: dt.datetime
    tag: str
    subject: str
    actor: str
    body: str
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain. Kept elsewhere, it proves later that the tail was not cut off."""

    sequence: int
    hash: str


@dataclass(frozen=True, slots=True)
class Intact:
    """Every row is where and what it was when it was written."""

    count: int
    head: Head

    def __bool__(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Broken:
    """The first row that does not fit, and why."""

    sequence: int
    why: str

    def __bool__(self) -> bool:
        return False


def canonical(fields: Mapping[str, object]) -> str:
    """Return JSON with sorted keys, no spaces and text as it is: one spelling for one event."""
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(body: str) -> str:
    """Return the SHA-256 of the event's canonical JSON, in hexadecimal."""
    return hashlib.sha256(body.encode()).hexdigest()


START = Head(0, GENESIS)


def walk(links: Iterable[Link], known: Head | None = None, start: Head = START) -> Intact | Broken:
    """Follow the chain from ``start``. ``known`` is a head noted earlier that must still be part of what follows."""
    head = start
    met = known is None or known == head
    for link in links:
        if why := _fault(link, head):
            return Broken(link.sequence, why)
        head = Head(link.sequence, link.hash)
        met = met or head == known
    if not met and known is not None:
        return Broken(known.sequence, "the event noted earlier as the end of the chain is missing or another one")
    return Intact(head.sequence, head)


def _fault(link: Link, before: Head) -> str | None:
    if link.sequence != before.sequence + 1:
        return f"event {before.sequence + 1} is missing"
    if digest(str(link.body)) != link.hash:
        return "its content is not what was hashed"
    if link.previous != before.hash:
        return "it does not follow the event before it"
    return _mirror_fault(link)


def _mirror_fault(link: Link) -> str | None:
    """The columns for searching must say the same as the hashed body."""
    try:
        fields = json.loads(link.body)
        same = {
            "sequence": link.sequence,
            "previous": link.previous,
            "at": link.at.isoformat(),
            "tag": link.tag,
            "subject": link.subject,
            "actor": link.actor,
        }
        wrong = [name for name, value in same.items() if fields[name] != value]
    except (ValueError, KeyError, TypeError, AttributeError):  # the last: a moment that is none
        return "its content is not readable"
    return f"its column {wrong[0]} differs from what was hashed" if wrong else None
