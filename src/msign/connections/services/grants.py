"""What is granted, written into the gateway's access rows in the same transaction, and read back from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msign.access import queries as access_queries
from msign.access import services as access
from msign.access.values import AccessState, CertificateStatus, ConsumerSettings, SuspensionReason
from msign.audit import connection_events
from msign.connections.actors import Actor
from msign.connections.models import Case, Certificate, Grant, HistoryEvent, Network
from msign.connections.ports import Desk
from msign.connections.services import gather
from msign.connections.values import Difference
from msign.kernel.words import Environment

_METHODS = {"post": "post", "get": "get"}


def compile_wanted(desk: Desk, case: Case, environment: Environment) -> dict[str, Any]:
    """Return what a decision of this moment would grant: plain data, to be frozen. Nothing expired or revoked."""
    rows = gather.usable_certificates(desk, case, environment)
    networks = Network.objects.filter(case=case, environment=environment).order_by("pk")
    return {
        "certificates": [{"serial": row.serial, "fingerprint": row.fingerprint, "issuer": row.issuer} for row in rows],
        "networks": [row.network for row in networks],
        "vpn": [row.network for row in networks if row.vpn],
        "settings": {
            "callback_method": _METHODS.get(case.answers.get("callback_method", ""), "post"),
            "return_url_hosts": case.answers.get("return_hosts", "").split(),
        },
        "system": case.system.name if case.system else "",
        "answers": dict(case.submitted),
    }


def in_force(case: Case, environment: Environment) -> Grant | None:
    """Return the grant in force."""
    return Grant.objects.filter(case=case, environment=environment, ended=None).first()


def plan(desk: Desk, case: Case, environment: Environment) -> Difference:
    """Return what granting now would change, serial by serial and network by network."""
    wanted, grant = compile_wanted(desk, case, environment), in_force(case, environment)
    before: Mapping[str, Any] = grant.snapshot if grant else {"certificates": [], "networks": []}
    new, old = _serials(wanted), _serials(before)
    return Difference(
        environment,
        tuple(serial for serial in new if serial not in old),
        tuple(serial for serial in old if serial not in new),
        tuple(net for net in wanted["networks"] if net not in before["networks"]),
        tuple(net for net in before["networks"] if net not in wanted["networks"]),
    )


def removal(case: Case, environment: Environment) -> Difference | None:
    """Return what ending the grant in force takes away; nothing where nothing is granted."""
    grant = in_force(case, environment)
    if grant is None:
        return None
    return Difference(
        environment,
        certificates_removed=tuple(_serials(grant.snapshot)),
        networks_removed=tuple(grant.snapshot["networks"]),
    )


def _serials(snapshot: Mapping[str, Any]) -> list[str]:
    return [one["serial"] for one in snapshot["certificates"]]


def grant(desk: Desk, actor: Actor, case: Case, environment: Environment, decision: HistoryEvent) -> None:
    """Freeze what is wanted now and let the gateway enforce it. Part of the caller's transaction."""
    now = desk.clock.now()
    Grant.objects.filter(case=case, environment=environment, ended=None).update(ended=now)
    Grant.objects.create(
        case=case,
        environment=environment,
        snapshot=compile_wanted(desk, case, environment),
        decision=decision,
        created=now,
    )
    apply(desk, actor, case, environment, decision)


def restore(desk: Desk, case: Case) -> None:
    """Make the data handed in equal to what is granted: a round that was given up leaves no trace in the next one."""
    for environment in Environment:
        row = in_force(case, environment)
        if row is None:
            continue
        _restore_data(desk, case, environment, row.snapshot)
        if environment is Environment.PRODUCTION:
            answers = row.snapshot["answers"]
            Case.objects.filter(pk=case.pk).update(answers=answers, submitted=answers)


def _restore_data(desk: Desk, case: Case, environment: Environment, snapshot: Mapping[str, Any]) -> None:
    Network.objects.filter(case=case, environment=environment).delete()
    Network.objects.bulk_create(
        Network(case=case, environment=environment.value, network=one, vpn=one in snapshot["vpn"])
        for one in snapshot["networks"]
    )
    granted = [one["fingerprint"] for one in snapshot["certificates"]]
    rows = Certificate.objects.filter(system=case.system, environment=environment)
    rows.filter(removed=None).exclude(fingerprint__in=granted).update(removed=desk.clock.now())
    for fingerprint in granted:
        known = rows.filter(fingerprint=fingerprint).order_by("-pk")
        if not known.filter(removed=None).exists():
            rows.filter(pk=known.values_list("pk", flat=True)[0]).update(removed=None)


