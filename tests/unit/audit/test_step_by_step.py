"""Verifying the trail in small steps: what a person with the database in his hands does to it is found and located."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection

from msign.audit import chain, events, verification
from msign.audit.models import Event
from msign.audit.tags import Tag
from msign.kernel.clock import FixedClock
from tests.unit.audit.test_trail import _tamper, _without_guards

pytestmark = pytest.mark.django_db
NOW = FixedClock().now()
LATER = NOW + dt.timedelta(hours=6)


def written(number: int) -> int:
    """Write so many events; return the number of the last one."""
    last = 0
    for one in range(number):
        last = events.request_expired(at=NOW, request_id=f"{one:032x}").sequence
    return last


def walk(at: dt.datetime = NOW, events_a_step: int = 2) -> int:
    """Go through the whole trail; return in how many steps."""
    for steps in range(1, 500):
        if verification.step(at, events_a_step):
            return steps
    raise AssertionError("the walk does not end")


def cut_off(first: int) -> None:
    _tamper("DELETE FROM audit_event WHERE sequence >= %s", first)


def test_a_whole_trail_is_walked_in_steps_that_continue_each_other() -> None:
    last = written(5)
    assert walk(events_a_step=2) == last // 2 + 1
    found = verification.checked()
    assert (found.finished, found.count, found.broken, found.now_at) == (NOW, last, None, None)


def test_the_page_may_ask_how_far_a_walk_has_come() -> None:
    last = written(5)
    assert not verification.step(NOW, 2)
    found = verification.checked()
    assert (found.finished, found.now_at, found.length) == (None, 2, last)


@pytest.mark.parametrize("step", [1, 2, 3, 100])
def test_a_break_in_mid_chain_is_located_whatever_the_steps(step: int) -> None:
    last = written(9)
    walk()
    _without_guards()
    _tamper("UPDATE audit_event SET actor = 'operator:1' WHERE sequence = %s", last - 4)
    walk(LATER, step)
    found = verification.checked()
    assert (found.broken, found.finished) == (last - 4, LATER)
    assert "actor" in found.why
    assert found.count == last  # what the last whole walk saw is not forgotten


def test_a_removed_event_between_two_steps_is_located() -> None:
    last = written(8)
    first_step = last - 4
    assert not verification.step(NOW, first_step)
    _without_guards()
    _tamper("DELETE FROM audit_event WHERE sequence = %s", first_step + 1)
    walk(NOW)
    assert verification.checked().broken == first_step + 2
    assert verification.checked().why == f"event {first_step + 1} is missing"


@pytest.mark.parametrize("step", [2, 100])
def test_a_tail_that_was_cut_off_is_noticed_and_named(step: int) -> None:
    last = written(6)
    walk()
    _without_guards()
    cut_off(last - 1)
    walk(LATER, step)
    found = verification.checked()
    assert found.broken is not None
    assert found.broken >= last - 1
    assert found.why


@pytest.mark.parametrize("step", [2, 100])
def test_a_tail_that_was_written_anew_is_noticed(step: int) -> None:
    last = written(6)
    walk()
    _without_guards()
    cut_off(last - 1)
    written(7)
    walk(LATER, step)
    found = verification.checked()
    assert found.broken == last
    assert "noted earlier" in found.why


def test_an_alarm_ends_only_when_the_trail_is_whole_again() -> None:
    last = written(4)
    walk()
    kept = Event.objects.get(pk=last)
    _without_guards()
    cut_off(last)
    walk(LATER)
    walk(LATER)
    assert verification.checked().broken is not None  # the second look finds it again
    Event(
        sequence=kept.sequence, at=kept.at, tag=kept.tag, subject=kept.subject, actor=kept.actor, body=kept.body,
        previous=kept.previous, hash=kept.hash,
    ).save(force_insert=True)  # fmt: skip
    walk(LATER)
    assert verification.checked().broken is None


def test_a_forged_event_with_a_right_hash_of_its_own_is_located() -> None:
    last = written(6)
    _without_guards()
    row = Event.objects.get(pk=last - 3)
    body = row.body.replace(Tag.REQUEST_EXPIRED.value, Tag.REQUEST_SIGNED.value)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE audit_event SET body = %s, tag = %s, hash = %s WHERE sequence = %s",
            [body, Tag.REQUEST_SIGNED.value, chain.digest(body), row.sequence],
        )
    walk()
    assert verification.checked().broken == row.sequence + 1
