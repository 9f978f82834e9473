"""Organisations, teams, and the operator's lists."""

from __future__ import annotations

from msign.connections.actors import Actor, refuse, require
from msign.connections.fees import Kind
from msign.connections.models import InformationSystem, Invoice, Membership, Organisation
from msign.connections.roles import Right, TeamRole
from msign.connections.services import gather, papers, store
from msign.connections.values import Membership as MembershipView
from msign.connections.values import OrganisationView
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
