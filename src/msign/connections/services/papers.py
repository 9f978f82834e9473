"""Contract and annex: written from templates, kept with their signed copies."""

from __future__ import annotations

import hashlib

from msign.audit import connection_events
from msign.connections.actors import Actor, refuse
from msign.connections.documents.pdfa import render
from msign.connections.documents.templates import Subject
from msign.connections.models import Case, Document
from msign.connections.ports import Desk
from msign.connections.services import billing, gather, numbering, store
from msign.connections.states import Side
from msign.connections.words import say
from msign.kernel.errors import Code


def issue(desk: Desk, actor: Actor, case: Case) -> None:
    """Write the annex, and the contract where the organisation has none. Part of the caller's transaction."""
    day, bani = gather.today(desk), gather.yearly_fee(desk, case)
    contract = gather.contract_in_force(case.organisation_id)
    number = contract.number if contract else numbering.contract(day)
    if contract is None:
        about = billing.subject(desk, case, number, day, bani=bani, contract=number)
        _write(desk, actor, case, "contract", number, about)
    annex_number = numbering.annex(day)
    about = billing.subject(desk, case, annex_number, day, bani=bani, contract=number)
    _write(desk, actor, case, "annex", annex_number, about)


def _write(desk: Desk, actor: Actor, case: Case, kind: str, number: str, about: Subject) -> None:
    texts, operator = desk.policy.texts, desk.policy.operator
    paper = texts.write(kind, billing.party(case), operator, about)
    pdf = render(paper, author=operator.name, made=desk.clock.now())
    Document.objects.filter(case=case, kind=kind).exclude(state__in=("in-force", "ended")).update(state="ended")
    Document.objects.create(
        kind=kind,
        number=number,
        organisation=case.organisation,
        case=case,
        service=case.answers["service"] if kind == "annex" else "",
        template=texts.version(kind),
        state="issued",
        issued=pdf,
        signer_name=case.answers.get("representative_name", ""),
        signer_number=case.answers.get("representative_idnp", ""),
        created=desk.clock.now(),
    )
    audit(desk, actor, case, kind, "issued", pdf)


def document_of(actor: Actor, reference: str, number: int) -> Document:
    """Return a paper of a case that the actor may see."""
    case = store.load(actor, reference)
    document = Document.objects.filter(case=case, pk=number).first()
    if document is None:
        raise refuse(say("There is no such document."), Code.REQUEST_NOT_FOUND)
    return document


def newest_copy(document: Document) -> bytes:
    """Return the bytes that are signed next: the newest accepted copy, or the paper as issued."""
    return bytes(document.signed) if document.signed is not None else bytes(document.issued)


def waits_for(document: Document) -> Side | None:
    """Return whose signature is missing: first the beneficiary's, then the operator's."""
    return {"issued": Side.BENEFICIARY, "half-signed": Side.OPERATOR}.get(document.state)


def audit(desk: Desk, actor: Actor, case: Case, kind: str, action: str, data: bytes) -> None:
    """Write a document event into the audit trail."""
    connection_events.document(
        at=desk.clock.now(),
        actor=actor.label,
        connection_id=case.reference,
        kind=kind,
        action=action,
        sha256=hashlib.sha256(data).hexdigest(),
    )
