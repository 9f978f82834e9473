"""Speaks to the access room about one system in one environment: opens, closes, and closes only what is too much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from msign.access import queries as access_queries
from msign.access import services as access
from msign.access.values import AccessState, CertificateStatus, SuspensionReason
from msign.connections.actors import Actor
from msign.connections.models import Case, Certificate
from msign.connections.ports import Desk
from msign.kernel.words import Environment


class GatewayWriter:
    """The verbs for one case. Part of the caller's transaction."""

    def __init__(self, desk: Desk, actor: Actor, case: Case, environment: Environment) -> None:
        assert case.system is not None
        self._case, self._system = case, case.system
        self._key = case.system.public_id.hex
        self._environment, self._at, self._actor = environment, desk.clock.now(), actor.label

    def open(self, snapshot: Mapping[str, Any]) -> None:
        """Make the gateway's rows equal to a grant and the flags of the case."""
        self._register()
        state = access_queries.access_state(self._key, self._environment)
        self._add_networks(state, snapshot["networks"])
        self._add_certificates(state, [one["fingerprint"] for one in snapshot["certificates"]])
        self._settings(state, snapshot["settings"])
        self.narrow(snapshot)
        self._lift_flags(state)
        access.enable(system_id=self._key, environment=self._environment, at=self._at, actor=self._actor)

    def narrow(self, snapshot: Mapping[str, Any]) -> None:
        """Take away what is more than granted, and open nothing."""
        state = access_queries.access_state(self._key, self._environment)
        self._remove_networks(state, snapshot["networks"])
        self._end_certificates(state, [one["fingerprint"] for one in snapshot["certificates"]])
        self._raise_flags(state)

    def close(self) -> None:
        """Take everything away."""
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
        self._remove_networks(state, [])
        self._end_certificates(state, [])

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

    def _add_networks(self, state: AccessState, wanted: list[str]) -> None:
        for network in (one for one in wanted if one not in state.networks):
            access.add_network(
                system_id=self._key, environment=self._environment, network=network, at=self._at, actor=self._actor
            )

    def _remove_networks(self, state: AccessState, wanted: list[str]) -> None:
        for network in (one for one in state.networks if one not in wanted):
            access.remove_network(
                system_id=self._key, environment=self._environment, network=network, at=self._at, actor=self._actor
            )

    def _add_certificates(self, state: AccessState, wanted: list[str]) -> None:
        # What the gateway has revoked stays revoked; reading back tells that it is missing.
        ended = {one.fingerprint for one in state.certificates if one.status is CertificateStatus.REVOKED}
        wanted = [one for one in wanted if one not in ended]
        rows = Certificate.objects.filter(fingerprint__in=wanted, system=self._system, environment=self._environment)
        for row in rows:
            access.add_certificate(
                system_id=self._key,
                environment=self._environment,
                certificate=bytes(row.der),
                at=self._at,
                actor=self._actor,
            )

    def _end_certificates(self, state: AccessState, wanted: list[str]) -> None:
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
        # What was agreed besides the form, such as quotas, stays.
        settings = replace(
            state.settings,
            callback_method=wanted["callback_method"],
            return_url_hosts=tuple(wanted["return_url_hosts"]),
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

    def _raise_flags(self, state: AccessState) -> None:
        for reason in self._wanted_flags() - set(state.suspensions):
            access.suspend(
                system_id=self._key, environment=self._environment, reason=reason, at=self._at, actor=self._actor
            )

    def _lift_flags(self, state: AccessState) -> None:
        for reason in set(state.suspensions) - self._wanted_flags():
            access.resume(
                system_id=self._key, environment=self._environment, reason=reason, at=self._at, actor=self._actor
            )

    def _wanted_flags(self) -> set[SuspensionReason]:
        return {SuspensionReason(flag) for flag in self._case.flags}
