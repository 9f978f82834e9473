"""The operator's queue, lists and statistics: found, filtered, counted and cut by the database."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from msign.connections.actors import Refusal
from msign.connections.models import Case, Invoice, Network, Organisation, Person, StepTime
from msign.connections.queries import lists, statistics
from msign.connections.queries.paging import PAGE_ROWS
from msign.connections.queries.queue import TABS, Search, counts, queue, whole_queue
from msign.connections.services import assigning, store
from msign.connections.states import Action, State
from tests.support.desk import Cast, make_cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(tmp_path: Path) -> Cast:
    return make_cast(tmp_path)


def many(cast: Cast, number: int, **fields: object) -> None:
    """Rows as a year of work leaves them."""
    person = Person.objects.get(pk=cast.olga.person_id)
    owner, _new = Organisation.objects.get_or_create(
        number="1003600000099", defaults={"name": "Școala Înaltă", "kind": "public", "created": cast.clock.now()}
    )
    now = cast.clock.now()
    made = [
        Case(
            reference=f"MS-2025-{at:05}",
            organisation=owner,
            created_by=person,
            answers={"system_name": f"Sistemul {at}", "service": "msign"},
            **{
                "state": State.SUBMITTED,
                "created": now,
                "changed": now,
                "turns": [[now.isoformat(), "operator", "review"]],
                **fields,
            },
        )
        for at in range(number)
    ]
    for case in made:
        case.words = store.search_words(case)
    Case.objects.bulk_create(made)


def references(cast: Cast, **search: object) -> list[str]:
    return [line.reference for line in queue(cast.desk, Search(**search)).rows]  # type: ignore[arg-type]


def test_a_long_queue_costs_as_many_statements_as_a_short_one(cast: Cast) -> None:
    many(cast, 2)
    with CaptureQueriesContext(connection) as few:
        queue(cast.desk, Search())
        counts(cast.desk, Search())
    Case.objects.all().delete()
    many(cast, 3 * PAGE_ROWS + 1)
    with CaptureQueriesContext(connection) as more:
        page = queue(cast.desk, Search(page=2))
        counts(cast.desk, Search())
    assert len(more) == len(few) <= 3
    assert (len(page.rows), page.number, page.pages, page.total) == (PAGE_ROWS, 2, 4, 3 * PAGE_ROWS + 1)
    assert queue(cast.desk, Search(page=99)).number == 4
    assert len(list(whole_queue(cast.desk, Search()))) == 3 * PAGE_ROWS + 1


def test_tabs_hold_what_they_say_and_drafts_are_nobodys(cast: Cast) -> None:
    first, second, third = cast.start(), cast.start(system_name="Al doilea"), cast.start(system_name="Al treilea")
    cast.do(first, Action.SUBMIT)
    cast.do(second, Action.SUBMIT, Action.TAKE, Action.ASK, reason="De ce?")
    found = {tab: references(cast, tab=tab) for tab in TABS}
    assert found["new"] == found["waiting-on-us"] == [first]
    assert found["waiting-on-them"] == [second]
    assert set(found["all"]) == {first, second}
    assert third not in found["all"]
    assert counts(cast.desk, Search()) == {tab: len(rows) for tab, rows in found.items()}


def test_the_clock_decides_what_is_nearly_due_and_overdue(cast: Cast) -> None:
    reference = cast.start()
    cast.do(reference, Action.SUBMIT)
    start, calendar = cast.clock.now(), cast.desk.policy.calendar
    found = []
    for days in (7.9, 8.1, 10.1):
        cast.clock.moment = calendar.add(start, days)
        (line,) = queue(cast.desk, Search(tab="all")).rows
        tabs = {tab for tab in ("nearly-due", "overdue") if references(cast, tab=tab)}
        found.append((tabs, line.near, line.clock.overdue))
    assert found == [(set(), False, False), ({"nearly-due"}, True, False), ({"overdue"}, True, True)]


@pytest.mark.parametrize(
    "text", ["MS-2025-00001", "ms-2025-00001", "sistemul 1 școala", "Şcoala înaltă", "SCOALA INALTA sistemul", "1003600000099",
             "1003 6000 00099", "185.108.180"],
)  # fmt: skip
def test_the_search_forgives(cast: Cast, text: str) -> None:
    many(cast, 2)
    case = Case.objects.get(reference="MS-2025-00001")
    Network.objects.create(case=case, environment="test", network="185.108.180.10/32")
    other = cast.start()
    cast.do(other, Action.SUBMIT)
    found = references(cast, tab="all", text=text)
    assert "MS-2025-00001" in found
    assert other not in found


def test_the_search_finds_the_serial_of_a_certificate(cast: Cast) -> None:
    reference = cast.start()
    cast.to_test(reference)
    many(cast, 1)
    serial = Case.objects.get(reference=reference).system.certificate_set.get().serial  # type: ignore[union-attr]
    typed = ":".join(serial[at : at + 2].lower() for at in range(0, len(serial), 2))
    assert references(cast, tab="all", text=typed) == [reference]
    assert references(cast, tab="all", text="40 00") == []


def test_filters_narrow_and_an_unknown_one_does_not(cast: Cast) -> None:
    first, second = cast.start(), cast.start(system_name="Al doilea")
    cast.do(first, Action.SUBMIT)
    cast.do(second, Action.SUBMIT, Action.TAKE)
    assert references(cast, tab="all", state="in-review") == [second]
    assert references(cast, tab="all", reviewer=str(cast.olga.person_id)) == [second]
    assert references(cast, tab="all", reviewer="none") == [first]
    assert references(cast, tab="all", service="mpass") == []
    assert len(references(cast, tab="all", state="'; drop", reviewer="x")) == 2


def test_the_most_urgent_stands_first(cast: Cast) -> None:
    first = cast.start()
    cast.do(first, Action.SUBMIT)
    cast.clock.moment += dt.timedelta(days=1)
    second = cast.start(system_name="Al doilea")
    cast.do(second, Action.SUBMIT)
    assert references(cast, tab="all") == [first, second]


def test_a_case_is_given_on_with_a_reason_and_told(cast: Cast) -> None:
    reference = cast.start()
    cast.do(reference, Action.SUBMIT, Action.TAKE)
    with pytest.raises(Refusal, match="reason"):
        assigning.assign(cast.desk, cast.olga, reference, reviewer_id=None, reason=" ")
    with pytest.raises(Refusal, match="there already"):
        assigning.assign(cast.desk, cast.olga, reference, reviewer_id=cast.olga.person_id, reason="x")
    with pytest.raises(Refusal, match="reviews"):
        assigning.assign(cast.desk, cast.olga, reference, reviewer_id=cast.fima.person_id, reason="x")
    with pytest.raises(Refusal, match="no such team"):
        assigning.assign(cast.desk, cast.olga, reference, reviewer_id=None, unit="Sud", reason="x")
    assigning.assign(cast.desk, cast.olga, reference, reviewer_id=None, reason="Plec în concediu")
    (line,) = queue(cast.desk, Search(tab="all")).rows
    assert line.reviewer == ""
    with pytest.raises(Refusal, match="role"):
        assigning.assign(cast.desk, cast.fima, reference, reviewer_id=None, reason="x")


def test_numbers_of_applicants_and_operator_are_the_same(cast: Cast) -> None:
    many(cast, 6)
    now = cast.clock.now()
    for at, case in enumerate(Case.objects.order_by("pk")):
        StepTime.objects.create(
            case=case, step="review", opened=now, since=now, closed=now, operator_days=at + 0.5, limit_days=4
        )
    found = statistics.statistics(cast.desk)
    review = found.steps[0]
    assert (review.step, review.finished, review.within, review.kept) == ("review", 6, (3, 5, 6), 4)
    assert (review.open, review.overdue) == (6, 0)
    assert statistics.promise(cast.desk).within_days == review.within[1]
    assert len(found.months) == 12
    assert found.months[-1].review_within == 5


def test_steps_are_measured_with_each_sides_own_days(cast: Cast) -> None:
    reference = cast.start()
    cast.do(reference, Action.SUBMIT, Action.TAKE)
    calendar = cast.desk.policy.calendar
    cast.clock.moment = calendar.add(cast.clock.now(), 2)
    cast.do(reference, Action.ASK, reason="De ce?")
    cast.clock.moment = calendar.add(cast.clock.now(), 3)
    cast.fill(reference, legal_basis="Legea 124/2022, articolul 21")
    cast.do(reference, Action.ANSWER, Action.CONFIRM, Action.ISSUE_DOCUMENTS)
    review = StepTime.objects.get(step="review")
    assert (round(review.operator_days, 3), round(review.beneficiary_days, 3)) == (2.0, 3.0)
    assert review.closed is not None
    assert StepTime.objects.get(closed=None).step == "signing"


@pytest.mark.parametrize("name", ["organisations", "systems", "certificates", "contracts", "invoices"])
def test_every_list_is_paged_searched_and_exported(cast: Cast, name: str) -> None:
    reference = cast.start()
    cast.to_test(reference)
    case = Case.objects.get(reference=reference)
    today = cast.clock.now().date()
    Invoice.objects.create(
        case=case, number="F-2026-1", bani=100, period_from=today, period_to=today, issued=today, due=today, pdf=b"%PDF"
    )
    for text in ("", case.organisation.number, case.organisation.name[4:12]):
        assert lists.listed(cast.desk, cast.aud, name, text=text).total >= 1, text
    assert lists.listed(cast.desk, cast.aud, name, text="Nimeni nu se numește așa").total == 0
    rows = list(lists.exported(cast.desk, cast.aud, name))
    assert rows == list(lists.listed(cast.desk, cast.aud, name).rows)


def test_lists_belong_to_roles(cast: Cast) -> None:
    with pytest.raises(Refusal):
        lists.listed(cast.desk, cast.olga, "invoices")
    with pytest.raises(Refusal):
        lists.listed(cast.desk, cast.ana, "systems")
    with pytest.raises(Refusal):
        lists.exported(cast.desk, cast.sec, "systems")
    with pytest.raises(Refusal):
        lists.listed(cast.desk, cast.aud, "passwords")
