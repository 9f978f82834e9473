"""Certificates of a connection that works already: a new one beside the old one, and the old one out of use.

A new certificate of the same subject from the same authority replaces like with like: the team does that alone, and it
is in force at once. Any other one is proposed to the operator. A certificate belongs to the system, so every connection
of the system follows.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from django.db import transaction

from msign.access import services as access
from msign.audit import connection_events
from msign.connections import letters
from msign.connections.actors import SYSTEM, Actor, Refusal, refuse, require
from msign.connections.certificates import Reading, read_upload
from msign.connections.checking import Check, failed
from msign.connections.models import Case, Certificate, Grant
from msign.connections.ports import Desk
from msign.connections.roles import Right
from msign.connections.services import grants, history, pins, proposals, store
from msign.connections.words import Sentence, say
from msign.kernel.words import Environment


class Way(enum.StrEnum):
    """What happens to a certificate that passed the checks."""

    AT_ONCE = "at-once"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Offer:
    """A certificate as read, every check, and what would happen to it; ``why`` when the operator has to decide."""

    reading: Reading
    checks: tuple[Check, ...]
    way: Way
    why: Sentence | None = None

    @property
    def acceptable(self) -> bool:
        """Whether nothing forbids it."""
        return not failed(self.checks)


def rotating(case: Case, environment: Environment) -> bool:
    """Tell whether an environment is open already, so that its certificates rotate instead of being handed in."""
    return grants.in_force(case, environment) is not None


def inspect(desk: Desk, actor: Actor, reference: str, environment: Environment, data: bytes) -> Offer | Sentence:
    """Read a file and run every check without storing anything."""
    case = _open_case(actor, reference, environment)
    reading = read_upload(data)
    if isinstance(reading, Sentence):
        return reading
    checks, why = pins.checks(desk, case, environment, reading), _why_not_alone(case, environment, reading)
    return Offer(reading, checks, Way.OPERATOR if why else Way.AT_ONCE, why)


def rotate(desk: Desk, actor: Actor, reference: str, environment: Environment, data: bytes) -> Way:
    """Put a new certificate into force beside the old ones, or propose it. Raises ``Refusal`` with failed checks."""
    offer = inspect(desk, actor, reference, environment, data)
    if isinstance(offer, Sentence):
        raise refuse(offer)
    if reasons := failed(offer.checks):
        raise Refusal(reasons)
    with transaction.atomic():
        case = _open_case(actor, reference, environment)
        if offer.why is not None:
            proposals.propose_certificate(desk, actor, case, environment, offer.reading, offer.why)
        else:
            put_in_force(desk, actor, case, environment, offer.reading)
    return offer.way


def put_in_force(desk: Desk, actor: Actor, case: Case, environment: Environment, reading: Reading) -> None:
    """Register a certificate and grant it to every connection of the system. Part of the caller's transaction."""
    pins.pin(desk, actor, case, environment, reading)
    row = _pinned(case, environment, reading.fingerprint)
    for one in connected(case, environment):
        snapshot = one.snapshot["certificates"]
        if row.fingerprint not in [known["fingerprint"] for known in snapshot]:
            _change(desk, actor, one, [grants.named(row), *snapshot], "certificate-rotated", row.serial)


def take_out(desk: Desk, actor: Actor, reference: str, environment: Environment, number: int) -> None:
    """Take a certificate out of use at once. Raises ``Refusal`` for the last one: that would be a suspension."""
    with transaction.atomic():
        case = _open_case(actor, reference, environment)
        row = Certificate.objects.filter(pk=number, system_id=case.system_id, environment=environment).first()
        granted = grants.in_force(case, environment)
        assert granted is not None
        if row is None or row.fingerprint not in _granted(granted):
            raise refuse(say("There is no such certificate."))
        if not _others_usable(desk, case, environment, row):
            raise refuse(
                say("No other valid certificate is in force. Put a new one into force first, or suspend the access.")
            )
        Certificate.objects.filter(pk=row.pk).update(removed=desk.clock.now())
        without(desk, actor, row, "certificate-taken-out")


