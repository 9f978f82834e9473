"""Invoices: issued when both sides have signed, reminded, marked as paid, renewed each year; unpaid ones suspend."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import Max

from msign.audit import connection_events
from msign.connections import fees, letters
from msign.connections.actors import SYSTEM, Actor, refuse, require
from msign.connections.documents import templates
from msign.connections.documents.pdfa import render
from msign.connections.fees import Kind, Standing
from msign.connections.models import Case, Grant, Invoice
from msign.connections.ports import Desk
from msign.connections.roles import Right
from msign.connections.services import gather, history, numbering, store
from msign.connections.states import Side
from msign.connections.words import say
from msign.kernel.words import Environment


def issue_first(desk: Desk, case: Case) -> None:
    """Issue the first year's invoice where the service has a price and none stands yet."""
    if gather.fee_owed(desk, case) and not Invoice.objects.filter(case=case, cancelled=False).exists():
        issue(desk, case, gather.today(desk))


def issue(desk: Desk, case: Case, start: dt.date, kind: str = "invoice") -> Invoice:
    """Write an invoice for the year from ``start`` and tell those who pay."""
    bani, day = gather.yearly_fee(desk, case), gather.today(desk)
    period = (start, fees.year_after(start))
    due = fees.due_day(day, desk.policy.fees)
    number = numbering.invoice(day)
    paper = desk.policy.texts.write(
        "invoice",
        party(case),
        desk.policy.operator,
        subject(desk, case, number, day, bani=bani),
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
    letters.tell(desk, case, kind, **_facts(desk, invoice))
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


def subject(desk: Desk, case: Case, number: str, day: dt.date, *, bani: int, contract: str = "") -> templates.Subject:
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
        months=desk.policy.term.months,
    )


def mark_paid(desk: Desk, actor: Actor, invoice_id: int, day: dt.date) -> str:
    """Mark an invoice as paid on a day and return the case's reference; the worker lifts what it suspended."""
    require(actor, Right.MARK_PAID)
    if day > gather.today(desk):
        raise refuse(say("The day of payment cannot be in the future."))
    with transaction.atomic():
        invoice = _open_invoice(invoice_id)
        case = store.load(actor, invoice.case.reference)
        if Invoice.objects.filter(pk=invoice.pk, paid=None, cancelled=False).update(paid=day) != 1:
            raise refuse(say("The invoice is paid or cancelled already."))
        _record(desk, actor, case, invoice, "paid")
    return case.reference


def unpaid_beyond_grace(desk: Desk, case: Case) -> bool:
    """Tell whether an invoice of the case must suspend its access today."""
    rows = Invoice.objects.filter(case=case)
    return any(
        fees.standing(gather.dues(row), gather.today(desk), desk.policy.fees) is Standing.SUSPENDS for row in rows
    )


def remind(desk: Desk) -> int:
    """Write the reminders that are due; return how many. A day on which nothing ran is made good on the next one."""
    written, policy, today = 0, desk.policy.fees, gather.today(desk)
    soon = today + dt.timedelta(days=max(policy.reminder_days, default=0))
    for row in Invoice.objects.filter(paid=None, cancelled=False, due__lte=soon).select_related("case"):
        steps = fees.reminders_due(gather.dues(row), today, policy)
        if steps <= row.reminded:
            continue
        with transaction.atomic():
            if Invoice.objects.filter(pk=row.pk, reminded=row.reminded, paid=None).update(reminded=steps) != 1:
                continue
            kind = "invoice-overdue" if today > row.due else "invoice-due"
            letters.tell(desk, store.load(SYSTEM, row.case.reference), kind, **_facts(desk, row))
        written += 1
    return written


def _facts(desk: Desk, row: Invoice) -> dict[str, str]:
    grace = row.due + dt.timedelta(days=desk.policy.fees.grace_days)
    return {
        "number": row.number,
        "lei": fees.in_lei(row.bani),
        "due": f"{row.due:%d.%m.%Y}",
        "grace": f"{grace:%d.%m.%Y}",
    }


def renew(desk: Desk) -> int:
    """Issue next year's invoices of live connections whose period ends soon; return how many. Run once a day."""
    today = gather.today(desk)
    soon = today + dt.timedelta(days=desk.policy.fees.renewal_notice_days)
    live = Grant.objects.filter(environment=Environment.PRODUCTION.value, ended=None).values("case_id")
    newest = Invoice.objects.filter(cancelled=False, case_id__in=live).values("case__reference")
    ending = newest.annotate(last=Max("period_to")).filter(last__lte=soon)
    for reference, last in list(ending.values_list("case__reference", "last")):
        with transaction.atomic():
            issue(desk, store.load(SYSTEM, reference), last + dt.timedelta(days=1), kind="invoice-renewal")
    return len(ending)


def cancel(desk: Desk, actor: Actor, invoice_id: int, reason: str) -> str:
    """Cancel an unpaid invoice with a reason and return the case's reference. Raises ``Refusal``."""
    require(actor, Right.MARK_PAID)
    if not reason.strip():
        raise refuse(say("Give a reason; the other side reads it."))
    with transaction.atomic():
        invoice = _open_invoice(invoice_id)
        case = store.load(actor, invoice.case.reference)
        if Invoice.objects.filter(pk=invoice.pk, paid=None, cancelled=False).update(cancelled=True) != 1:
            raise refuse(say("The invoice is paid or cancelled already."))
        _record(desk, actor, case, invoice, "cancelled", reason)
    return case.reference


def _open_invoice(invoice_id: int) -> Invoice:
    invoice = Invoice.objects.select_related("case").filter(pk=invoice_id).first()
    if invoice is None:
        raise refuse(say("There is no such invoice."))
    return invoice


def _record(desk: Desk, actor: Actor, case: Case, invoice: Invoice, what: str, reason: str = "") -> None:
    history.record(desk, actor, case, f"invoice-{what}", Side.OPERATOR, reason=reason, data={"invoice": invoice.number})
    letters.tell(desk, case, f"invoice-{what}", reason, **_facts(desk, invoice))
    connection_events.document(
        at=desk.clock.now(),
        actor=actor.label,
        connection_id=case.reference,
        kind="invoice",
        action=what,
        sha256=invoice.number,
    )
