"""A person's calendar of expiring certificates, read by a calendar program from an address that nobody can guess.

The address is the only secret; it is shown once, kept as a digest, and revoked by the person at any time. The calendar
follows the person's roles of the moment: a team's certificates, and the whole fleet for the operator.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from msign.connections.actors import Actor
from msign.connections.models import CalendarFeed, Certificate, Grant
from msign.connections.ports import Desk
from msign.connections.services import people, reminders


@dataclass(frozen=True, slots=True)
class Expiry:
    """One certificate in force, as the calendar tells of it."""

    organisation: str
    reference: str
    row: Certificate


def issue(desk: Desk, actor: Actor) -> str:
    """Return the secret of a new address; an older one stops working."""
    secret = secrets.token_urlsafe(24)
    facts = {"digest": _digest(secret), "created": desk.clock.now()}
    CalendarFeed.objects.update_or_create(person_id=actor.known_id, defaults=facts)
    return secret


def revoke(actor: Actor) -> None:
    """Let the address work no more."""
    CalendarFeed.objects.filter(person_id=actor.known_id).delete()


def exists(actor: Actor) -> bool:
    """Tell whether the person has an address."""
    return CalendarFeed.objects.filter(person_id=actor.known_id).exists()


def reader(secret: str) -> Actor | None:
    """Return whose calendar an address opens."""
    row = CalendarFeed.objects.filter(digest=_digest(secret)).first()
    return people.actor_of(row.person_id) if row else None


def expiries(actor: Actor) -> list[Expiry]:
    """Return the certificates in force that a person may see, by expiry."""
    grants = Grant.objects.filter(ended=None).select_related("case__organisation", "case__system")
    if not actor.is_operator:
        grants = grants.filter(case__organisation_id__in=list(actor.team))
    found = {
        row.pk: Expiry(one.case.organisation.name, one.case.reference, row)
        for one in grants
        for row in reminders.in_force(one)
    }
    return sorted(found.values(), key=lambda one: one.row.not_after)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
