"""The worker looks whether providers are there; tiles, operators and `msign check` read what it found."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from msign.jobs.models import Job
from msign.jobs.values import Done, Later, Outcome, Task
from msign.jobs.worker import Worker
from msign.kernel.clock import FixedClock
from msign.signrequests.checks import BOUND_SECONDS, CHECK_JOB, ProviderChecks
from msign.signrequests.health import HealthBoard, ProviderHealth
from msign.signrequests.models import ProviderCheck

pytestmark = pytest.mark.django_db


class Probed:
    """A provider of which only this is asked."""

    def __init__(self, probe: Callable[[], str] = str, identifier: str = "phone") -> None:
        self.identifier, self.probe = identifier, probe


class Silent:
    """A provider without the ability."""

    identifier = "silent"


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


def checks(clock: FixedClock, *providers: object, seconds: Callable[[], float] | None = None) -> ProviderChecks:
    more = {"seconds": seconds} if seconds else {}
    return ProviderChecks(providers=providers, clock=clock, every=30, patience=5, **more)  # type: ignore[arg-type]


def look(made: ProviderChecks, provider: str = "phone") -> Outcome:
    return made.check(Task(CHECK_JOB, provider, {}, 1))


def of(clock: FixedClock, provider: str = "phone") -> ProviderHealth:
    return HealthBoard(clock=clock).of(provider)


def test_one_that_answers_is_asked_again_after_the_agreed_time(clock: FixedClock) -> None:
    assert look(checks(clock, Probed())) == Later(30)
    assert of(clock) == ProviderHealth(checked_at=clock.now())


def test_one_that_does_not_answer_is_asked_sooner_and_darkens_its_tile_when_that_lasts(clock: FixedClock) -> None:
    made = checks(clock, Probed(lambda: "does not answer"))
    assert look(made) == Later(5)
    assert of(clock) == ProviderHealth(checked_at=clock.now(), trouble="does not answer")
    for _ in range(3):
        clock.move(seconds=5)
        look(made)
    assert of(clock) == ProviderHealth(reachable=False, checked_at=clock.now(), trouble="does not answer")


def test_one_that_comes_back_is_offered_with_the_next_look(clock: FixedClock) -> None:
    trouble = ["answered 503"]
    made = checks(clock, Probed(lambda: trouble[0]))
    look(made)
    clock.move(minutes=1)
    look(made)
    assert not of(clock).reachable
    trouble[0] = ""
    look(made)
    assert of(clock) == ProviderHealth(checked_at=clock.now())


def test_a_provider_that_hangs_holds_no_worker_and_counts_as_silent(clock: FixedClock) -> None:
    go, passed = threading.Event(), [0.0]

    def hang() -> str:
        go.wait(10)
        return ""

    made = ProviderChecks(
        providers=[Probed(hang)],  # type: ignore[list-item]
        clock=clock,
        every=30,
        patience=0.01,
        seconds=lambda: passed[0],
    )
    assert look(made) == Later(1.0)
    assert not ProviderCheck.objects.exists()
    passed[0] = BOUND_SECONDS + 1
    assert look(made) == Later(5)
    assert "no answer within 10 s" in of(clock).trouble
    go.set()


def test_a_probe_that_breaks_is_trouble_and_no_failed_job(clock: FixedClock) -> None:
    def broken() -> str:
        raise ValueError("a defect")

    assert look(checks(clock, Probed(broken))) == Later(5)
    assert "could not be asked" in of(clock).trouble


def test_what_was_found_long_ago_says_nothing(clock: FixedClock) -> None:
    made = checks(clock, Probed(lambda: "does not answer"))
    look(made)
    clock.move(minutes=1)
    look(made)
    clock.move(minutes=11)
    assert of(clock) == ProviderHealth()


def test_providers_that_are_configured_no_more_are_forgotten(clock: FixedClock) -> None:
    look(checks(clock, Probed()))
    assert look(checks(clock)) == Done()
    assert not ProviderCheck.objects.exists()


def test_the_worker_asks_everybody_who_can_be_asked(clock: FixedClock) -> None:
    asked: list[str] = []
    both = [Probed(lambda one=one: asked.append(one) or "", one) for one in ("phone", "card")]  # type: ignore[misc]
    made = checks(clock, *both, Silent())
    made.schedule()
    made.schedule()
    Worker(handlers=made.handlers(), clock=clock).run_due()
    assert sorted(set(asked)) == ["card", "phone"]
    assert sorted(Job.objects.filter(kind=CHECK_JOB).values_list("key", flat=True)) == ["card", "phone"]
