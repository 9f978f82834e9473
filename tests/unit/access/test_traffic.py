from __future__ import annotations

import json
import threading
from dataclasses import replace

import pytest
from click.testing import CliRunner

from msign.access import traffic
from msign.access.traffic import CallMeter
from msign.access.values import Caller
from msign.kernel.clock import FixedClock
from msign.kernel.words import Environment
from msign.ops.access import access
from tests.unit.access.cast import HOME, IDNO, authority, let_in

TEST = Environment.TEST


def _caller() -> Caller:
    system = let_in("Alice", authority("CA").issue("alice", 5))
    return Caller(system, "Alice", "Organizația Model", IDNO, TEST, "05", HOME)


@pytest.mark.django_db
def test_alike_calls_of_a_day_are_counted_together() -> None:
    clock, caller = FixedClock(), _caller()
    meter = CallMeter(clock=clock, flush_seconds=None)
    for _ in range(3):
        meter.answered(caller, "PostSignRequest", "ok")
        meter.flush()
    meter.answered(caller, "PostSignRequest", "InvalidParameter")
    clock.move(days=1)
    meter.answered(replace(caller, certificate_serial="06"), "PostSignRequest", "ok")
    meter.close()
    found = traffic.calls(caller.system_id, TEST)
    assert sorted((one.kind.serial, one.kind.outcome, one.count) for one in found) == [
        ("05", "InvalidParameter", 1),
        ("05", "ok", 3),
        ("06", "ok", 1),
    ]
    assert traffic.last_used(caller.system_id, TEST, "06") == clock.now()
    assert traffic.last_used(caller.system_id, TEST, "07") is None
    assert not traffic.calls(caller.system_id, Environment.PRODUCTION)
    shown = CliRunner().invoke(access, ["calls", "-s", caller.system_id, "-e", "test", "--json"])
    assert sum(row["count"] for row in json.loads(shown.output)) == 5


@pytest.mark.django_db
def test_counts_are_kept_for_a_year_and_a_bit() -> None:
    clock, caller = FixedClock(), _caller()
    meter = CallMeter(clock=clock, flush_seconds=None)
    for days in (0, 400, 1):
        clock.move(days=days)
        meter.answered(caller, "PostSignRequest", "ok")
        meter.flush()
    assert [(clock.now().date() - one.day).days for one in traffic.calls(caller.system_id, TEST)] == [0, 1]


@pytest.mark.django_db
def test_nobody_makes_us_remember_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traffic, "MAX_KINDS", 2)
    caller = _caller()
    meter = CallMeter(clock=FixedClock(), flush_seconds=None)
    for number in range(5):
        meter.answered(caller, f"operation {number}", "ok")
    meter.flush()
    assert len(traffic.calls(caller.system_id, TEST)) == 2


@pytest.mark.django_db(transaction=True)
def test_counts_appear_by_themselves_and_threads_lose_none() -> None:
    caller = _caller()
    meter = CallMeter(clock=FixedClock(), flush_seconds=0.02)
    threads = [
        threading.Thread(target=lambda: [meter.answered(caller, "GetSignResponse", "ok") for _ in range(50)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pause = threading.Event()
    for _ in range(400):
        if sum(one.count for one in traffic.calls(caller.system_id, TEST)) == 200:
            break
        pause.wait(0.02)
    meter.close()
    assert sum(one.count for one in traffic.calls(caller.system_id, TEST)) == 200
