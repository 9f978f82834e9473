from __future__ import annotations

import datetime as dt

import pytest

from msign.connections.calendar import (
    Turn,
    WorkingCalendar,
    is_public_holiday,
    orthodox_easter,
    percentile_days,
    read_clocks,
)
from msign.connections.states import Side
from msign.kernel.clock import CHISINAU

CALENDAR = WorkingCalendar()


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=CHISINAU)


@pytest.mark.parametrize(
    ("year", "easter"),
    [(2024, (5, 5)), (2025, (4, 20)), (2026, (4, 12)), (2027, (5, 2)), (2028, (4, 16)), (2030, (4, 28))],
)
def test_orthodox_easter(year: int, easter: tuple[int, int]) -> None:
    assert orthodox_easter(year) == dt.date(year, *easter)


@pytest.mark.parametrize(
    "day", ["2026-01-01", "2026-01-07", "2026-01-08", "2026-04-13", "2026-04-20", "2026-08-31", "2026-12-25"]
)
def test_public_holidays(day: str) -> None:
    assert is_public_holiday(dt.date.fromisoformat(day))


@pytest.mark.parametrize("day", ["2026-04-14", "2026-02-14", "2026-12-26", "2026-01-02"])
def test_other_days_are_not_public_holidays(day: str) -> None:
    assert not is_public_holiday(dt.date.fromisoformat(day))


def test_the_government_moves_days() -> None:
    calendar = WorkingCalendar(frozenset({dt.date(2026, 1, 2)}), frozenset({dt.date(2026, 1, 17)}))
    assert not calendar.is_working(dt.date(2026, 1, 2))
    assert calendar.is_working(dt.date(2026, 1, 17))


def test_seven_working_days_skip_weekends_and_easter_monday() -> None:
    assert CALENDAR.add(at("2026-04-09T10:00"), 7) == at("2026-04-22T10:00")


def test_a_start_on_a_free_day_counts_from_the_next_working_one() -> None:
    assert CALENDAR.add(at("2026-03-07T15:00"), 1) == at("2026-03-10T00:00")


def test_adding_and_measuring_agree_across_the_change_to_summer_time() -> None:
    start = at("2026-03-26T16:30")
    for days in (0.5, 1, 3, 7, 10):
        assert CALENDAR.between(start, CALENDAR.add(start, days)) == pytest.approx(days, abs=0.05)


def test_an_empty_span_has_no_days() -> None:
    assert CALENDAR.between(at("2026-03-03T10:00"), at("2026-03-02T10:00")) == 0


def test_the_operators_clock_stops_while_the_applicant_must_act() -> None:
    turns = [
        Turn(at("2026-03-02T09:00"), Side.OPERATOR, "review"),
        Turn(at("2026-03-04T09:00"), Side.BENEFICIARY, "review"),
        Turn(at("2026-03-11T09:00"), Side.OPERATOR, "review"),
    ]
    reading = read_clocks(turns, at("2026-03-12T09:00"), CALENDAR, 7)
    assert reading.operator_days == pytest.approx(3)
    assert reading.beneficiary_days == pytest.approx(5)  # 8 March falls on a Sunday
    assert reading.running is Side.OPERATOR
    assert reading.due == at("2026-03-18T09:00")
    assert not reading.overdue


def test_a_new_phase_starts_its_own_promise() -> None:
    turns = [Turn(at("2026-03-02T09:00"), Side.OPERATOR, "review"), Turn(at("2026-03-16T09:00"), Side.OPERATOR, "test")]
    reading = read_clocks(turns, at("2026-03-17T09:00"), CALENDAR, 7)
    assert reading.operator_days == pytest.approx(1)


def test_overdue_is_told() -> None:
    reading = read_clocks([Turn(at("2026-03-02T09:00"), Side.OPERATOR)], at("2026-03-12T09:00"), CALENDAR, 7)
    assert reading.overdue
    assert reading.due == at("2026-03-11T09:00")


def test_nobody_has_a_due_day_while_the_applicant_acts() -> None:
    reading = read_clocks([Turn(at("2026-03-02T09:00"), Side.BENEFICIARY)], at("2026-03-30T09:00"), CALENDAR, 7)
    assert reading.due is None
    assert not reading.overdue


def test_percentiles_need_enough_cases() -> None:
    assert percentile_days([1, 2, 3, 4], 0.8) is None
    assert percentile_days([0.2, 1.5, 2.5, 3.2, 9], 0.8) == 4
