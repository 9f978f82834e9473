"""The operator's queue: filtered, searched, sorted, counted and cut in the database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Count, F, Q, QuerySet

from msign.connections.certificates import read_serial
from msign.connections.models import Case, Certificate, Network, Person
from msign.connections.ports import Desk
from msign.connections.queries.cases import line
from msign.connections.queries.paging import Page, every, paged
from msign.connections.roles import OperatorRole
from msign.connections.services import store
from msign.connections.states import ENDED, TURN, Side, State
from msign.connections.values import CaseLine

TABS = ("new", "waiting-on-us", "nearly-due", "overdue", "waiting-on-them", "finished", "all")
_OURS = [state for state in State if TURN[state] is Side.OPERATOR]
_THEIRS = [state for state in State if TURN[state] is Side.BENEFICIARY and state is not State.DRAFT]
_MIN_SERIAL = 6  # characters; a shorter one names half the register


@dataclass(frozen=True, slots=True)
class Search:
    """What the operator looks for. ``reviewer``: a person's number, ``none``, or ``unit:NAME``."""

    tab: str = "waiting-on-us"
    text: str = ""
    state: str = ""
    service: str = ""
    reviewer: str = ""
    page: int = 1


def queue(desk: Desk, search: Search) -> Page[CaseLine]:
    """Return one page of a tab, the most urgent first."""
    return paged(_ordered(desk, search), lambda row: line(desk, row), search.page)


def whole_queue(desk: Desk, search: Search) -> Iterator[CaseLine]:
    """Yield every line of a tab, for an export."""
    return every(_ordered(desk, search), lambda row: line(desk, row))


def counts(desk: Desk, search: Search) -> dict[str, int]:
    """Return how many cases each tab holds under the same filters, with one statement."""
    found: dict[str, int] = _filtered(search).aggregate(
        **{tab.replace("-", "_"): Count("pk", filter=_tab(desk, tab)) for tab in TABS}
    )
    return {tab: found[tab.replace("-", "_")] for tab in TABS}


def _ordered(desk: Desk, search: Search) -> QuerySet[Case]:
    rows = _filtered(search).filter(_tab(desk, search.tab)).select_related("organisation", "system", "reviewer")
    return rows.order_by(F("due").asc(nulls_last=True), "changed", "pk")


def _tab(desk: Desk, tab: str) -> Q:
    now = desk.clock.now()
    tabs = {
        "new": Q(state=State.SUBMITTED),
        "waiting-on-us": Q(state__in=_OURS),
        "nearly-due": Q(near__lte=now, due__gt=now),
        "overdue": Q(due__lte=now),
        "waiting-on-them": Q(state__in=_THEIRS),
        "finished": Q(state__in=list(ENDED)),
    }
    return tabs.get(tab, ~Q(state=State.DRAFT))


def _filtered(search: Search) -> QuerySet[Case]:
    rows = Case.objects.exclude(state=State.DRAFT)
    if search.state in set(State):
        rows = rows.filter(state=search.state)
    if search.service:
        rows = rows.filter(answers__service=search.service)
    if search.reviewer == "none":
        rows = rows.filter(reviewer=None)
    elif search.reviewer.startswith("unit:"):
        rows = rows.filter(unit=search.reviewer.removeprefix("unit:"))
    elif search.reviewer.isdecimal() and len(search.reviewer) < 12:
        rows = rows.filter(reviewer_id=int(search.reviewer))
    return rows.filter(_matching(search.text)) if search.text.strip() else rows


def _matching(text: str) -> Q:
    """Every word in name, number or reference; or the beginning of a registered address; or a certificate's serial."""
    words, typed = Q(), text.strip()
    for word in store.fold(typed).split():
        words &= Q(words__contains=word)
    by_address = Network.objects.filter(network__startswith=typed).values("case_id")
    query = words | Q(words__contains=typed.replace(" ", "").casefold()) | Q(pk__in=by_address)
    serial = read_serial(typed)
    if isinstance(serial, str) and len(serial) >= _MIN_SERIAL:
        query |= Q(system_id__in=Certificate.objects.filter(serial=serial).values("system_id"))
    return query


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Somebody who may be given a case."""

    person_id: int
    name: str
    unit: str


def reviewers() -> tuple[Reviewer, ...]:
    """Return everybody of the operator who reviews, by name."""
    people = Person.objects.exclude(operator_roles=[]).order_by("name", "pk")
    return tuple(
        Reviewer(one.pk, one.name, one.unit) for one in people if OperatorRole.REVIEWER.value in one.operator_roles
    )


def units() -> tuple[str, ...]:
    """Return the operator's teams that have a reviewer."""
    return tuple(sorted({one.unit for one in reviewers() if one.unit}))
