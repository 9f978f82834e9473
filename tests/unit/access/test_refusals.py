from __future__ import annotations

import pytest

from msign.access import refusals
from msign.access.gate import Gate
from msign.access.models import RefusedCall
from msign.access.refusals import BURST, RefusalLog, refused_attempts
from msign.access.values import CheckOutcome, Circumstances, DenialReason
from msign.kernel.clock import FixedClock
from msign.kernel.words import Environment
from tests.unit.access.cast import HOME, authority, let_in

pytestmark = pytest.mark.django_db
TEST = Environment.TEST


class Seconds:
    value = 0.0

    def __call__(self) -> float:
        return self.value


def _gate(clock: FixedClock, seconds: Seconds | None = None) -> Gate:
    log = RefusalLog(clock=clock, seconds=seconds or Seconds())
    return Gate(trust_by_environment={TEST: authority("CA").trust}, clock=clock, refusals=log)


def test_a_refused_call_is_kept_and_can_be_explained_afterwards() -> None:
    clock = FixedClock()
    gate = _gate(clock)
    certificate = authority("CA").issue("alice", 5)
    let_in("Alice", certificate)
    for _ in range(3):
        gate.decide(TEST, certificate, "198.51.100.1")
    gate.decide(TEST, certificate, HOME)
    (attempt,) = refused_attempts(serials=("05",))
    assert (attempt.reason, attempt.address, attempt.count) == (DenialReason.FOREIGN_ADDRESS, "198.51.100.1", 3)
    results = gate.explain(attempt.environment, address=attempt.address, certificate_der=attempt.der)
    assert [one.reason for one in results if one.outcome is CheckOutcome.FAILED] == [attempt.reason]
    assert not refused_attempts(environment=Environment.PRODUCTION)


def test_a_call_without_a_certificate_is_kept_too() -> None:
    _gate(FixedClock()).decide(TEST, None, HOME)
    (attempt,) = refused_attempts()
    assert (attempt.reason, attempt.serial, attempt.der) == (DenialReason.NO_CERTIFICATE, "", b"")


def test_a_flood_does_not_make_us_write() -> None:
    seconds = Seconds()
    gate = _gate(FixedClock(), seconds)
    for number in range(100):
        gate.decide(TEST, None, f"198.51.100.{number}")
    assert RefusedCall.objects.count() == BURST
    certificate = authority("CA").issue("bob", 6)
    gate.decide(TEST, certificate, HOME)
    assert refused_attempts(serials=("06",)), "strangers do not crowd out a certificate of an accepted authority"
    RefusedCall.objects.filter(serial="06").delete()
    seconds.value += 1
    for number in range(100, 200):
        gate.decide(TEST, None, f"198.51.100.{number}")
    assert RefusedCall.objects.count() == BURST + 5


def test_only_the_newest_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusals, "MAX_ROWS", 3)
    clock = FixedClock()
    gate = _gate(clock)
    for number in range(5):
        clock.move(seconds=1)
        gate.decide(TEST, None, f"198.51.100.{number}")
    assert [one.address for one in refused_attempts()] == ["198.51.100.4", "198.51.100.3", "198.51.100.2"]


def test_how_the_last_of_alike_calls_came_is_kept() -> None:
    gate = _gate(FixedClock())
    gate.decide(TEST, None, HOME, Circumstances("TLSv1.2", "PostSignRequest"))
    gate.decide(TEST, None, HOME, Circumstances("TLSv1.3", "GetSignResponse"))
    (attempt,) = refused_attempts()
    assert (attempt.tls, attempt.operation, attempt.count) == ("TLSv1.3", "GetSignResponse", 2)
    assert refusals.refused_attempt(attempt.id) == attempt
    assert refusals.refused_attempt(attempt.id + 1) is None
