"""Invoices: issued when both sides have signed, reminded, marked as paid, renewed each year; unpaid ones suspend."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from msign.audit import connection_events
from msign.connections import fees, letters
from msign.connections.actors import SYSTEM, Actor, refuse, require
from msign.connections.documents import templates
from msign.connections.documents.pdfa import render
from msign.connections.fees import Kind, Standing
from msign.connections.models import Case, Invoice
from msign.connections.ports import Desk
from msign.connections.roles import Right
from msign.connections.services import gather, numbering, store
from msign.connections.words import say


def issue_first(desk: Desk, case: Case) -> None:
    """Issue the first year's invoice where the service has a price and none stands yet."""
    if gather.fee_owed(desk, case) and not Invoice.objects.filter(case=case, cancelled=False).exists():
        issue(desk, case, gather.today(desk))


def issue(desk: Desk, case: Case, start: dt.date) -> Invoice:
    """Write an invoice for the year from ``start`` and tell those who pay."""
    bani, day = gather.yearly_fee(desk, case), gather.today(desk)
    period = (start, fees.year_after(start))
    due = fees.due_day(day, desk.policy.fees)
    number = numbering.invoice(day)
    paper = desk.policy.texts.write(
        "invoice",
        party(case),
        desk.policy.operator,
        subject(case, number, day, bani=bani),
        templates.Bill(due, period),
    )
    invoice = Invoice.objects.create(
        case=case,
        number=number,
        bani=bani,
        period_from=period[0],
        period_to=period[1],
        issued=day,
        due=due,
        pdf=render(paper, author=desk.policy.operator.name, made=desk.clock.now()),
    )
    letters.tell(desk, case, "invoice")
    return invoice


def party(case: Case) -> templates.Party:
    """Return the beneficiary as papers name it."""
    answers = case.answers
    return templates.Party(
        name=case.organisation.name,
        number=case.organisation.number,
        kind=Kind(case.organisation.kind),
        address=answers.get("address", ""),
        represented_by=answers.get("representative_name", ""),
        position=answers.get("representative_position", ""),
        basis=answers.get("representative_basis", ""),
    )


def subject(case: Case, number: str, day: dt.date, *, bani: int, contract: str = "") -> templates.Subject:
    """Return what a paper of this case is about."""
    return templates.Subject(
        number=number,
        day=day,
        contract_number=contract,
        system_name=case.answers.get("system_name", ""),
        rrsi=case.answers.get("rrsi", ""),
        service="MSign",
        purpose=case.answers.get("legal_basis", ""),
        bani_a_year=bani,
    )


def mark_paid(desk: Desk, actor: Actor, invoice_id: int, day: dt.date) -> str:
    """Mark an invoice as paid on a day, lift the suspension it caused, and return the case's reference."""
    require(actor, Right.MARK_PAID)
    if day > gather.today(desk):
        raise refuse(say("The day of payment cannot be in the future."))
    with transaction.atomic():
        invoice = Invoice.objects.select_related("case").filter(pk=invoice_id).first()
        if invoice is None:
            raise refuse(say("There is no such invoice."))
        case = store.load(actor, invoice.case.reference)
        if Invoice.objects.filter(pk=invoice.pk, paid=None, cancelled=False).update(paid=day) != 1:
            raise refuse(say("The invoice is paid or cancelled already."))
        letters.tell(desk, case, "invoice-paid")
        connection_events.document(
            at=desk.clock.now(),
            actor=actor.label,
            connection_id=case.reference,
            kind="invoice",
            action="paid",
            sha256=invoice.number,
        )
    return case.reference


def unpaid_beyond_grace(desk: Desk, case: Case) -> bool:
    """Tell whether an invoice of the case must suspend its access today."""
    rows = Invoice.objects.filter(case=case)
    return any(
        fees.standing(gather.dues(row), gather.today(desk), desk.policy.fees) is Standing.SUSPENDS for row in rows
    )


def remind(desk: Desk) -> int:
    """Write today's reminders; return how many. Run once a day."""
    written = 0
    for row in Invoice.objects.filter(paid=None, cancelled=False).select_related("case"):
        if fees.reminder_today(gather.dues(row), gather.today(desk), desk.policy.fees):
            letters.tell(desk, store.load(SYSTEM, row.case.reference), "invoice-overdue")
            written += 1
    return written


def renew(desk: Desk) -> int:
    """Issue next year's invoices of live connections whose period ends soon; return how many. Run once a day."""
    written = 0
    for case in Case.objects.select_related("organisation", "system"):
        newest = Invoice.objects.filter(case=case, cancelled=False).order_by("-period_to").first()
        if newest is None or not gather.is_live(case):
            continue
        if gather.today(desk) >= fees.renewal_day(newest.period_to, desk.policy.fees):
            with transaction.atomic():
                issue(desk, case, newest.period_to + dt.timedelta(days=1))
            written += 1
    return written
