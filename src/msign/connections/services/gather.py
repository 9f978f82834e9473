"""Facts for the guards and the checklist, from rows, registers and policy. The one place that computes them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from msign.connections import fees
from msign.connections.catalogue import service_named
from msign.connections.checklist import CaseFacts, Item, Status, prerequisites
from msign.connections.conformance import standing
from msign.connections.fees import Before, Dues, Kind
from msign.connections.form import gaps
from msign.connections.models import Case, Certificate, Comment, Document, Grant, Invoice, Network
from msign.connections.ports import Desk
from msign.connections.questions import asked_pages
from msign.connections.registers import RegisterUnavailableError
from msign.connections.states import Facts, Side, State
from msign.connections.words import Sentence, say
from msign.kernel.clock import CHISINAU
from msign.kernel.words import Environment

_NOT_CONFIRMED = (State.DRAFT, State.SUBMITTED, State.IN_REVIEW, State.NEEDS_INFO, State.REJECTED)
_OVER = (State.REJECTED, State.WITHDRAWN, State.TERMINATED, State.FORWARDED)


def facts(desk: Desk, case: Case, reason: str = "") -> Facts:
    """Return what the guards look at."""
    return Facts(
        reason=reason,
        live=is_live(case),
        served=is_served(case),
        operator_confirms=desk.policy.operator_confirmation,
        annex_in_force=annex_in_force(case),
        form_gaps=form_gaps(desk, case),
        open_questions=open_questions(case),
        signature_gaps=signature_gaps(case),
        test_gaps=technical_gaps(desk, case, Environment.TEST),
        test_fee_gaps=_fee_gaps(desk, case, Before.TEST),
        conformance_gaps=conformance_gaps(desk, case),
        production_gaps=technical_gaps(desk, case, Environment.PRODUCTION),
        fee_gaps=_fee_gaps(desk, case, Before.PRODUCTION),
    )


def _fee_gaps(desk: Desk, case: Case, stage: Before) -> tuple[Sentence, ...]:
    return fees.payment_gaps(_dues(case), owed=fee_owed(desk, case), stage=stage, policy=desk.policy.fees)


def is_live(case: Case) -> bool:
    """Tell whether something is granted in production."""
    return Grant.objects.filter(case=case, environment=Environment.PRODUCTION, ended=None).exists()


def is_served(case: Case) -> bool:
    """Tell whether the desk carries the service of a case to its end; an unnamed one counts as served."""
    service = service_named(case.answers.get("service", ""))
    return service is None or service.served


def service_name(case: Case) -> str:
    """Return the name of the service that a case asks for."""
    service = service_named(case.answers.get("service", ""))
    return service.name if service else ""


def annex_in_force(case: Case) -> bool:
    """Tell whether the annex for this system and service is signed by both sides."""
    if case.system_id is None:
        return False
    rows = Document.objects.filter(kind="annex", state="in-force", case__system_id=case.system_id)
    return rows.filter(service=case.answers.get("service", "")).exists()


def contract_in_force(organisation_id: int) -> Document | None:
    """Return the organisation's contract, where both sides have signed it."""
    return Document.objects.filter(kind="contract", state="in-force", organisation_id=organisation_id).first()


def form_gaps(desk: Desk, case: Case) -> tuple[Sentence, ...]:
    """Return what is missing or wrong in the form, and what forbids sending it."""
    answers = {**case.answers, "kind": case.organisation.kind}
    found = [p for page in asked_pages(answers) for p in gaps(page, answers, desk.policy.id_check).values()]
    if is_served(case) and not case.users_ready:
        found.append(say("Confirm that the users have an electronic signature."))
    found += [item.why for item in checklist(desk, case) if item.code == "rrsi" and item.status is Status.PROBLEM]
    return (*found, *_twin(case))


def _twin(case: Case) -> tuple[Sentence, ...]:
    """Two connections of one system to one service would write over each other's access: the second is refused."""
    rows = Case.objects.filter(organisation_id=case.organisation_id).exclude(pk=case.pk).exclude(state__in=_OVER)
    for other in rows:
        if _same_connection(case, other):
            return (_twin_words(other),)
    return ()


def _same_connection(case: Case, other: Case) -> bool:
    name, theirs = (one.answers.get("system_name", "").casefold() for one in (case, other))
    same_system = (bool(name) and name == theirs) or (case.system_id is not None and case.system_id == other.system_id)
    return same_system and case.answers.get("service") == other.answers.get("service")


def _twin_words(other: Case) -> Sentence:
    if is_live(other):
        return say(
            "This system is connected to this service already (%(other)s). To change its data, open that connection.",
            other=other.reference,
        )
    return say("The request %(other)s for the same system and service is still open.", other=other.reference)


def open_questions(case: Case) -> tuple[Sentence, ...]:
    """Return the operator's questions that have neither an answer nor a changed field."""
    waiting = unanswered(case)
    if not waiting:
        return ()
    return (
        say(
            "Answer the operator's questions, or change the fields they are about (open: %(count)s).",
            count=len(waiting),
        ),
    )


