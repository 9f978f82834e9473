"""Reading access: for the gate, for commands, for the desk."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from msign.access.checks import Network
from msign.access.models import AllowedNetwork, EnvironmentAccess, InformationSystem, SystemCertificate
from msign.access.values import (
    AccessState,
    CertificateInfo,
    CertificateStatus,
    ConsumerSettings,
    SuspensionReason,
    SystemInfo,
)
from msign.kernel.words import Environment


def environments_of(fingerprint: str) -> tuple[Environment, ...]:
    """Return where a certificate is pinned: helps people who called the wrong environment."""
    rows = (
        SystemCertificate.objects.filter(fingerprint=fingerprint).order_by("id").values_list("environment", flat=True)
    )
    return tuple(Environment(value) for value in rows)


def system(system_id: str) -> SystemInfo | None:
    """Return one system."""
    row = InformationSystem.objects.filter(pk=system_id).first()
    return _system(row) if row else None


def systems() -> Iterator[SystemInfo]:
    """Yield all systems by name."""
    for row in InformationSystem.objects.order_by("name", "id"):
        yield _system(row)


def find_system(text: str) -> SystemInfo | None:
    """Return the one system whose id or exact name is ``text``; ``None`` for none or several."""
    rows = list(InformationSystem.objects.filter(pk=text)) or list(InformationSystem.objects.filter(name=text)[:2])
    return _system(rows[0]) if len(rows) == 1 else None


def access_state(system_id: str, environment: Environment) -> AccessState:
    """Return all that is enforced for a system in an environment."""
    row = EnvironmentAccess.objects.filter(system_id=system_id, environment=environment.value).first()
    rows = SystemCertificate.objects.filter(system_id=system_id, environment=environment.value).order_by("not_after")
    return AccessState(
        system_id=system_id,
        environment=environment,
        enabled=bool(row and row.enabled),
        suspensions=_suspensions(row),
        certificates=tuple(certificate_info(one) for one in rows),
        networks=tuple(map(str, _networks(system_id, environment))),
        settings=_settings(row),
    )


def settings_of(system_id: str, environment: Environment) -> ConsumerSettings:
    """Return what is agreed with a system, at the cost of one look: for pages that need nothing else."""
    return _settings(EnvironmentAccess.objects.filter(system_id=system_id, environment=environment.value).first())


def certificate_info(row: SystemCertificate) -> CertificateInfo:
    """Return a row as a value."""
    return CertificateInfo(
        system_id=row.system_id,
        environment=Environment(row.environment),
        subject=row.subject,
        issuer=row.issuer,
        serial=row.serial,
        fingerprint=row.fingerprint,
        not_before=row.not_before,
        not_after=row.not_after,
        status=CertificateStatus(row.status),
    )


def _suspensions(row: EnvironmentAccess | None) -> tuple[SuspensionReason, ...]:
    if row is None:
        return ()
    return tuple(SuspensionReason(one.reason) for one in row.suspensions.order_by("since", "id"))


def _networks(system_id: str, environment: Environment) -> tuple[Network, ...]:
    rows = AllowedNetwork.objects.filter(system_id=system_id, environment=environment.value).order_by("id")
    return tuple(ipaddress.ip_network(row.network) for row in rows)


def _settings(row: EnvironmentAccess | None) -> ConsumerSettings:
    if row is None:
        return ConsumerSettings()
    return ConsumerSettings(
        allow_sha1=row.allow_sha1,
        callback_method=row.callback_method,
        return_url_hosts=tuple(row.return_url_hosts),
        instruments=tuple(row.instruments),
        required_level=row.required_level,
        requests_per_minute=row.requests_per_minute,
        open_requests=row.open_requests,
        stored_bytes=row.stored_bytes,
        largest_document=row.largest_document,
    )


def _system(row: InformationSystem) -> SystemInfo:
    return SystemInfo(row.id, row.name, row.organisation_name, row.organisation_id)
