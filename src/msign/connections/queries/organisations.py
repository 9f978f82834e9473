"""Organisations, teams, and the operator's lists."""

from __future__ import annotations

import datetime as dt

from msign.connections.actors import Actor, refuse, require
from msign.connections.fees import Kind
from msign.connections.models import Certificate, Document, InformationSystem, Invoice, Membership, Organisation
from msign.connections.ports import Desk
from msign.connections.queries.cases import invoice_view
from msign.connections.queries.certificates import certificate_view
from msign.connections.roles import Right, TeamRole
from msign.connections.services import gather, papers, store
from msign.connections.values import CertificateView, InvoiceView, OrganisationView
from msign.connections.values import Membership as MembershipView
from msign.connections.words import say
from msign.kernel.errors import Code


def organisations_of(actor: Actor) -> list[OrganisationView]:
    """Return the organisations that a person may act for."""
    return [_organisation(row) for row in Organisation.objects.filter(pk__in=actor.team).order_by("name")]


def organisation(actor: Actor, organisation_id: int) -> OrganisationView:
    """Return one organisation with its team, for its members."""
    row = Organisation.objects.filter(pk=organisation_id).first()
    if row is None or not (organisation_id in actor.team or actor.is_operator):
        raise refuse(say("There is no such organisation."), Code.REQUEST_NOT_FOUND)
    return _organisation(row)


def all_organisations(actor: Actor) -> list[OrganisationView]:
    """Return every organisation, for the operator."""
    require(actor, Right.SEE_QUEUE)
    return [_organisation(row) for row in Organisation.objects.order_by("name")]


def _organisation(row: Organisation) -> OrganisationView:
    members = Membership.objects.filter(organisation=row).select_related("person").order_by("person__name")
    contract = gather.contract_in_force(row.pk)
    return OrganisationView(
        id=row.pk,
        number=row.number,
        name=row.name,
        kind=Kind(row.kind),
        members=tuple(
            MembershipView(one.person_id, one.person.name, one.person.email, tuple(map(TeamRole, one.roles)))
            for one in members
        ),
        systems=tuple(InformationSystem.objects.filter(organisation=row).values_list("pk", "name")),
        contract=contract.number if contract else "",
    )


def invoices(desk: Desk, actor: Actor) -> list[InvoiceView]:
    """Return every invoice, unpaid ones first, for finance."""
    require(actor, Right.SEE_INVOICES)
    rows = Invoice.objects.select_related("case__organisation").order_by("due")
    return sorted((invoice_view(desk, row) for row in rows), key=lambda one: (one.paid is not None, one.due))


def certificates(desk: Desk, actor: Actor) -> list[tuple[str, str, CertificateView]]:
    """Return every registered certificate with organisation and system, by expiry: the calendar of the fleet."""
    require(actor, Right.SEE_QUEUE)
    rows = Certificate.objects.filter(removed=None).select_related("system__organisation").order_by("not_after")
    return [(row.system.organisation.name, row.system.name, certificate_view(desk, row)) for row in rows]


def contracts(actor: Actor) -> list[tuple[str, str, str, str, str, dt.datetime | None]]:
    """Return every paper: number, kind, organisation, case, state, since when in force."""
    require(actor, Right.SEE_QUEUE)
    rows = Document.objects.select_related("organisation", "case").order_by("-pk")
    return [
        (row.number, row.kind, row.organisation.name, row.case.reference, row.state, row.in_force_since) for row in rows
    ]


def paper(actor: Actor, reference: str, number: int) -> tuple[str, bytes]:
    """Return file name and bytes of the newest copy of a paper."""
    row = papers.document_of(actor, reference, number)
    return f"{row.number}.pdf", papers.newest_copy(row)


def invoice_pdf(actor: Actor, reference: str, number: int) -> tuple[str, bytes]:
    """Return file name and bytes of an invoice."""
    case = store.load(actor, reference)
    require(actor, Right.SEE_INVOICES, case.organisation_id)
    row = Invoice.objects.filter(case=case, pk=number).first()
    if row is None:
        raise refuse(say("There is no such invoice."), Code.REQUEST_NOT_FOUND)
    return f"{row.number}.pdf", bytes(row.pdf)
