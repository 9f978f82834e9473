"""What was agreed before the desk existed: certificates that a system uses with another platform service already."""

from __future__ import annotations

from django.db import transaction

from msign.audit import connection_events
from msign.connections.actors import Refusal, refuse
from msign.connections.catalogue import service_named
from msign.connections.certificates import Reading, Use, judge, read_upload
from msign.connections.checking import bad, failed
from msign.connections.models import Certificate, InformationSystem, Organisation
from msign.connections.ports import Desk
from msign.connections.services import pins
from msign.connections.words import Sentence, say
from msign.kernel.words import Environment


def record_certificate(
    desk: Desk, *, number: str, system: str, service: str, environment: Environment, data: bytes
) -> Reading:
    """Record a certificate of a system in use with ``service``; organisation and system are made where unknown.

    Grants nothing: the certificate can then be named by its serial number in a request (connection process, 6).
    Raises ``Refusal`` with every failed check.
    """
    if service_named(service) is None:
        raise refuse(say("There is no such platform service."))
    found = desk.organisations.find(number)
    if found is None:
        raise refuse(say("The register knows no organisation with this number. Check the digits."))
    reading = read_upload(data)
    if isinstance(reading, Sentence):
        raise refuse(reading)
    with transaction.atomic():
        owner, _created = Organisation.objects.get_or_create(
            number=number, defaults={"name": found.name, "kind": found.kind.value, "created": desk.clock.now()}
        )
        row, _created = InformationSystem.objects.get_or_create(organisation=owner, name=system.strip())
        _judge(desk, row, environment, reading)
        _pin(desk, row, environment, reading, service)
    return reading


def _judge(desk: Desk, system: InformationSystem, environment: Environment, reading: Reading) -> None:
    rows = Certificate.objects.filter(fingerprint=reading.fingerprint, removed=None).select_related(
        "system__organisation"
    )
    uses = [
        Use(row.system.public_id.hex, row.system.name, row.system.organisation.number, Environment(row.environment))
        for row in rows
    ]
    checks = judge(
        reading,
        now=desk.clock.now(),
        policy=desk.policy.certificates,
        organisation_id=system.organisation.number,
        system_id=system.public_id.hex,
        environment=environment,
        uses=uses,
    )
    if not desk.chain.judge(reading.der, environment).trusted:
        untrusted = say("It was not issued by an authority accepted in this environment. MSign needs one from STISC.")
        checks = (*checks, bad("issuer", untrusted))
    if reasons := failed(checks):
        raise Refusal(reasons)


def _pin(desk: Desk, system: InformationSystem, environment: Environment, reading: Reading, service: str) -> None:
    services = sorted({*system.services, service})
    InformationSystem.objects.filter(pk=system.pk).update(services=services)
    Certificate.objects.update_or_create(
        system=system,
        environment=environment.value,
        fingerprint=reading.fingerprint,
        removed=None,
        defaults={**pins.columns(reading), "services": services, "added": desk.clock.now()},
    )
    connection_events.changed(
        at=desk.clock.now(),
        actor="command",
        connection_id=f"system:{system.public_id.hex}",
        members=(f"certificate-{environment}",),
    )