def apply(desk: Desk, actor: Actor, case: Case, environment: Environment, decision: HistoryEvent) -> str:
    """Make the gateway's rows equal to the grant in force and its flags; return what was read back.

    ``decision`` is the line of the history that asks for it: the trail of the gateway's change names it.
    """
    row = in_force(case, environment)
    writer = _Writer(desk, actor, case, environment)
    if row is None:
        writer.close()
    else:
        writer.open(row.snapshot)
    outcome = compare(case, environment)
    connection_events.access_applied(
        at=desk.clock.now(),
        actor=actor.label,
        connection_id=case.reference,
        environment=environment,
        outcome=outcome,
        decision=decision.pk,
    )
    return outcome


def compare(case: Case, environment: Environment) -> str:
    """Return ``none``, ``applied`` or ``drifted``: what is enforced against what is granted."""
    row = in_force(case, environment)
    if case.system is None:
        return "none"
    state = access_queries.access_state(case.system.public_id.hex, environment)
    if row is None:
        return "drifted" if state.enabled else "none"
    flags = {flag.value for flag in state.suspensions}
    same = (
        state.enabled
        and set(_fingerprints(state)) == {one["fingerprint"] for one in row.snapshot["certificates"]}
        and set(state.networks) == set(row.snapshot["networks"])
        and flags == set(case.flags)
    )
    return "applied" if same else "drifted"


def _fingerprints(state: AccessState) -> list[str]:
    return [one.fingerprint for one in state.certificates if one.status is CertificateStatus.ACTIVE]


class _Writer:
    """Speaks to the access room about one system in one environment."""

    def __init__(self, desk: Desk, actor: Actor, case: Case, environment: Environment) -> None:
        assert case.system is not None
        self._case, self._system = case, case.system
        self._key = case.system.public_id.hex
        self._environment, self._at, self._actor = environment, desk.clock.now(), actor.label

    def open(self, snapshot: Mapping[str, Any]) -> None:
        self._register()
        state = access_queries.access_state(self._key, self._environment)
        self._networks(state, snapshot["networks"])
        self._certificates(state, [one["fingerprint"] for one in snapshot["certificates"]])
        self._settings(state, snapshot["settings"])
        self._flags(state)
        access.enable(system_id=self._key, environment=self._environment, at=self._at, actor=self._actor)

    def close(self) -> None:
        if access_queries.system(self._key) is None:
            return
        state = access_queries.access_state(self._key, self._environment)
        access.disable(
            system_id=self._key,
            environment=self._environment,
            at=self._at,
            actor=self._actor,
            reason=self._case.reference,
        )
        self._networks(state, [])
        self._certificates(state, [])

    def _register(self) -> None:
        if access_queries.system(self._key) is not None:
            access.rename_system(system_id=self._key, name=self._system.name, at=self._at, actor=self._actor)
        else:
            access.register_system(
                name=self._system.name,
                organisation_name=self._case.organisation.name,
                organisation_id=self._case.organisation.number,
                at=self._at,
                actor=self._actor,
                system_id=self._key,
            )

    def _networks(self, state: AccessState, wanted: list[str]) -> None:
        for network in (one for one in wanted if one not in state.networks):
            access.add_network(
                system_id=self._key, environment=self._environment, network=network, at=self._at, actor=self._actor
            )
        for network in (one for one in state.networks if one not in wanted):
            access.remove_network(
                system_id=self._key, environment=self._environment, network=network, at=self._at, actor=self._actor
            )

    def _certificates(self, state: AccessState, wanted: list[str]) -> None:
        rows = Certificate.objects.filter(fingerprint__in=wanted, system=self._system, environment=self._environment)
        for row in rows:
            access.add_certificate(
                system_id=self._key,
                environment=self._environment,
                certificate=bytes(row.der),
                at=self._at,
                actor=self._actor,
            )
        for info in state.certificates:
            if info.status is CertificateStatus.ACTIVE and info.fingerprint not in wanted:
                access.end_certificate(
                    system_id=self._key,
                    environment=self._environment,
                    serial=info.serial,
                    at=self._at,
                    actor=self._actor,
                    status=CertificateStatus.REPLACED,
                )

    def _settings(self, state: AccessState, wanted: Mapping[str, Any]) -> None:
        settings = ConsumerSettings(
            callback_method=wanted["callback_method"], return_url_hosts=tuple(wanted["return_url_hosts"])
        )
        if (settings.callback_method, settings.return_url_hosts) != (
            state.settings.callback_method,
            state.settings.return_url_hosts,
        ):
            access.change_settings(
                system_id=self._key,
                environment=self._environment,
                settings=settings,
                at=self._at,
                actor=self._actor,
            )

    def _flags(self, state: AccessState) -> None:
        wanted = {SuspensionReason(flag) for flag in self._case.flags}
        for reason in wanted - set(state.suspensions):
            access.suspend(
                system_id=self._key, environment=self._environment, reason=reason, at=self._at, actor=self._actor
            )
        for reason in set(state.suspensions) - wanted:
            access.resume(
                system_id=self._key, environment=self._environment, reason=reason, at=self._at, actor=self._actor
            )
