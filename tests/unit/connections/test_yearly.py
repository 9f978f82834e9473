"""A year of a paying connection, and a contract with a term: all that the worker does by itself, on an injected clock."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from pathlib import Path

import pypdfium2
import pytest

from msign.access import queries as access
from msign.connections.fees import Kind, year_after
from msign.connections.models import Case, Document, Invoice
from msign.connections.services import billing, ending
from msign.connections.states import Action
from msign.connections.terms import TermPolicy, last_day, rungs_passed
from msign.connections.upkeep import DAILY, REVOCATION, TICK, Upkeep
from msign.jobs.worker import Worker
from msign.kernel.words import Environment
from msign.notices import queries as notices
from tests.support.desk import PRIVATE, Cast, make_cast

pytestmark = pytest.mark.django_db


@dataclass
class Year:
    """A company's connection in production, the worker that looks after it, and the days that pass."""

    cast: Cast
    reference: str
    worker: Worker

    def goes_to(self, day: dt.date) -> None:
        """Let the worker run on the morning of a day; what happened in between it learns then."""
        assert day > self.cast.clock.now().date()
        self.cast.clock.moment = dt.datetime.combine(day, dt.time(6, 30), dt.UTC)
        self.worker.run_due()

    def told(self) -> list[str]:
        """The kinds of letters about money and contract, oldest first, each once for all its recipients."""
        kinds = [one.kind for one in reversed(notices.latest(1000, about=self.reference))]
        shown = [one for one in kinds if one.startswith(("invoice", "contract", "suspend", "resume"))]
        return [one for at, one in enumerate(shown) if at == 0 or shown[at - 1] != one]

    @property
    def flags(self) -> list[str]:
        return Case.objects.get(reference=self.reference).flags

    @property
    def rests(self) -> bool:
        """Whether the gateway refuses the system in production."""
        system = Case.objects.select_related("system").get(reference=self.reference).system
        assert system is not None
        return bool(access.access_state(system.public_id.hex, Environment.PRODUCTION).suspensions)


def live(cast: Cast) -> Year:
    """From the form to production; the first year is paid."""
    upkeep = Upkeep(desk=cast.desk)
    upkeep.schedule()
    handlers = {TICK: upkeep.tick, DAILY: upkeep.daily, REVOCATION: upkeep.revocation}
    cast.system = "gama"
    reference = cast.start(PRIVATE, Kind.PRIVATE, rrsi="")
    cast.to_test(reference)
    billing.mark_paid(cast.desk, cast.fima, Invoice.objects.get().pk, cast.clock.now().date())
    cast.to_production_data(reference)
    cast.do(reference, Action.ACTIVATE)
    return Year(cast, reference, Worker(handlers=handlers, clock=cast.clock))


@pytest.fixture
def year(tmp_path: Path) -> Year:
    return live(make_cast(tmp_path))


def days(number: int) -> dt.timedelta:
    return dt.timedelta(days=number)


def test_the_next_year_is_invoiced_reminded_suspended_when_unpaid_and_resumed_when_paid(year: Year) -> None:
    cast, first = year.cast, Invoice.objects.get()
    assert (first.paid, first.period_to) == (cast.clock.now().date(), year_after(first.period_from))
    year.goes_to(first.period_to - days(46))
    assert Invoice.objects.count() == 1
    year.goes_to(first.period_to - days(45))
    second = Invoice.objects.latest("pk")
    assert (second.period_from, second.period_to) == (first.period_to + days(1), year_after(first.period_to + days(1)))
    assert (second.bani, second.due) == (1_520_000, second.issued + days(30))
    year.goes_to(second.issued + days(1))
    assert Invoice.objects.count() == 2  # once a year, however often the worker looks
    before = len(year.told())
    for late in (-7, 0, 7, 21):
        year.goes_to(second.due + days(late))
    assert (year.flags, year.rests) == ([], False)
    year.goes_to(second.due + days(30))
    assert not year.rests  # the last day of grace
    year.goes_to(second.due + days(31))
    assert (year.flags, year.rests) == (["fee-unpaid"], True)
    assert year.told()[before - 1 :] == ["invoice-renewal", "invoice-due", "invoice-overdue", "suspend"]
    billing.mark_paid(cast.desk, cast.fima, second.pk, cast.clock.now().date())
    assert year.rests  # the worker lifts it, within a tick
    cast.clock.move(seconds=6)
    year.worker.run_due()
    assert (year.flags, year.rests) == ([], False)
    assert year.told()[-2:] == ["invoice-paid", "resume"]
    year.goes_to(second.period_to - days(45))
    assert Invoice.objects.latest("pk").period_from == second.period_to + days(1)


