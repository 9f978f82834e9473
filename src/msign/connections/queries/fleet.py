"""The operator's view of all access: how every decision stands, who reports, and which certificates end when."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from msign.access import lookup, traffic
from msign.access.reports import Report, reports
from msign.connections.actors import Actor, require
from msign.connections.enforcement import Enforced, Reading
from msign.connections.models import Case, Certificate, Grant, Proposal
from msign.connections.ports import Desk
from msign.connections.roles import Right
from msign.connections.services import calendars, enforcing, store
from msign.connections.words import Sentence
from msign.kernel.words import Environment


@dataclass(frozen=True, slots=True)
class AccessLine:
    """One environment of one connection."""

    reference: str
    system: str
    organisation: str
    environment: Environment
    reading: Reading


@dataclass(frozen=True, slots=True)
class Pending:
    """A change that waits for the operator."""

    number: int
    reference: str
    environment: Environment
    serial: str
    network: str
    why: Sentence
    created: dt.datetime


@dataclass(frozen=True, slots=True)
class Expiring:
    """A certificate of the fleet."""

    organisation: str
    system: str
    reference: str
    environment: Environment
    serial: str
    not_after: dt.datetime
    last_used: dt.datetime | None
    answered: dt.datetime | None


_TROUBLE = (Enforced.FAILED, Enforced.DRIFTED, Enforced.PENDING)


def access_lines(desk: Desk, actor: Actor) -> list[AccessLine]:
    """Return how every decision about access stands, trouble first."""
    require(actor, Right.SEE_QUEUE)
    pairs = dict.fromkeys(Grant.objects.order_by("pk").values_list("case_id", "environment"))
    lines = [_line(desk, case, Environment(environment)) for case, environment in pairs]
    return sorted(lines, key=lambda one: (one.reading.enforced not in _TROUBLE, one.reference, one.environment))


def _line(desk: Desk, key: int, environment: Environment) -> AccessLine:
    case = store.own(Case.objects.values_list("reference", flat=True).get(pk=key))
    name = case.system.name if case.system else ""
    reading = enforcing.reading(desk, case, environment)
    return AccessLine(case.reference, name, case.organisation.name, environment, reading)


def listeners(desk: Desk, actor: Actor) -> tuple[int, tuple[Report, ...]]:
    """Return the newest state of access, and the running API processes with the one that each enforces."""
    require(actor, Right.SEE_QUEUE)
    return lookup.generation(), reports(desk.clock.now())


def pending(actor: Actor, reference: str = "") -> list[Pending]:
    """Return the changes that wait for the operator, of one case or of all; a team sees those of its own cases."""
    if reference:
        rows = Proposal.objects.filter(case=store.load(actor, reference), decided=None)
    else:
        require(actor, Right.SEE_QUEUE)
        rows = Proposal.objects.filter(decided=None)
    return [
        Pending(
            row.pk,
            row.case.reference,
            Environment(row.environment),
            row.serial,
            row.network,
            Sentence(row.why),
            row.created,
        )
        for row in rows.select_related("case").order_by("created", "pk")
    ]


def expiring(actor: Actor) -> list[Expiring]:
    """Return the certificates in force by expiry: the operator's whole fleet, or a person's own."""
    return [_expiring(one.organisation, one.reference, one.row) for one in calendars.expiries(actor)]


def _expiring(organisation: str, reference: str, row: Certificate) -> Expiring:
    environment = Environment(row.environment)
    return Expiring(
        organisation,
        row.system.name,
        reference,
        environment,
        row.serial,
        row.not_after,
        traffic.last_used(row.system.public_id.hex, environment, row.serial),
        row.answered,
    )
