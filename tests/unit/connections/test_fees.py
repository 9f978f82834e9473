from __future__ import annotations

import datetime as dt

import pytest

from msign.connections.fees import (
    TARIFFS,
    Before,
    Dues,
    FeePolicy,
    Kind,
    Standing,
    Tariff,
    due_day,
    in_lei,
    payment_gaps,
    reminders_due,
    renewal_day,
    standing,
    tariff_on,
    year_after,
)

DAY = dt.date(2026, 3, 2)
POLICY = FeePolicy()


@pytest.mark.parametrize(("kind", "bani"), [(Kind.PUBLIC, 0), (Kind.PRIVATE, 1_520_000), (Kind.PERSON, 1_520_000)])
def test_the_published_tariffs(kind: Kind, bani: int) -> None:
    tariff = tariff_on(DAY, "msign", kind)
    assert tariff is not None
    assert tariff.bani == bani


def test_a_new_tariff_holds_from_its_day_on() -> None:
    dearer = (*TARIFFS, Tariff("msign", Kind.PRIVATE, 1_600_000, dt.date(2027, 1, 1), "test"))
    assert tariff_on(dt.date(2026, 12, 31), "msign", Kind.PRIVATE, dearer).bani == 1_520_000  # type: ignore[union-attr]
    assert tariff_on(dt.date(2027, 1, 1), "msign", Kind.PRIVATE, dearer).bani == 1_600_000  # type: ignore[union-attr]
    assert tariff_on(dt.date(2020, 1, 1), "msign", Kind.PRIVATE) is None


@pytest.mark.parametrize(
    ("late", "expected"),
    [(-1, Standing.OPEN), (0, Standing.OPEN), (1, Standing.OVERDUE), (30, Standing.OVERDUE), (31, Standing.SUSPENDS)],
)
def test_an_unpaid_invoice_ages(late: int, expected: Standing) -> None:
    dues = Dues(DAY, due_day(DAY, POLICY))
    assert standing(dues, dues.due + dt.timedelta(days=late), POLICY) is expected


def test_paid_and_cancelled_invoices_do_not_age() -> None:
    far = DAY + dt.timedelta(days=900)
    assert standing(Dues(DAY, DAY, paid=DAY), far, POLICY) is Standing.PAID
    assert standing(Dues(DAY, DAY, cancelled=True), far, POLICY) is Standing.CANCELLED


def test_reminders_follow_the_ladder_and_stop_when_paid() -> None:
    due = DAY + dt.timedelta(days=30)
    steps = [reminders_due(Dues(DAY, due), due + dt.timedelta(days=d), POLICY) for d in range(-30, 60)]
    assert [d - 30 for d in range(1, 90) if steps[d] > steps[d - 1]] == [-7, 0, 7, 21]
    assert steps[-1] == 4  # a day on which nothing ran is made good later, not lost
    assert not reminders_due(Dues(DAY, due, paid=DAY), due, POLICY)


def test_the_year_and_its_renewal() -> None:
    assert year_after(DAY) == dt.date(2027, 3, 1)
    assert year_after(dt.date(2028, 2, 29)) == dt.date(2029, 2, 28)
    assert renewal_day(dt.date(2027, 3, 1), POLICY) == dt.date(2027, 1, 15)


def test_payment_is_asked_before_production_by_default() -> None:
    unpaid = [Dues(DAY, DAY)]
    assert payment_gaps(unpaid, owed=True, stage=Before.PRODUCTION, policy=POLICY)
    assert payment_gaps([], owed=True, stage=Before.PRODUCTION, policy=POLICY)
    assert not payment_gaps(unpaid, owed=True, stage=Before.TEST, policy=POLICY)
    assert not payment_gaps(unpaid, owed=False, stage=Before.PRODUCTION, policy=POLICY)
    assert not payment_gaps([Dues(DAY, DAY, paid=DAY)], owed=True, stage=Before.PRODUCTION, policy=POLICY)
    assert payment_gaps(unpaid, owed=True, stage=Before.TEST, policy=FeePolicy(required_before=Before.TEST))
    assert not payment_gaps(unpaid, owed=True, stage=Before.TEST, policy=FeePolicy(required_before=Before.NONE))


def test_amounts_are_written_with_a_comma_and_no_break_spaces() -> None:
    assert in_lei(1_520_000) == "15\u00a0200,00"
    assert in_lei(5) == "0,05"
