"""Certificates, addresses and test results, handed in by the beneficiary for one environment at a time."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from msign.audit import connection_events
from msign.connections.actors import SYSTEM, Actor, Refusal, refuse, require
from msign.connections.addresses import Line, Severity, list_findings, read_addresses
from msign.connections.certificates import Reading, read_serial, read_upload
from msign.connections.checking import Check, failed
from msign.connections.models import Case, Certificate, Network
from msign.connections.ports import Desk
from msign.connections.roles import Right
from msign.connections.services import gather, history, pins, store
from msign.connections.states import Part, Side, State, may_write
from msign.connections.words import Sentence, say
from msign.kernel.words import Environment


@dataclass(frozen=True, slots=True)
class Offered:
    """A certificate as read, with every check: shown before it is registered."""

    reading: Reading
    checks: tuple[Check, ...]

    @property
    def acceptable(self) -> bool:
        """Whether nothing forbids it."""
        return not failed(self.checks)


def inspect_certificate(
    desk: Desk, actor: Actor, reference: str, environment: Environment, data: bytes
) -> Offered | Sentence:
    """Read a file and run every check without storing anything."""
    case = _writable(actor, reference, environment)
    reading = read_upload(data)
    if isinstance(reading, Sentence):
        return reading
    return Offered(reading, pins.checks(desk, case, environment, reading))


def inspect_serial(
    desk: Desk, actor: Actor, reference: str, environment: Environment, typed: str
) -> Offered | Sentence:
    """Find the certificate that a serial number names among those registered for this system and environment."""
    case = _writable(actor, reference, environment)
    serial = read_serial(typed)
    if isinstance(serial, Sentence):
        return serial
    rows = Certificate.objects.filter(system_id=case.system_id, environment=environment, serial=serial, removed=None)
    row = rows.first() if case.system_id else None
    if row is None:
        return say(
            "No certificate with the serial number %(serial)s is registered for this system in this environment. "
            "Send the .cer file instead.",
            serial=serial,
        )
    reading = read_upload(bytes(row.der))
    assert isinstance(reading, Reading)
    return Offered(reading, pins.checks(desk, case, environment, reading))


def register_certificate(desk: Desk, actor: Actor, reference: str, environment: Environment, data: bytes) -> Reading:
    """Register a certificate for the case's system. Raises ``Refusal`` with every failed check."""
    offered = inspect_certificate(desk, actor, reference, environment, data)
    if isinstance(offered, Sentence):
        raise refuse(offered)
    if reasons := failed(offered.checks):
        raise Refusal(reasons)
    with transaction.atomic():
        case = _writable(actor, reference, environment)
        pins.pin(desk, actor, case, environment, offered.reading)
        _changed(desk, actor, case, f"certificate-{environment}", {"serial": offered.reading.serial})
    return offered.reading


def remove_certificate(desk: Desk, actor: Actor, reference: str, environment: Environment, number: int) -> None:
    """Take a certificate off the list; what is granted stays until the next decision."""
    with transaction.atomic():
        case = _writable(actor, reference, environment)
        rows = Certificate.objects.filter(pk=number, system_id=case.system_id, environment=environment, removed=None)
        if rows.update(removed=desk.clock.now()) != 1:
            raise refuse(say("There is no such certificate."))
        _changed(desk, actor, case, f"certificate-{environment}", {"removed": number})


def inspect_addresses(
    desk: Desk, actor: Actor, reference: str, environment: Environment, text: str, *, vpn: bool
) -> tuple[tuple[Line, ...], tuple[Sentence, ...]]:
    """Read a list of addresses: every line judged, and the sentences that stop the list as a whole."""
    case = _writable(actor, reference, environment)
    policy = desk.policy.addresses
    lines = read_addresses(text, policy, pins.surroundings(case, environment, vpn=vpn))
    stops = [found.sentence for found in list_findings(lines, policy)]
    stops += [found.sentence for line in lines for found in line.findings if found.severity is Severity.REFUSE]
    return lines, tuple(stops)


def save_addresses(
    desk: Desk, actor: Actor, reference: str, environment: Environment, text: str, *, vpn: bool
) -> tuple[Line, ...]:
    """Replace the addresses of an environment. Raises ``Refusal`` with what stops the list."""
    lines, stops = inspect_addresses(desk, actor, reference, environment, text, vpn=vpn)
    if stops:
        raise Refusal(stops)
    with transaction.atomic():
        case = _writable(actor, reference, environment)
        Network.objects.filter(case=case, environment=environment).delete()
        Network.objects.bulk_create(
            Network(case=case, environment=environment.value, network=str(line.network), vpn=vpn) for line in lines
        )
        _changed(desk, actor, case, f"addresses-{environment}", {"networks": [str(line.network) for line in lines]})
    return lines


def _writable(actor: Actor, reference: str, environment: Environment) -> Case:
    case = store.load(actor, reference)
    require(actor, Right.EDIT_TECHNICAL, case.organisation_id)
    part = Part.TEST_DATA if environment is Environment.TEST else Part.PRODUCTION_DATA
    if not (gather.is_served(case) and may_write(part, State(case.state), live=gather.is_live(case))):
        raise refuse(say("The technical data of this environment cannot be changed now."))
    return case


def _changed(desk: Desk, actor: Actor, case: Case, what: str, data: dict[str, object]) -> None:
    store.save(case, desk.clock.now())
    history.record(desk, actor, case, what, Side.BENEFICIARY, data=data)
    connection_events.changed(at=desk.clock.now(), actor=actor.label, connection_id=case.reference, members=(what,))


def gaps(desk: Desk, reference: str, environment: Environment) -> tuple[Sentence, ...]:
    """Return what is still missing for an environment."""
    return gather.technical_gaps(desk, store.load(SYSTEM, reference), environment)
