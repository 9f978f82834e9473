"""The six prerequisites of the seed, computed from the case. Pages show it; submitting and activating ask it too."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from msign.connections.fees import Kind
from msign.connections.words import Sentence, say


class Status(enum.StrEnum):
    """How a task or a prerequisite stands."""

    COMPLETED = "completed"
    IN_PROGRESS = "in-progress"
    NOT_STARTED = "not-started"
    CANNOT_START = "cannot-start"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What the checklist looks at."""

    kind: Kind
    recorded_service: str = ""  # name of a service that the desk records and forwards; "" where it connects itself
    system_named: bool = False
    rrsi_number: str = ""
    rrsi_known: bool | None = None  # None: the register was not asked or did not answer
    rrsi_owner_matches: bool | None = None
    confirmed: bool = False
    annex_in_force: bool = False
    documents_issued: bool = False
    fee_owed: bool = False
    invoice_issued: bool = False
    invoice_paid: bool = False
    invoice_overdue: bool = False
    certificate_registered: bool = False
    certificate_problem: bool = False
    users_have_signatures: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One prerequisite: its name, its status, and what stands behind the status."""

    code: str
    title: Sentence
    status: Status
    why: Sentence


def prerequisites(facts: CaseFacts) -> tuple[Item, ...]:
    """Return the six, in the order of the seed; what does not apply counts as completed and says so.

    Of a service that is only recorded, the rest is settled with its own team.
    """
    if facts.recorded_service:
        return (_system(facts), _rrsi(facts), _elsewhere(facts))
    return (_system(facts), _rrsi(facts), _contract(facts), _fee(facts), _certificate(facts), _users(facts))


def _system(facts: CaseFacts) -> Item:
    title = say("You own an information system meant for %(service)s", service=facts.recorded_service or "MSign")
    if facts.system_named:
        return Item("system", title, Status.COMPLETED, say("The system is described in the form."))
    return Item("system", title, Status.NOT_STARTED, say("Describe the information system in the form."))


def _rrsi(facts: CaseFacts) -> Item:
    title = say("The system is in the register of information resources and systems (RRSI)")
    if facts.kind is not Kind.PUBLIC:
        return Item("rrsi", title, Status.COMPLETED, say("Asked of public institutions only."))
    if not facts.rrsi_number:
        return Item("rrsi", title, Status.NOT_STARTED, say("Enter the number of the system in the RRSI."))
    if facts.rrsi_known is False:
        return Item("rrsi", title, Status.PROBLEM, say("The register does not know this number. Check it in the RRSI."))
    if facts.rrsi_owner_matches is False:
        return Item("rrsi", title, Status.PROBLEM, say("The register names another owner for this number."))
    if facts.rrsi_known is None:
        return Item("rrsi", title, Status.IN_PROGRESS, say("The register did not answer; the operator checks by hand."))
    return Item("rrsi", title, Status.COMPLETED, say("The register names your organisation as the owner."))


def _elsewhere(facts: CaseFacts) -> Item:
    title = say(
        "Contract, fee and certificate are settled with the team of %(service)s", service=facts.recorded_service
    )
    return Item("elsewhere", title, Status.CANNOT_START, say("The team writes to you once the request is forwarded."))


def _contract(facts: CaseFacts) -> Item:
    title = say("The contract and the annex are signed")
    if facts.annex_in_force:
        return Item("contract", title, Status.COMPLETED, say("Both sides have signed."))
    if facts.documents_issued:
        return Item("contract", title, Status.IN_PROGRESS, say("The documents wait for signatures."))
    if facts.confirmed:
        return Item("contract", title, Status.NOT_STARTED, say("The operator prepares the documents."))
    return Item(
        "contract", title, Status.CANNOT_START, say("The documents are prepared once the request is confirmed.")
    )


def _fee(facts: CaseFacts) -> Item:
    title = say("The yearly fee is paid")
    if not facts.fee_owed:
        return Item("fee", title, Status.COMPLETED, say("The service is free for public institutions."))
    if facts.invoice_overdue:
        return Item("fee", title, Status.PROBLEM, say("The invoice is overdue."))
    if facts.invoice_paid:
        return Item("fee", title, Status.COMPLETED, say("The invoice is paid."))
    if facts.invoice_issued:
        return Item("fee", title, Status.IN_PROGRESS, say("The invoice waits for payment."))
    return Item("fee", title, Status.CANNOT_START, say("The invoice is issued once both sides have signed."))


def _certificate(facts: CaseFacts) -> Item:
    title = say("The system has a certificate from STISC")
    if facts.certificate_problem:
        return Item("certificate", title, Status.PROBLEM, say("The registered certificate is expired or revoked."))
    if facts.certificate_registered:
        return Item("certificate", title, Status.COMPLETED, say("A valid certificate is registered."))
    if facts.confirmed:
        return Item(
            "certificate", title, Status.NOT_STARTED, say("Send the .cer file, or the serial number of one in use.")
        )
    return Item("certificate", title, Status.CANNOT_START, say("You can send it once the request is confirmed."))


def _users(facts: CaseFacts) -> Item:
    title = say("The users have an electronic signature")
    if facts.users_have_signatures:
        return Item("users", title, Status.COMPLETED, say("You confirmed it when sending the request."))
    return Item("users", title, Status.NOT_STARTED, say("You confirm it when sending the request."))
