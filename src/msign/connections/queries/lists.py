"""The operator's lists: organisations, systems, certificates, contracts, invoices. Searched and cut in the database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery

from msign.connections.actors import Actor, refuse, require
from msign.connections.certificates import read_serial
from msign.connections.fees import Kind
from msign.connections.models import Case, Certificate, Document, Grant, InformationSystem, Invoice, Organisation
from msign.connections.ports import Desk
from msign.connections.queries.cases import invoice_view
from msign.connections.queries.certificates import certificate_view
from msign.connections.queries.paging import Page, every, paged
from msign.connections.roles import Right
from msign.connections.services import gather
from msign.connections.values import CertificateView
from msign.connections.words import say
from msign.kernel.errors import Code
from msign.kernel.words import Environment


@dataclass(frozen=True, slots=True)
class OrganisationRow:
    """An organisation in a list."""

    id: int
    number: str
    name: str
    kind: Kind
    systems: int
    members: int
    contract: str


@dataclass(frozen=True, slots=True)
class SystemRow:
    """An information system in a list; ``reference`` names its newest case."""

    name: str
    organisation: str
    organisation_number: str
    rrsi: str
    services: tuple[str, ...]
    live: bool
    reference: str


@dataclass(frozen=True, slots=True)
class CertificateRow:
    """A registered certificate in a list."""

    organisation: str
    system: str
    certificate: CertificateView
    reference: str


@dataclass(frozen=True, slots=True)
class ContractRow:
    """A contract or annex in a list."""

    id: int
    number: str
    kind: str
    organisation: str
    organisation_id: int
    reference: str
    state: str
    since: dt.datetime | None
    ends: dt.date | None


@dataclass(frozen=True, slots=True)
class _List:
    right: Right
    rows: Callable[[Desk, str, str], QuerySet[Any]]
    view: Callable[[Desk, Any], Any]


def listed(desk: Desk, actor: Actor, name: str, *, text: str = "", only: str = "", page: int = 1) -> Page[Any]:
    """Return one page of a list, narrowed to ``only`` where the list has such a choice. Raises ``Refusal``."""
    found = _list(actor, name)
    return paged(found.rows(desk, text.strip(), only), lambda row: found.view(desk, row), page)


def exported(desk: Desk, actor: Actor, name: str, *, text: str = "", only: str = "") -> Iterator[Any]:
    """Yield every row of a list for an export. Raises ``Refusal``."""
    require(actor, Right.EXPORT)
    found = _list(actor, name)
    return every(found.rows(desk, text.strip(), only), lambda row: found.view(desk, row))


def _list(actor: Actor, name: str) -> _List:
    found = _LISTS.get(name)
    if found is None:
        raise refuse(say("There is no such list."), Code.REQUEST_NOT_FOUND)
    require(actor, found.right)
    return found


def _named(text: str, prefix: str = "") -> Q:
    """An organisation by part of its name or by its number."""
    number = text.replace(" ", "")
    return Q(**{f"{prefix}name__icontains": text}) | Q(**{f"{prefix}number": number}) if text else Q()


def _organisations(_desk: Desk, text: str, _only: str) -> QuerySet[Any]:
    contract = Document.objects.filter(kind="contract", state="in-force", organisation=OuterRef("pk"))
    return (
        Organisation.objects.filter(_named(text))
        .annotate(
            systems=Count("informationsystem", distinct=True),
            members=Count("membership", distinct=True),
            contract=Subquery(contract.values("number")[:1]),
        )
        .order_by("name", "pk")
    )


def _organisation(_desk: Desk, row: Any) -> OrganisationRow:
    return OrganisationRow(row.pk, row.number, row.name, Kind(row.kind), row.systems, row.members, row.contract or "")


def _newest_case(key: str) -> Subquery:
    return Subquery(Case.objects.filter(system=OuterRef(key)).order_by("-changed").values("reference")[:1])


def _systems(_desk: Desk, text: str, _only: str) -> QuerySet[Any]:
    live = Grant.objects.filter(case__system=OuterRef("pk"), environment=Environment.PRODUCTION.value, ended=None)
    query = Q(name__icontains=text) | Q(rrsi__iexact=text) | _named(text, "organisation__") if text else Q()
    rows = InformationSystem.objects.filter(query).select_related("organisation")
    return rows.annotate(live=Exists(live), reference=_newest_case("pk")).order_by("name", "pk")


def _system(_desk: Desk, row: Any) -> SystemRow:
    owner = row.organisation
    return SystemRow(row.name, owner.name, owner.number, row.rrsi, tuple(row.services), row.live, row.reference or "")


def _certificates(_desk: Desk, text: str, _only: str) -> QuerySet[Any]:
    query = Q(system__name__icontains=text) | _named(text, "system__organisation__") if text else Q()
    serial = read_serial(text) if text else ""
    if isinstance(serial, str) and serial:
        query |= Q(serial=serial)
    rows = Certificate.objects.filter(query, removed=None).select_related("system__organisation")
    return rows.annotate(reference=_newest_case("system_id")).order_by("not_after", "pk")


def _certificate(desk: Desk, row: Any) -> CertificateRow:
    return CertificateRow(
        row.system.organisation.name, row.system.name, certificate_view(desk, row), row.reference or ""
    )


def _contracts(_desk: Desk, text: str, only: str) -> QuerySet[Any]:
    query = Q(number__icontains=text) | _named(text, "organisation__") if text else Q()
    rows = Document.objects.filter(query).defer("issued", "signed").select_related("organisation", "case")
    if only:
        rows = rows.filter(state=only)
    return rows.order_by("-pk")


def _contract(_desk: Desk, row: Any) -> ContractRow:
    return ContractRow(
        id=row.pk,
        number=row.number,
        kind=row.kind,
        organisation=row.organisation.name,
        organisation_id=row.organisation_id,
        reference=row.case.reference,
        state=row.state,
        since=row.in_force_since,
        ends=row.ends,
    )


def _invoices(desk: Desk, text: str, only: str) -> QuerySet[Any]:
    query = Q(number__icontains=text) | Q(case__reference__iexact=text) | _named(text, "case__organisation__")
    rows = Invoice.objects.filter(query if text else Q()).defer("pdf").select_related("case__organisation")
    unpaid = Q(paid=None, cancelled=False)
    narrow = {
        "open": unpaid,
        "overdue": unpaid & Q(due__lt=gather.today(desk)),
        "paid": ~Q(paid=None),
        "cancelled": Q(cancelled=True),
    }
    return rows.filter(narrow.get(only, Q())).order_by(F("paid").desc(nulls_first=True), "cancelled", "due", "pk")


_LISTS: dict[str, _List] = {
    "organisations": _List(Right.SEE_QUEUE, _organisations, _organisation),
    "systems": _List(Right.SEE_QUEUE, _systems, _system),
    "certificates": _List(Right.SEE_QUEUE, _certificates, _certificate),
    "contracts": _List(Right.SEE_QUEUE, _contracts, _contract),
    "invoices": _List(Right.SEE_INVOICES, _invoices, invoice_view),
}