def unanswered(case: Case) -> list[Comment]:
    """Return the questions that still wait."""
    comments = list(Comment.objects.filter(case=case).order_by("created", "pk"))
    replies = [(one.field, one.pk) for one in comments if one.side == Side.BENEFICIARY]
    return [
        one
        for one in comments
        if one.asks
        and one.resolved is None
        and not any(field == one.field and number > one.pk for field, number in replies)
        and (not one.field or str(case.answers.get(one.field, "")) == one.value_when_asked)
    ]


def signature_gaps(case: Case) -> tuple[Sentence, ...]:
    """Return which papers still wait for a signature."""
    found = [
        say("The document %(number)s is not signed by both sides yet.", number=document.number)
        for document in Document.objects.filter(case=case).exclude(state__in=("in-force", "ended"))
    ]
    if contract_in_force(case.organisation_id) is None:
        found.append(say("The organisation has no contract in force."))
    return tuple(found)


def technical_gaps(desk: Desk, case: Case, environment: Environment) -> tuple[Sentence, ...]:
    """Return what is missing of certificate and addresses for an environment."""
    found = []
    if not certificates(case, environment):
        found.append(say("No certificate is registered for this environment."))
    elif not usable_certificates(desk, case, environment):
        found.append(say("The registered certificate is expired or revoked."))
    if not Network.objects.filter(case=case, environment=environment).exists():
        found.append(say("No address is entered for this environment."))
    return tuple(found)


def certificates(case: Case, environment: Environment) -> list[Certificate]:
    """Return the certificates of the case's system for an environment, newest first."""
    if case.system_id is None:
        return []
    rows = Certificate.objects.filter(system_id=case.system_id, environment=environment, removed=None)
    return list(rows.select_related("system").order_by("-not_after", "-pk"))


def usable_certificates(desk: Desk, case: Case, environment: Environment) -> list[Certificate]:
    """Return the certificates that may be let in: neither expired nor known to be revoked."""
    now = desk.clock.now()
    return [row for row in certificates(case, environment) if row.not_after > now and row.revoked is None]


def conformance_gaps(desk: Desk, case: Case) -> tuple[Sentence, ...]:
    """Return which required test cases keep the connection from going live."""
    return standing.gaps(standing.standings(case.pk, desk.clock.now()), desk.policy.required_tests)


def fee_owed(desk: Desk, case: Case) -> bool:
    """Tell whether the beneficiary pays for this service."""
    return yearly_fee(desk, case) > 0


def yearly_fee(desk: Desk, case: Case) -> int:
    """Return the tariff of today in bani; nothing for services without a price."""
    tariff = fees.tariff_on(today(desk), case.answers.get("service", ""), Kind(case.organisation.kind))
    return tariff.bani if tariff else 0


def today(desk: Desk) -> dt.date:
    """Return the day it is in Chișinău."""
    return desk.clock.now().astimezone(CHISINAU).date()


def _dues(case: Case) -> Iterable[Dues]:
    return [dues(row) for row in Invoice.objects.filter(case=case)]


def dues(row: Invoice) -> Dues:
    """Return the dates of an invoice."""
    return Dues(row.issued, row.due, row.paid, row.cancelled)


def checklist(desk: Desk, case: Case) -> tuple[Item, ...]:
    """Return the six prerequisites of a case."""
    return prerequisites(_case_facts(desk, case))


def _case_facts(desk: Desk, case: Case) -> CaseFacts:
    known, owned = _rrsi(desk, case)
    now = desk.clock.now()
    registered = [row for env in Environment for row in certificates(case, env)]
    invoices = [fees.standing(one, today(desk), desk.policy.fees) for one in _dues(case) if not one.cancelled]
    documents = list(Document.objects.filter(case=case).values_list("state", flat=True))
    return CaseFacts(
        kind=Kind(case.organisation.kind),
        recorded_service="" if is_served(case) else service_name(case),
        system_named=bool(case.answers.get("system_name") and case.answers.get("system_description")),
        rrsi_number=case.answers.get("rrsi", ""),
        rrsi_known=known,
        rrsi_owner_matches=owned,
        confirmed=State(case.state) not in _NOT_CONFIRMED,
        annex_in_force=annex_in_force(case) and contract_in_force(case.organisation_id) is not None,
        documents_issued=bool(documents),
        fee_owed=fee_owed(desk, case),
        invoice_issued=bool(invoices),
        invoice_paid=bool(invoices) and all(one is fees.Standing.PAID for one in invoices),
        invoice_overdue=any(one in (fees.Standing.OVERDUE, fees.Standing.SUSPENDS) for one in invoices),
        certificate_registered=any(row.not_after > now and row.revoked is None for row in registered),
        certificate_problem=bool(registered) and all(row.not_after <= now or row.revoked for row in registered),
        users_have_signatures=case.users_ready,
    )


def _rrsi(desk: Desk, case: Case) -> tuple[bool | None, bool | None]:
    number = case.answers.get("rrsi", "")
    if not number or case.organisation.kind != Kind.PUBLIC:
        return None, None
    try:
        found = desk.systems.find(number)
    except RegisterUnavailableError:
        return None, None
    return (False, None) if found is None else (True, found.owner == case.organisation.number)
