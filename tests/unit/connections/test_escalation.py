"""Promises that come near their end: the pure ladder, and the worker that climbs it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from msign.connections import escalation
from msign.connections.calendar import WorkingCalendar
from msign.connections.escalation import EscalationPolicy, Rung, Told, read_rungs
from msign.connections.models import Case, HistoryEvent
from msign.connections.queries.cases import case_view
from msign.connections.services import assigning, escalating, people
from msign.connections.states import Action
from msign.connections.upkeep import Upkeep
from msign.jobs.values import Task
from msign.notices import queries as notices
from tests.support.desk import Cast, make_cast

LADDER = EscalationPolicy()
MONDAY = dt.datetime(2026, 3, 9, 6, tzinfo=dt.UTC)  # 8 March is a holiday, and a Sunday


@pytest.mark.parametrize(
    ("spent", "already", "climbed"),
    [(0.0, 0, 0), (4.9, 0, 0), (5.0, 0, 1), (8.0, 1, 2), (9.9, 2, 2), (10.0, 2, 3), (11.9, 3, 3), (12.0, 3, 4),
     (14.0, 4, 5), (14.0, 0, 5), (3.0, 2, 2)],
)  # fmt: skip
def test_the_ladder_is_climbed_rung_by_rung_and_then_again(spent: float, already: int, climbed: int) -> None:
    assert escalation.climbed(LADDER, spent, 10.0, already) == climbed


def test_past_the_top_the_same_people_are_told_again() -> None:
    assert [escalation.rung(LADDER, number).told for number in range(5)] == [
        Told.REVIEWER, Told.REVIEWERS, Told.HEAD, Told.HEAD, Told.HEAD,
    ]  # fmt: skip


def test_without_repetition_or_rungs_it_ends() -> None:
    once = replace(LADDER, repeat_days=0.0)
    assert escalation.climbed(once, 100.0, 10.0, 0) == 3
    assert escalation.climbed(EscalationPolicy(rungs=()), 100.0, 10.0, 0) == 0


def test_rungs_are_read_from_settings() -> None:
    assert read_rungs(("50:reviewer", " 100 : head ")) == (Rung(0.5, Told.REVIEWER), Rung(1.0, Told.HEAD))


@pytest.mark.parametrize("lines", [("50",), ("x:head",), ("50:boss",), ("0:head",), ("80:head", "50:reviewer")])
def test_rungs_that_mean_nothing_are_refused(lines: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"rise|of the form"):
        read_rungs(lines)


@pytest.fixture
def cast(tmp_path: Path, db: None) -> Cast:
    made = make_cast(tmp_path)
    made.clock.moment = MONDAY
    ladder = EscalationPolicy(head=("sef@operator.md",))
    made.desk = replace(made.desk, policy=replace(made.desk.policy, escalation=ladder))
    return made


def told(reference: str) -> set[tuple[str, str]]:
    kinds = ("nearly-due", "overdue")
    return {(one.kind, one.recipient) for one in notices.latest(about=reference) if one.kind in kinds}


def after(cast: Cast, days: float) -> int:
    cast.clock.moment = cast.desk.policy.calendar.add(MONDAY, days)
    return escalating.climb(cast.desk)


def test_the_reviewer_all_reviewers_and_the_head_are_told_in_turn(cast: Cast) -> None:
    reference = cast.start()
    cast.do(reference, Action.SUBMIT, Action.TAKE)
    assert after(cast, 4.9) == 0
    assert after(cast, 5.0) == 1
    assert told(reference) == {("nearly-due", "olga@operator.md")}
    assert after(cast, 6.0) == 0  # once, not at every look
    after(cast, 10.0)
    assert ("overdue", "sef@operator.md") in told(reference)
    events = HistoryEvent.objects.filter(action="escalate").order_by("pk")
    assert [event.data["told"] for event in events] == ["reviewer", "head"]  # 80 % passed unseen: one letter, not two
    before = len(notices.latest(about=reference))
    assert after(cast, 12.0) == 1
    assert len(notices.latest(about=reference)) > before
    assert case_view(cast.desk, cast.olga, reference).line.rung == 4


def test_the_clock_stands_while_the_applicant_must_act(cast: Cast) -> None:
    reference = cast.start()
    cast.do(reference, Action.SUBMIT, Action.TAKE)
    cast.clock.moment = cast.desk.policy.calendar.add(MONDAY, 4)
    cast.do(reference, Action.ASK, reason="De ce?")
    row = Case.objects.get(reference=reference)
    assert (row.due, row.near, row.next_rung) == (None, None, None)
    assert after(cast, 40) == 0
    cast.fill(reference, legal_basis="Legea 124/2022, articolul 21")
    cast.do(reference, Action.ANSWER)
    assert after(cast, 40.5) == 0  # four and a half of ten days are used
    assert after(cast, 41) == 1


def test_a_new_promise_begins_a_new_ladder(cast: Cast) -> None:
    reference = cast.start()
    cast.do(reference, Action.SUBMIT, Action.TAKE)
    after(cast, 9)
    assert Case.objects.get(reference=reference).rung == 2
    cast.do(reference, Action.CONFIRM, Action.ISSUE_DOCUMENTS)
    assert Case.objects.get(reference=reference).rung == 0


def test_a_reminder_is_no_reason_to_refuse_a_decision(cast: Cast) -> None:
    reference = cast.start()
    cast.do(reference, Action.SUBMIT)
    version = case_view(cast.desk, cast.olga, reference).version
    after(cast, 6)
    assert case_view(cast.desk, cast.olga, reference).version == version


def test_the_team_that_has_the_case_is_told(cast: Cast) -> None:
    from msign.connections.models import Person
    from msign.connections.roles import OperatorRole
    from msign.kernel.languages import Language

    people.register_person(
        cast.desk,
        email="petru@operator.md",
        name="Petru",
        language=Language.RO,
        operator_roles=(OperatorRole.REVIEWER,),
    )
    Person.objects.filter(email="petru@operator.md").update(unit="Nord")
    reference = cast.start()
    cast.do(reference, Action.SUBMIT)
    assigning.assign(cast.desk, cast.olga, reference, reviewer_id=None, unit="Nord", reason="Regiunea lor")
    after(cast, 5)
    assert told(reference) == {("nearly-due", "petru@operator.md")}


def test_other_limits_and_holidays_take_effect_on_running_clocks(cast: Cast) -> None:
    reference = cast.start()
    cast.do(reference, Action.SUBMIT)
    before = Case.objects.get(reference=reference).due
    assert before is not None
    free = WorkingCalendar(moved_free=frozenset({dt.date(2026, 3, 10)}))
    cast.desk = replace(cast.desk, policy=replace(cast.desk.policy, calendar=free))
    Upkeep(desk=cast.desk).daily(Task("desk.daily", "all", {}, 1))
    due = Case.objects.get(reference=reference).due
    assert due is not None
    assert due - before == dt.timedelta(days=1)
    assert escalating.refresh_deadlines(cast.desk) == 0
