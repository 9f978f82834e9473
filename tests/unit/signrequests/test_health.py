"""The health of providers, told from the latest sessions."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest

from msign.kernel.clock import FixedClock
from msign.kernel.ids import new_request_id
from msign.kernel.words import FailureReason
from msign.signrequests.ending import SIGNED
from msign.signrequests.health import HealthBoard, ProviderHealth
from msign.signrequests.models import SigningSession, SignRequest

DOWN = FailureReason.INSTRUMENT_UNAVAILABLE.value
REFUSED = FailureReason.CANCELLED.value
numbers = itertools.count(1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


def ended(clock: FixedClock, outcome: str, *, minutes_ago: float = 0, provider: str = "phone") -> None:
    moment = clock.now() - dt.timedelta(minutes=minutes_ago, seconds=-next(numbers) / 1000)
    request = SignRequest.objects.create(
        id=new_request_id(), created_at=moment, expires_at=moment + dt.timedelta(hours=1)
    )
    SigningSession.objects.create(
        request=request,
        order_id=request.pk,
        active=False,
        instrument="mobile",
        provider=provider,
        language="ro",
        started_at=moment,
        deadline=moment,
        ended_at=moment,
        outcome=outcome,
    )


def test_a_provider_nobody_used_is_believed_to_work(clock: FixedClock) -> None:
    assert HealthBoard(clock=clock).of("phone") == ProviderHealth()


def test_one_failure_may_be_bad_luck(clock: FixedClock) -> None:
    ended(clock, DOWN, minutes_ago=1)
    assert HealthBoard(clock=clock).of("phone").reachable


def test_two_failures_in_a_row_are_told_with_the_last_success(clock: FixedClock) -> None:
    ended(clock, SIGNED, minutes_ago=30)
    ended(clock, DOWN, minutes_ago=1.5)
    ended(clock, DOWN, minutes_ago=1)
    health = HealthBoard(clock=clock).of("phone")
    assert not health.reachable
    assert health.last_success is not None
    assert clock.now() - health.last_success > dt.timedelta(minutes=29)


@pytest.mark.parametrize("outcome", [SIGNED, REFUSED])
def test_any_answer_since_shows_that_it_lives(clock: FixedClock, outcome: str) -> None:
    ended(clock, DOWN, minutes_ago=1.5)
    ended(clock, DOWN, minutes_ago=1)
    ended(clock, outcome, minutes_ago=0.5)
    assert HealthBoard(clock=clock).of("phone").reachable


def test_people_may_try_again_after_a_while(clock: FixedClock) -> None:
    ended(clock, DOWN, minutes_ago=1)
    ended(clock, DOWN, minutes_ago=1)
    board = HealthBoard(clock=clock)
    assert not board.of("phone").reachable
    clock.move(minutes=2)
    assert board.of("phone").reachable


def test_one_provider_does_not_darken_another(clock: FixedClock) -> None:
    ended(clock, DOWN, minutes_ago=1)
    ended(clock, DOWN, minutes_ago=1)
    assert HealthBoard(clock=clock).of("card").reachable


def test_an_answer_is_used_again_for_some_seconds(clock: FixedClock) -> None:
    board = HealthBoard(clock=clock)
    board.of("phone")
    ended(clock, DOWN)
    ended(clock, DOWN)
    assert board.of("phone").reachable
    clock.move(seconds=6)
    assert not board.of("phone").reachable
