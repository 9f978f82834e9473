from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from django.db import connection

from msign.audit import events, services
from msign.kernel.clock import FixedClock
from msign.ops.audit import audit

pytestmark = pytest.mark.django_db
REQUEST = "d" * 32


def _record() -> None:
    events.request_expired(at=FixedClock().now(), request_id=REQUEST)


def test_an_intact_trail_is_verified_and_its_end_can_be_noted() -> None:
    _record()
    first = CliRunner().invoke(audit, ["verify", "--json"])
    assert first.exit_code == 0
    head = json.loads(first.output)["head"]
    _record()
    assert CliRunner().invoke(audit, ["verify", "--head", head]).exit_code == 0
    assert CliRunner().invoke(audit, ["verify", "--head", "1:" + "0" * 64]).exit_code == 1
    assert CliRunner().invoke(audit, ["verify", "--head", "nonsense"]).exit_code == 2


@pytest.mark.parametrize("change", ["body = '{}'", "at = 'yesterday'", "body = x'ff00'"])
def test_a_broken_trail_names_its_first_broken_row(change: str) -> None:
    if connection.vendor == "postgresql" and "{}" not in change:
        pytest.skip("PostgreSQL keeps columns to their types")
    _record()
    row = services.head().sequence
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE audit_event DISABLE TRIGGER USER")
        else:
            cursor.execute("DROP TRIGGER audit_event_no_update")
        cursor.execute(f"UPDATE audit_event SET {change} WHERE sequence = %s", [row])
    result = CliRunner().invoke(audit, ["verify"])
    assert result.exit_code == 1
    assert f"event {row}" in result.output


def test_events_of_one_request_are_shown() -> None:
    _record()
    shown = CliRunner().invoke(audit, ["show", "--subject", REQUEST, "--json"])
    assert json.loads(shown.output)["tag"] == "signrequests:request:expired"
    assert "expired" in CliRunner().invoke(audit, ["show", "--last", "1"]).output
