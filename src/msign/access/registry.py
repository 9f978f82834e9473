"""The register of client systems as other platform services read it (connection process 14).

Only what may call in the environment now: enabled, not suspended, with the certificates that are active and valid.
Whoever asks for anything else learns nothing, not even that it once was there.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import QuerySet

from msign.access.certificates import parse_serial
from msign.access.models import EnvironmentAccess, InformationSystem, SystemCertificate
from msign.access.values import CertificateStatus
from msign.kernel.words import Environment

_NAMESPACE = uuid.UUID("5e1d6c0a-5a86-5c1e-9d0d-6f7a2b1c9e40")  # for systems whose id is a name, as in the sandbox


@dataclass(frozen=True, slots=True)
class RegisteredClient:
    """One client system. ``certificates`` are DER, newest last."""

    id: uuid.UUID
    name: str
    owner_id: str
    certificates: tuple[bytes, ...]


def client_guid(system_id: str) -> uuid.UUID:
    """Return the GUID that stands for a system outside; always the same one."""
    try:
        return uuid.UUID(hex=system_id)
    except ValueError:
        return uuid.uuid5(_NAMESPACE, system_id)


def clients(environment: Environment, now: dt.datetime) -> tuple[RegisteredClient, ...]:
    """Return all clients by name."""
    return tuple(_client(row, environment, now) for row in _open(environment))


def client_by_id(environment: Environment, text: str, now: dt.datetime) -> RegisteredClient | None:
    """Return the client with a GUID, in any usual spelling; ``None`` if there is none."""
    try:
        wanted = uuid.UUID(text.strip())
    except ValueError:
        return None
    row = next((row for row in _open(environment) if client_guid(row.id) == wanted), None)
    return _client(row, environment, now) if row else None


def client_by_serial(environment: Environment, text: str, now: dt.datetime) -> RegisteredClient | None:
    """Return the client with a certificate of this serial number, in any spelling of section 6.

    A serial is unique for one issuer only: where two clients have it, nobody is meant.
    """
    serial = parse_serial(text)
    if serial is None:
        return None
    rows = _valid(environment, now).filter(serial=serial).values_list("system_id", flat=True)
    found = set(rows)
    if len(found) != 1:
        return None
    row = next((row for row in _open(environment) if row.id in found), None)
    return _client(row, environment, now) if row else None


def _open(environment: Environment) -> Iterator[InformationSystem]:
    allowed = EnvironmentAccess.objects.filter(environment=environment.value, enabled=True, suspensions=None)
    yield from InformationSystem.objects.filter(id__in=allowed.values("system_id")).order_by("name", "id")


def _valid(environment: Environment, now: dt.datetime) -> QuerySet[SystemCertificate]:
    return SystemCertificate.objects.filter(
        environment=environment.value,
        status=CertificateStatus.ACTIVE.value,
        not_before__lte=now,
        not_after__gt=now,
    )


def _client(row: InformationSystem, environment: Environment, now: dt.datetime) -> RegisteredClient:
    certificates = _valid(environment, now).filter(system_id=row.id).order_by("not_after", "id")
    return RegisteredClient(
        client_guid(row.id),
        row.name,
        row.organisation_id,
        tuple(bytes(der) for der in certificates.values_list("der", flat=True)),
    )