def without(desk: Desk, actor: Actor, row: Certificate, action: str) -> None:
    """Grant every connection of the system what it has, without one certificate. Part of the caller's transaction."""
    environment = Environment(row.environment)
    for one in _grants_of(row.system_id, environment):
        left = [known for known in one.snapshot["certificates"] if known["fingerprint"] != row.fingerprint]
        if len(left) != len(one.snapshot["certificates"]):
            _change(desk, actor, one, left, action, row.serial)


def revoke_for_good(desk: Desk, row: Certificate) -> None:
    """Mark a certificate in the gateway so that nothing can put it back. Part of the caller's transaction."""
    access.end_certificate(
        system_id=row.system.public_id.hex,
        environment=Environment(row.environment),
        serial=row.serial,
        at=desk.clock.now(),
        actor=SYSTEM.label,
        reason="revoked by its authority",
    )


def grants_with(row: Certificate) -> list[Grant]:
    """Return what is granted with a certificate."""
    return [one for one in _grants_of(row.system_id, Environment(row.environment)) if row.fingerprint in _granted(one)]


def all_grants() -> list[Grant]:
    """Return everything that is granted."""
    return list(Grant.objects.filter(ended=None).select_related("case"))


def connected(case: Case, environment: Environment) -> list[Grant]:
    """Return what is granted to every connection of the case's system."""
    assert case.system_id is not None
    return _grants_of(case.system_id, environment)


def _grants_of(system: int, environment: Environment) -> list[Grant]:
    rows = Grant.objects.filter(case__system_id=system, environment=environment, ended=None)
    return list(rows.select_related("case").order_by("pk"))


def _change(
    desk: Desk, actor: Actor, granted: Grant, certificates: list[dict[str, str]], action: str, serial: str
) -> None:
    case = store.own(granted.case.reference)
    event = history.record(
        desk,
        actor,
        case,
        action,
        actor.side(case.organisation_id),
        data={"environment": granted.environment, "serial": serial},
    )
    grants.change(desk, actor, case, Environment(granted.environment), event, {"certificates": certificates})
    letters.tell(desk, case, action, serial=serial)
    connection_events.changed(
        at=desk.clock.now(),
        actor=actor.label,
        connection_id=case.reference,
        members=(f"{action}-{granted.environment}",),
    )


def _open_case(actor: Actor, reference: str, environment: Environment) -> Case:
    case = store.load(actor, reference)
    require(actor, Right.EDIT_TECHNICAL, case.organisation_id)
    if not rotating(case, environment):
        raise refuse(say("No access is granted in this environment yet."))
    return case


def _why_not_alone(case: Case, environment: Environment, reading: Reading) -> Sentence | None:
    """Compare with all that the operator ever granted, so that a revoked one can be replaced at once too."""
    ever = Grant.objects.filter(case__system_id=case.system_id, environment=environment)
    fingerprints = {one for granted in ever for one in _granted(granted)}
    rows = Certificate.objects.filter(system_id=case.system_id, environment=environment, fingerprint__in=fingerprints)
    if any((row.subject, row.issuer) == (reading.subject, reading.issuer) for row in rows):
        return None
    return say("Its subject or its authority differs from those of the certificates that were granted.")


def _others_usable(desk: Desk, case: Case, environment: Environment, row: Certificate) -> bool:
    granted = grants.in_force(case, environment)
    assert granted is not None
    now = desk.clock.now()
    rows = Certificate.objects.filter(
        system_id=case.system_id, environment=environment, fingerprint__in=_granted(granted), removed=None, revoked=None
    )
    return rows.exclude(pk=row.pk).filter(not_before__lte=now, not_after__gt=now).exists()


def _granted(granted: Grant) -> list[str]:
    return [one["fingerprint"] for one in granted.snapshot["certificates"]]


def _pinned(case: Case, environment: Environment, fingerprint: str) -> Certificate:
    return Certificate.objects.get(
        system_id=case.system_id, environment=environment, fingerprint=fingerprint, removed=None
    )
