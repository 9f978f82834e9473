"""The audit trail for auditors: filters, pages, and the decision behind each row that the gateway enforces."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from msign.access import queries as access
from msign.access.values import CertificateStatus
from msign.audit import queries as audit
from msign.audit.queries import RecordedEvent, Wanted
from msign.audit.tags import Tag
from msign.connections.actors import Actor, require
from msign.connections.models import Case, Grant, HistoryEvent, InformationSystem, Person
from msign.connections.roles import Right
from msign.connections.services import store
from msign.kernel.words import Environment

PAGE_EVENTS = 50
MOST_COUNTED = 10_000  # a longer list is told as "more than"
MOST_EXPORTED = 100_000
AREAS = tuple(dict.fromkeys(tag.value.split(":")[0] for tag in Tag))


@dataclass(frozen=True, slots=True)
class TrailSearch:
    """What an auditor asks for. ``area`` is the first part of a tag, ``tag`` a whole one."""

    area: str = ""
    tag: str = ""
    actor: str = ""
    subject: str = ""
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    before: int | None = None  # older than this event
    after: int = 0  # newer than this event

    def wanted(self) -> Wanted:
        """Return the question that the audit room understands."""
        tags = [tag for tag in Tag if tag == self.tag or (not self.tag and tag.split(":")[0] == self.area)]
        return Wanted(
            subject=_subject(self.subject),
            actor=self.actor or None,
            tags=tags,
            since=self.since,
            until=self.until,
            before=self.before,
            after=self.after,
        )


def _subject(typed: str) -> str | None:
    """A case by its reference, a system by its key, or the subject as the trail writes it."""
    text = typed.strip()
    if Case.objects.filter(reference__iexact=text).exists():
        return f"connection:{text.upper()}"
    system = InformationSystem.objects.filter(name=text).first()
    return f"system:{system.public_id.hex}" if system else (text or None)


@dataclass(frozen=True, slots=True)
class TrailEvent:
    """One event with what a reader needs to understand it: who stands behind the actor, and where it leads."""

    event: RecordedEvent
    actor_name: str
    reference: str  # of the case that it is about, if any


@dataclass(frozen=True, slots=True)
class TrailPage:
    """One page, newest first. ``total`` counts no further than ``MOST_COUNTED``."""

    events: tuple[TrailEvent, ...]
    total: int
    older: int | None
    newer: bool


def trail(actor: Actor, search: TrailSearch) -> TrailPage:
    """Return one page of the trail. Raises ``Refusal`` for those who may not read it."""
    require(actor, Right.SEE_AUDIT)
    wanted = search.wanted()
    found = list(audit.events(wanted, newest_first=True, limit=PAGE_EVENTS + 1))
    shown = found[:PAGE_EVENTS]
    return TrailPage(
        events=tuple(_explained(shown)),
        total=audit.count(wanted, MOST_COUNTED),
        older=shown[-1].sequence if len(found) > PAGE_EVENTS else None,
        newer=search.before is not None,
    )


def whole_trail(actor: Actor, search: TrailSearch) -> Iterator[RecordedEvent]:
    """Yield the events of a search for an export, oldest first, ``MOST_EXPORTED`` at the most."""
    require(actor, Right.SEE_AUDIT)
    require(actor, Right.EXPORT)
    return audit.events(search.wanted(), limit=MOST_EXPORTED)


def _explained(events: list[RecordedEvent]) -> Iterator[TrailEvent]:
    numbers = {int(one.actor.split(":")[1]) for one in events if one.actor.startswith(("operator:", "person:"))}
    names = dict(Person.objects.filter(pk__in=numbers).values_list("pk", "name"))
    keys = {one.subject.removeprefix("system:") for one in events if one.subject.startswith("system:")}
    cases = _cases_of(keys)
    for one in events:
        kind, _colon, number = one.actor.partition(":")
        name = names.get(int(number), "") if kind in ("operator", "person") and number.isdecimal() else ""
        kind, _colon, key = one.subject.partition(":")
        yield TrailEvent(one, name, {"connection": key, "system": cases.get(key, "")}.get(kind, ""))


def _cases_of(keys: set[str]) -> dict[str, str]:
    rows = Case.objects.filter(system__public_id__in=[key for key in keys if len(key) == 32]).order_by("changed")
    return {key.hex: reference for key, reference in rows.values_list("system__public_id", "reference")}


@dataclass(frozen=True, slots=True)
class Decision:
    """A line of the history that changed the gateway: who, when, why."""

    number: int
    action: str
    moment: dt.datetime
    actor: str
    reason: str


@dataclass(frozen=True, slots=True)
class EnforcedRow:
    """One thing that the gateway enforces, and the decision it traces to (``None``: the desk knows none)."""

    what: str  # certificate | network | suspension
    value: str
    decision: Decision | None


@dataclass(frozen=True, slots=True)
class Enforced:
    """What the gateway enforces for a case in one environment."""

    environment: Environment
    enabled: bool
    rows: tuple[EnforcedRow, ...]


def enforced(actor: Actor, reference: str) -> tuple[Enforced, ...]:
    """Return every access row of a case with its decision. Raises ``Refusal``."""
    require(actor, Right.SEE_QUEUE)
    case = store.load(actor, reference)
    return tuple(_enforced(case, environment) for environment in Environment) if case.system else ()


def _enforced(case: Case, environment: Environment) -> Enforced:
    assert case.system is not None
    state = access.access_state(case.system.public_id.hex, environment)
    grants = list(
        Grant.objects.filter(case=case, environment=environment).select_related("decision__actor").order_by("-pk")
    )
    flags = HistoryEvent.objects.filter(case=case, action="suspend").select_related("actor").order_by("pk")
    by_flag = {event.data.get("flag"): event for event in flags}
    certificates = [one for one in state.certificates if one.status is CertificateStatus.ACTIVE]
    rows = [
        *(EnforcedRow("certificate", one.serial, _granted(grants, "serial", one.serial)) for one in certificates),
        *(EnforcedRow("network", net, _granted(grants, "", net)) for net in state.networks),
        *(EnforcedRow("suspension", flag, _decision(by_flag.get(flag))) for flag in state.suspensions),
    ]
    return Enforced(environment, state.enabled, tuple(rows))


def _granted(grants: list[Grant], member: str, value: str) -> Decision | None:
    """The decision that first granted a value, looking back over the unbroken row of grants that held it."""
    found = None
    for grant in grants:
        held = [one[member] for one in grant.snapshot["certificates"]] if member else grant.snapshot["networks"]
        if value not in held:
            break
        found = grant.decision
    return _decision(found)


def _decision(event: HistoryEvent | None) -> Decision | None:
    if event is None:
        return None
    name = event.actor.name if event.actor else "MSign"
    return Decision(event.pk, event.action, event.moment, name, event.reason)
