"""The register of clients: only what may call now, by GUID and by every spelling of a serial number."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest

from msign.access import registry, services
from msign.access.values import SuspensionReason
from msign.kernel.clock import FixedClock
from msign.kernel.words import Environment
from tests.support.pki import IDNO_MODEL, session_pki

pytestmark = pytest.mark.django_db
TEST, NOW = Environment.TEST, FixedClock().now()
ACTOR: dict[str, Any] = {"at": NOW, "actor": "test"}


@pytest.fixture
def system() -> str:
    key = services.register_system(
        name="Ghișeu", organisation_name="Organizația Model", organisation_id=IDNO_MODEL, **ACTOR
    )
    der = session_pki().system("alfa-test").der
    services.add_certificate(system_id=key, environment=TEST, certificate=der, **ACTOR)
    services.enable(system_id=key, environment=TEST, **ACTOR)
    return key


def test_a_client_is_found_by_guid_and_serial(system: str) -> None:
    identity = session_pki().system("alfa-test")
    serial = f"{identity.certificate.serial_number:X}"
    found = registry.client_by_id(TEST, str(uuid.UUID(system)), NOW)
    assert found is not None
    assert (found.name, found.owner_id, found.certificates) == ("Ghișeu", IDNO_MODEL, (identity.der,))
    for spelled in (serial, serial.lower(), f"0x{serial}", " ".join(serial)):
        assert registry.client_by_serial(TEST, spelled, NOW) == found
    assert registry.clients(TEST, NOW) == (found,)


def test_other_environments_and_unknown_values_find_nothing(system: str) -> None:
    assert registry.clients(Environment.PRODUCTION, NOW) == ()
    assert registry.client_by_id(Environment.PRODUCTION, system, NOW) is None
    assert registry.client_by_id(TEST, "no guid", NOW) is None
    assert registry.client_by_id(TEST, str(uuid.uuid4()), NOW) is None
    assert registry.client_by_serial(TEST, "no serial", NOW) is None
    assert registry.client_by_serial(TEST, "4000", NOW) is None


def test_a_suspended_system_is_unknown_and_a_revoked_certificate_opens_nothing(system: str) -> None:
    identity = session_pki().system("alfa-test")
    serial = f"{identity.certificate.serial_number:X}"
    services.suspend(system_id=system, environment=TEST, reason=SuspensionReason.INCIDENT, **ACTOR)
    assert registry.client_by_serial(TEST, serial, NOW) is None
    services.resume(system_id=system, environment=TEST, reason=SuspensionReason.INCIDENT, **ACTOR)
    assert registry.client_by_serial(TEST, serial, NOW) is not None
    after = identity.certificate.not_valid_after_utc + dt.timedelta(seconds=1)
    assert registry.client_by_serial(TEST, serial, after) is None
    services.end_certificate(system_id=system, environment=TEST, serial=serial, reason="lost", **ACTOR)
    assert registry.client_by_serial(TEST, serial, NOW) is None
    (client,) = registry.clients(TEST, NOW)
    assert client.certificates == ()


def test_a_name_as_id_has_a_guid_that_never_changes() -> None:
    assert registry.client_guid("demo-client") == registry.client_guid("demo-client")
    assert registry.client_guid("demo-client") != registry.client_guid("demo-client2")
