"""Registering a certificate and judging certificates and addresses: the same for every way that they come in."""

from __future__ import annotations

from msign.connections.actors import Actor
from msign.connections.addresses import Surroundings
from msign.connections.certificates import Reading, Use, judge
from msign.connections.checking import Check, Outcome, bad, good
from msign.connections.models import Case, Certificate, Network
from msign.connections.ports import Desk
from msign.connections.words import say
from msign.kernel.words import Environment


def pin(desk: Desk, actor: Actor, case: Case, environment: Environment, reading: Reading) -> None:
    """Register a certificate for the case's system; one that is registered already stays as it is."""
    assert case.system is not None
    Certificate.objects.get_or_create(
        system=case.system,
        environment=environment.value,
        fingerprint=reading.fingerprint,
        removed=None,
        defaults={
            **columns(reading),
            "services": case.system.services,
            "added": desk.clock.now(),
            "added_by_id": actor.person_id,
        },
    )


def columns(reading: Reading) -> dict[str, object]:
    """Return what a row keeps of a certificate."""
    names = ("der", "serial", "issuer", "subject", "not_before", "not_after")
    return {name: getattr(reading, name) for name in names}


def checks(desk: Desk, case: Case, environment: Environment, reading: Reading) -> tuple[Check, ...]:
    """Return every check of a certificate: what it says, where else it is used, its authority, its revocation."""
    assert case.system is not None
    rows = Certificate.objects.filter(fingerprint=reading.fingerprint, removed=None).select_related(
        "system__organisation"
    )
    uses = [
        Use(
            system_id=row.system.public_id.hex,
            system_name=row.system.name,
            organisation_id=row.system.organisation.number,
            environment=Environment(row.environment),
            services=tuple(row.services),
        )
        for row in rows
    ]
    own = judge(
        reading,
        now=desk.clock.now(),
        policy=desk.policy.certificates,
        organisation_id=case.organisation.number,
        system_id=case.system.public_id.hex,
        environment=environment,
        uses=uses,
    )
    return (*own, *_ended(case, reading), *_chain(desk, reading, environment))


def _ended(case: Case, reading: Reading) -> tuple[Check, ...]:
    rows = Certificate.objects.filter(system_id=case.system_id, fingerprint=reading.fingerprint)
    if not rows.exclude(revoked=None).exists():
        return ()
    return (bad("ended", say("It was revoked and cannot be used again. Send a new certificate.")),)


def _chain(desk: Desk, reading: Reading, environment: Environment) -> tuple[Check, ...]:
    verdict = desk.chain.judge(reading.der, environment)
    if not verdict.trusted:
        return (
            bad(
                "issuer",
                say("It was not issued by an authority accepted in this environment. MSign needs one from STISC."),
            ),
        )
    issued = good("issuer", say("It was issued by an authority accepted in this environment."))
    if verdict.revoked:
        return issued, bad("revocation", say("The authority has revoked it. Ask STISC for a new one."))
    if verdict.revoked is None:
        unknown = say(
            "Whether it is revoked could not be asked now. Send it again later, or the operator asks the authority."
        )
        return issued, Check("revocation", Outcome.WARNING, unknown)
    return issued, good("revocation", say("The authority says that it is not revoked."))


def surroundings(case: Case, environment: Environment, *, vpn: bool) -> Surroundings:
    """Return who else uses which addresses, for judging them."""
    others = Network.objects.exclude(case=case)
    foreign = others.exclude(case__organisation_id=case.organisation_id)
    own = Network.objects.filter(case=case).exclude(environment=environment)
    return Surroundings(
        vpn=vpn,
        # Whose address it is stays with the operator; the beneficiary learns only that somebody has it.
        elsewhere=frozenset(foreign.values_list("network", flat=True)),
        other_environment=frozenset(own.values_list("network", flat=True)),
    )
