from __future__ import annotations

import datetime as dt

import pytest

from msign.access import services
from msign.access.gate import Gate
from msign.access.reports import Reporter, reports
from msign.access.values import SuspensionReason
from msign.kernel.clock import FixedClock
from msign.kernel.words import Environment
from tests.unit.access.cast import NOW, authority, let_in

pytestmark = pytest.mark.django_db
TEST = Environment.TEST


def test_a_process_reports_the_state_that_its_gate_decides_by() -> None:
    system, clock, seconds = let_in("Alice", authority("CA").issue("alice", 5)), FixedClock(), [0.0]
    gate = Gate(trust_by_environment={TEST: authority("CA").trust}, clock=clock, seconds=lambda: seconds[0])
    reporter = Reporter(environment=TEST, generation=lambda: gate.generation, clock=clock)
    reporter.report()
    before = reports(clock.now(), TEST)[0].generation
    services.suspend(system_id=system, environment=TEST, reason=SuspensionReason.OPERATOR, at=NOW, actor="test")
    reporter.report()
    assert reports(clock.now(), TEST)[0].generation == before, "the gate has not looked again yet"
    seconds[0] += 0.3
    reporter.report()
    assert reports(clock.now(), TEST)[0].generation > before
    assert not reports(clock.now(), Environment.PRODUCTION)


def test_a_process_that_fell_silent_counts_no_more() -> None:
    clock = FixedClock()
    Reporter(environment=TEST, generation=lambda: 7, clock=clock).report()
    assert len(reports(clock.now())) == 1
    clock.move(seconds=21)
    assert reports(clock.now()) == ()
    Reporter(environment=TEST, generation=lambda: 8, clock=clock).report()
    assert [(one.generation, clock.now() - one.seen_at) for one in reports(clock.now())] == [(8, dt.timedelta(0))]
