"""The operator's lists: one page for all of them, a table of columns for each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy

from msign.connections.fees import in_lei
from msign.connections.queries.lists import exported, listed
from msign.connections.questions import KINDS
from msign.connections.roles import Right
from msign.faces.desk import words
from msign.faces.desk.base import DeskPage
from msign.faces.desk.tables import csv_file
from msign.faces.desk.views.listing import page_number, pager
from msign.frame.components import Tab
from msign.frame.templatetags.frame import short_day

_KINDS = {value: gettext_lazy(name) for value, name in KINDS}
Words = str | Promise


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name in exports, its heading, what it says in each of them."""

    key: str
    label: Words
    plain: Callable[[Any], object]
    shown: Callable[[Any], object] | None = None
    mono: bool = False

    def cell(self, row: Any) -> object:
        """Return what the page shows."""
        return (self.shown or self.plain)(row)


@dataclass(frozen=True, slots=True)
class Listed:
    """A list: its name, what its search box looks for, its columns, and where a row leads."""

    title: Words
    searched: Words
    columns: tuple[Column, ...]
    link: Callable[[Any], str]


def _review(row: Any) -> str:
    return reverse("desk-review", args=[row.reference]) if row.reference else ""


def _yes(value: bool) -> Words:
    return gettext_lazy("Yes") if value else "–"


_ORGANISATION = gettext_lazy("Organisation")
_NUMBER, _STATE, _CASE = gettext_lazy("Number"), gettext_lazy("State"), gettext_lazy("Request")
LISTS: dict[str, Listed] = {
    "organisations": Listed(
        gettext_lazy("Organisations"),
        gettext_lazy("Name or IDNO"),
        (
            Column("organisation", _ORGANISATION, lambda row: row.name),
            Column("IDNO", _NUMBER, lambda row: row.number),
            Column("kind", gettext_lazy("Kind"), lambda row: row.kind, lambda row: _KINDS[row.kind]),
            Column("contract", gettext_lazy("Contract"), lambda row: row.contract),
            Column("systems", gettext_lazy("Systems"), lambda row: row.systems),
            Column("team", gettext_lazy("People"), lambda row: row.members),
        ),
        lambda row: reverse("desk-organisation", args=[row.id]),
    ),
    "systems": Listed(
        gettext_lazy("Systems"),
        gettext_lazy("Name, RRSI number, organisation or IDNO"),
        (
            Column("system", gettext_lazy("System"), lambda row: row.name),
            Column("organisation", _ORGANISATION, lambda row: row.organisation),
            Column("IDNO", _NUMBER, lambda row: row.organisation_number),
            Column("RRSI", gettext_lazy("RRSI"), lambda row: row.rrsi),
            Column("services", gettext_lazy("Services"), lambda row: ", ".join(row.services)),
            Column(
                "production", gettext_lazy("In production"), lambda row: "yes" if row.live else "",
                lambda row: _yes(row.live),
            ),
        ),
        _review,
    ),
    "certificates": Listed(
        gettext_lazy("Certificates"),
        gettext_lazy("Serial number, system, organisation or IDNO"),
        (
            Column("serial", gettext_lazy("Serial number"), lambda row: row.certificate.serial, mono=True),
            Column(
                "not after", gettext_lazy("Valid until"), lambda row: row.certificate.not_after.date(),
                lambda row: short_day(row.certificate.not_after),
            ),
            Column("system", gettext_lazy("System"), lambda row: row.system),
            Column("organisation", _ORGANISATION, lambda row: row.organisation),
            Column(
                "environment", gettext_lazy("Environment"), lambda row: row.certificate.environment,
                lambda row: words.ENVIRONMENTS[row.certificate.environment],
            ),
            Column(
                "state", _STATE, lambda row: row.certificate.life, lambda row: words.LIFE[row.certificate.life]
            ),
        ),
        _review,
    ),
    "contracts": Listed(
        gettext_lazy("Contracts and annexes"),
        gettext_lazy("Number, organisation or IDNO"),
        (
            Column("number", _NUMBER, lambda row: row.number),
            Column("kind", gettext_lazy("Kind"), lambda row: row.kind, lambda row: words.PAPERS[row.kind]),
            Column("organisation", _ORGANISATION, lambda row: row.organisation),
            Column("case", _CASE, lambda row: row.reference),
            Column("state", _STATE, lambda row: row.state, lambda row: words.PAPER_STATES[row.state]),
            Column(
                "in force since", gettext_lazy("In force since"), lambda row: row.since.date() if row.since else "",
                lambda row: short_day(row.since),
            ),
            Column(
                "last day", gettext_lazy("Last day"), lambda row: row.ends or "", lambda row: short_day(row.ends)
            ),
        ),
        lambda row: reverse("desk-organisation", args=[row.organisation_id]),
    ),
    "invoices": Listed(
        gettext_lazy("Invoices"),
        gettext_lazy("Number, request, organisation or IDNO"),
        (
            Column("number", _NUMBER, lambda row: row.label),
            Column("organisation", _ORGANISATION, lambda row: row.organisation),
            Column("case", _CASE, lambda row: row.reference),
            Column("lei", gettext_lazy("Lei"), lambda row: in_lei(row.bani)),
            Column("issued", gettext_lazy("Issued"), lambda row: row.issued, lambda row: short_day(row.issued)),
            Column("due", gettext_lazy("Due"), lambda row: row.due, lambda row: short_day(row.due)),
            Column("paid", gettext_lazy("Paid on"), lambda row: row.paid or "", lambda row: short_day(row.paid)),
            Column("standing", _STATE, lambda row: row.standing, lambda row: words.STANDINGS[row.standing]),
        ),
        _review,
    ),
}  # fmt: skip


class Lists(DeskPage):
    """One list, by the page; the others are a tab away."""

    def get(self, request: HttpRequest, name: str = "organisations") -> HttpResponse:
        if name not in LISTS:
            raise Http404
        made, text, only = LISTS[name], request.GET.get("q", "")[:100], request.GET.get("only", "")[:20]
        if "csv" in request.GET:
            rows = exported(self.desk, self.actor, name, text=text, only=only)
            return csv_file(f"{name}.csv", [one.key for one in made.columns], _plain(made, rows))
        page = listed(self.desk, self.actor, name, text=text, only=only, page=page_number(request))
        query = {"q": text, "only": only}
        return self.page(
            "desk/list.html",
            {
                "made": made,
                "name": name,
                "rows": [(made.link(row), [(one, one.cell(row)) for one in made.columns]) for row in page.rows],
                "pager": pager(page, query),
                "text": text,
                "tabs": self._tabs(name),
                "export": "?" + urlencode({**query, "csv": "1"}),
                "may_export": self.actor.may(Right.EXPORT),
            },
        )

    def _tabs(self, current: str) -> list[Tab]:
        return [
            Tab(str(made.title), reverse("desk-list", args=[name]), name == current)
            for name, made in LISTS.items()
            if name != "invoices" or self.actor.may(Right.SEE_INVOICES)
        ]


def _plain(made: Listed, rows: Iterable[Any]) -> Iterable[list[object]]:
    return ([one.plain(row) for one in made.columns] for row in rows)
