"""The demo systems are let in again at every start, unless somebody has decided otherwise."""

from __future__ import annotations

import pytest

from msign.access import queries, services
from msign.kernel.clock import FixedClock
from msign.kernel.words import Environment
from msign.ops import demo
from tests.unit.access.cast import authority

pytestmark = pytest.mark.django_db


def test_a_revoked_demo_certificate_stays_revoked_and_stops_no_start() -> None:
    certificate, at = authority("CA").issue("demo", 17), FixedClock().now()
    system = services.register_system(
        name="Demo", organisation_name="Model", organisation_id="1000000000007", at=at, actor="test"
    )
    demo._renew(system, certificate)
    [pinned] = queries.access_state(system, Environment.TEST).certificates
    services.end_certificate(
        system_id=system, environment=Environment.TEST, serial=pinned.serial, reason="lost", at=at, actor="test"
    )
    demo._renew(system, certificate)
    [kept] = queries.access_state(system, Environment.TEST).certificates
    assert kept.status == "revoked"
    [other] = queries.access_state(system, Environment.PRODUCTION).certificates
    assert other.status == "active"