def test_a_worker_that_was_down_on_the_day_invoices_on_the_next_one(year: Year) -> None:
    first = Invoice.objects.get()
    year.goes_to(first.period_to + days(3))
    second = Invoice.objects.latest("pk")
    assert second.period_from == first.period_to + days(1)  # no day is given away and none is paid twice


def test_what_ended_is_not_invoiced_again(year: Year) -> None:
    year.cast.do(year.reference, Action.TERMINATE, reason="Sistemul a fost închis")
    year.goes_to(Invoice.objects.get().period_to)
    assert Invoice.objects.count() == 1


def test_public_bodies_are_never_invoiced(tmp_path: Path) -> None:
    cast = make_cast(tmp_path)
    reference = cast.start()
    cast.to_test(reference)
    cast.to_production_data(reference)
    cast.do(reference, Action.ACTIVATE)
    cast.clock.move(days=340)
    assert billing.renew(cast.desk) == 0
    assert not Invoice.objects.exists()


# --- the term of a contract -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "months", "expected"),
    [
        (dt.date(2026, 3, 2), 12, dt.date(2027, 3, 1)),
        (dt.date(2026, 1, 1), 36, dt.date(2028, 12, 31)),
        (dt.date(2028, 2, 29), 12, dt.date(2029, 2, 27)),
        (dt.date(2026, 8, 31), 18, dt.date(2028, 2, 28)),
        (dt.date(2026, 3, 2), 0, None),
    ],
)
def test_a_term_ends_on_the_day_before_the_same_day(first: dt.date, months: int, expected: dt.date | None) -> None:
    assert last_day(first, TermPolicy(months)) == expected


def test_the_ladder_before_the_last_day() -> None:
    end, policy = dt.date(2027, 3, 1), TermPolicy(12)
    steps = [rungs_passed(end, end - days(left), policy) for left in (61, 60, 31, 30, 8, 7, 0, -1)]
    assert steps == [0, 1, 1, 2, 2, 3, 3, 0]


@pytest.fixture
def with_term(tmp_path: Path) -> Year:
    cast = make_cast(tmp_path)
    cast.desk = replace(cast.desk, policy=replace(cast.desk.policy, term=TermPolicy(months=6)))
    return live(cast)


def text_of(pdf: bytes) -> str:
    with pypdfium2.PdfDocument(pdf) as document:
        return " ".join(" ".join(page.get_textpage().get_text_bounded() for page in document).split())


def test_a_contract_with_a_term_is_reminded_of_and_ends(with_term: Year) -> None:
    year, contract = with_term, Document.objects.get(kind="contract")
    assert contract.ends == last_day(year.cast.clock.now().date(), TermPolicy(6))
    assert Document.objects.get(kind="annex").ends is None
    assert "rămâne în vigoare 6 luni" in text_of(bytes(contract.issued))
    end = contract.ends
    assert end is not None
    year.goes_to(end - days(61))
    assert "contract-expiring" not in year.told()
    for left in (60, 59, 30, 7, 1):
        year.goes_to(end - days(left))
    letters = [one for one in notices.latest(1000, about=year.reference) if one.kind == "contract-expiring"]
    mine = [one for one in letters if one.recipient == "ana@model.md"]
    assert len(mine) == 3
    assert any(one.recipient == "fima@operator.md" for one in letters)
    assert contract.number in mine[0].text
    assert f"{end:%d.%m.%Y}" in mine[0].text
    year.goes_to(end + days(1))
    assert (year.flags, year.rests) == (["contract-ended"], True)


def test_a_later_last_day_prolongs_the_contract_and_its_reminders_begin_anew(with_term: Year) -> None:
    year, contract = with_term, Document.objects.get(kind="contract")
    end = contract.ends
    assert end is not None
    year.goes_to(end - days(7))
    later = end + days(180)
    ending.end_contract(year.cast.desk, year.cast.olga, contract.pk, last_day=later, reason="Act adițional nr. 1")
    year.goes_to(end + days(1))
    assert not year.rests
    year.goes_to(later - days(60))
    assert Document.objects.get(pk=contract.pk).reminded == 1


def test_without_a_term_a_contract_holds_until_a_party_ends_it(year: Year) -> None:
    contract = Document.objects.get(kind="contract")
    assert contract.ends is None
    assert "până la denunțarea lui" in text_of(bytes(contract.issued))
    year.goes_to(year.cast.clock.now().date() + days(40))
    assert "contract-expiring" not in year.told()
