# ruff: noqa: E501  (whole sentences on one line each: they are message ids)
"""Who is told what after each step: a table, and letters in each recipient's language."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.utils import translation
from django.utils.translation import gettext

from msign.connections.catalogue import service_named
from msign.connections.models import Case, Membership, Person
from msign.connections.ports import Desk
from msign.connections.roles import OperatorRole, TeamRole
from msign.connections.words import mark
from msign.kernel.languages import DEFAULT_LANGUAGE, Language
from msign.notices.services import put
from msign.notices.values import Letter


class Audience(enum.StrEnum):
    """Groups of recipients."""

    APPLICANT = "applicant"
    SIGNATORY = "signatory"
    TECHNICAL = "technical"
    REVIEWERS = "reviewers"
    OPERATOR_SIGNATORY = "operator-signatory"
    FINANCE = "finance"


@dataclass(frozen=True, slots=True)
class Note:
    """What is written, and to whom."""

    kind: str
    to: tuple[Audience, ...]
    subject: str
    text: str


_A, _S, _T = Audience.APPLICANT, Audience.SIGNATORY, Audience.TECHNICAL
_R, _O, _F = Audience.REVIEWERS, Audience.OPERATOR_SIGNATORY, Audience.FINANCE
NOTES: tuple[Note, ...] = (
    Note("submit", (_A,), mark("%(reference)s: your request was received"),
         mark("We received your request to connect “%(system)s”. The operator looks at it next; no action is needed from you.")),
    Note("submit", (_R,), mark("%(reference)s: a new request"),
         mark("%(organisation)s asks to connect “%(system)s”. It waits in the queue.")),
    Note("ask", (_A,), mark("%(reference)s: the operator has questions"),
         mark("The operator needs something changed or explained before going on. Its clock stands until you answer.")),
    Note("answer", (_R,), mark("%(reference)s: the questions were answered"),
         mark("%(organisation)s answered. The clock of the operator runs again.")),
    Note("confirm", (_A, _T), mark("%(reference)s: the request was confirmed"),
         mark("Your request was confirmed. You may already send the certificate and the addresses of the test environment.")),
    Note("reject", (_A,), mark("%(reference)s: the request was refused"),
         mark("The operator refused the request. What is already granted to the system stays as it is.")),
    Note("issue-documents", (_A, _S), mark("%(reference)s: documents to sign"),
         mark("The documents are ready. The representative named in them signs them electronically, right in the browser.")),
    Note("half-signed", (_O,), mark("%(reference)s: a document waits for your signature"),
         mark("The representative of %(organisation)s has signed. The operator's signatory signs next.")),
    Note("signatures-present", (_A, _S, _T), mark("%(reference)s: signed by both sides"),
         mark("Both sides have signed. Now send the certificate and the addresses of the test environment.")),
    Note("skip-documents", (_A, _T), mark("%(reference)s: send the technical data"),
         mark("The documents are in force already. Send the certificate and the addresses of the test environment.")),
    Note("give-test-data", (_R,), mark("%(reference)s: the technical data are complete"),
         mark("%(organisation)s sent certificate and addresses for “%(system)s”. Test access can be configured.")),
    Note("configure-test", (_A, _T), mark("%(reference)s: test access is open"),
         mark("“%(system)s” may now call the test environment at %(test_url)s. Call it from a registered address with the registered certificate.")),
    Note("first-call", (_A, _T), mark("%(reference)s: the first call has arrived"),
         mark("The test environment has accepted the first call of “%(system)s”. Work through the test cases and confirm them.")),
    Note("validate", (_R,), mark("%(reference)s: validated by the beneficiary"),
         mark("%(organisation)s has finished its tests. Confirm the technical compliance.")),
    Note("confirm-compliance", (_A, _T), mark("%(reference)s: the integration is validated"),
         mark("The operator confirmed the integration. Send the certificate and the addresses of the production environment.")),
    Note("give-production-data", (_R,), mark("%(reference)s: ready for production"),
         mark("%(organisation)s sent the production data of “%(system)s”. Check the difference to test and activate.")),
    Note("activate", (_A, _S, _T), mark("%(reference)s: the integration is complete"),
         mark("“%(system)s” is active in production at %(production_url)s. This completes the connection.")),
    Note("skip-compliance", (_A, _T), mark("%(reference)s: send the production data"),
         mark("Your validation is enough here. Send the certificate and the addresses of the production environment.")),
    Note("forward", (_A,), mark("%(reference)s: forwarded to the team of %(service)s"),
         mark("Your request for “%(system)s” is recorded and was forwarded to the team of %(service)s. The team writes to %(mailbox)s; contract, certificate and access are settled with it.")),
    Note("apply-change", (_A, _T), mark("%(reference)s: the changes are in force"),
         mark("The operator applied the changes of “%(system)s” in test and in production. The history of the request names each certificate and address.")),
    Note("certificate-revoked", (_A, _T, _R), mark("%(reference)s: a certificate is revoked"),
         mark("The authority has revoked the certificate %(serial)s of “%(system)s”. It is let in nowhere; order a new one from STISC and send it.")),
    Note("withdraw", (_A, _R), mark("%(reference)s: withdrawn"),
         mark("The request was withdrawn by the beneficiary.")),
    Note("reopen", (_A,), mark("%(reference)s: opened for changes"),
         mark("You opened the connection for changes. It keeps working as it is until the changes are activated.")),
    Note("terminate", (_A, _S, _T), mark("%(reference)s: terminated"),
         mark("The connection was terminated and its access closed.")),
    Note("suspend", (_A, _S, _T), mark("%(reference)s: suspended"),
         mark("The access of “%(system)s” rests. Calls are refused until every reason is lifted.")),
    Note("resume", (_A, _S, _T), mark("%(reference)s: a suspension was lifted"),
         mark("One reason of the suspension was lifted. Open the case to see whether another one stands.")),
    Note("invoice", (_A, _S), mark("%(reference)s: an invoice was issued"),
         mark("The invoice %(number)s of %(lei)s lei for one year of use of “%(system)s” is ready. Pay it by %(due)s. Until it is paid, production may wait.")),
    Note("invoice-renewal", (_A, _S, _F), mark("%(reference)s: the invoice of the next year"),
         mark("The invoice %(number)s of %(lei)s lei for the next year of use of “%(system)s” is ready. Pay it by %(due)s.")),
    Note("invoice-due", (_A, _S), mark("%(reference)s: an invoice falls due"),
         mark("The invoice %(number)s of %(lei)s lei is due on %(due)s and is not paid yet.")),
    Note("invoice-overdue", (_A, _S, _F), mark("%(reference)s: the invoice is not paid"),
         mark("The invoice %(number)s of %(lei)s lei was due on %(due)s and is still unpaid. After %(grace)s the access is suspended.")),
    Note("invoice-paid", (_A,), mark("%(reference)s: the payment arrived"), mark("Thank you. The invoice %(number)s is marked as paid.")),
    Note("nearly-due", (), mark("%(reference)s: our promise is near its end"),
         mark("“%(system)s” of %(organisation)s waits for us: %(spent)s of %(limit)s promised working days are used.")),
    Note("overdue", (), mark("%(reference)s: our promise is broken"),
         mark("“%(system)s” of %(organisation)s waits for us since %(spent)s working days; %(limit)s were promised. This letter comes again until somebody acts.")),
    Note("assigned", (), mark("%(reference)s: the request is yours now"),
         mark("The request of %(organisation)s to connect “%(system)s” was given to you.")),
    Note("contract-ends", (_A, _S, _F), mark("%(reference)s: the contract ends"),
         mark("The contract of %(organisation)s ends on %(day)s. From the next day on calls of “%(system)s” are refused, until a new contract is in force.")),
    Note("contract-expiring", (_A, _S, _O, _F), mark("%(reference)s: the contract ends in %(days)s days"),
         mark("The contract %(number)s of %(organisation)s ends on %(day)s. From the next day on calls of its systems are refused. Agree on a later last day with the operator, or sign a new contract before.")),
    Note("invoice-cancelled", (_A, _S), mark("%(reference)s: an invoice was cancelled"),
         mark("The invoice %(number)s was cancelled. Do not pay it.")),
    Note("certificate-expiring", (_A, _T, _R), mark("%(reference)s: a certificate expires in %(days)s days"),
         mark("The certificate %(serial)s of “%(system)s” expires on %(day)s. Order a new one from STISC and send it here: with the same subject it works at once, beside the old one.")),
    Note("certificate-rotated", (_A, _T, _R), mark("%(reference)s: a new certificate is in force"),
         mark("The certificate %(serial)s of “%(system)s” is accepted from now on, beside the old one. Take the old one out of use when your system no longer shows it.")),
    Note("certificate-taken-out", (_A, _T, _R), mark("%(reference)s: a certificate was taken out of use"),
         mark("The certificate %(serial)s of “%(system)s” is no longer accepted.")),
    Note("revocation-unanswered", (_R,), mark("%(reference)s: the authority does not answer about a certificate"),
         mark("For %(days)s days nobody could be asked whether the certificate %(serial)s of “%(system)s” is revoked. It is still accepted; decide whether it may be.")),
    Note("address-added", (_A, _T), mark("%(reference)s: an address was added"),
         mark("“%(system)s” may now call the test environment from %(network)s as well.")),
    Note("proposal", (_R,), mark("%(reference)s: a change waits for your decision"),
         mark("%(organisation)s asks for a change of the access of “%(system)s” that the rules do not allow without you.")),
    Note("proposal-accepted", (_A, _T), mark("%(reference)s: your change is in force"),
         mark("The operator accepted the change you asked for; it is in force.")),
    Note("proposal-refused", (_A, _T), mark("%(reference)s: your change was refused"),
         mark("The operator refused the change you asked for. The access stays as it was.")),
)  # fmt: skip


def tell(desk: Desk, case: Case, kind: str, reason: str = "", **more: str) -> None:
    """Put every letter about ``kind`` into the outbox; part of the caller's transaction. ``more``: facts it names."""
    facts = _facts(desk, case, more)
    for note in (note for note in NOTES if note.kind == kind):
        _send(desk, case, note, facts, _recipients(case, note.to), reason)


def _facts(desk: Desk, case: Case, more: dict[str, str]) -> dict[str, str]:
    return {
        "reference": case.reference,
        "organisation": case.organisation.name,
        "system": case.answers.get("system_name", "") or case.reference,
        "service": service.name if (service := service_named(case.answers.get("service", ""))) else "",
        "mailbox": case.answers.get("contact_mailbox", ""),
        **{f"{environment}_url": url for environment, url in desk.api_urls.items()},
        **more,
    }


def tell_people(
    desk: Desk, case: Case, kind: str, recipients: dict[str, Language], reason: str = "", **more: str
) -> None:
    """Put letters about ``kind`` to these people into the outbox; part of the caller's transaction."""
    for note in (note for note in NOTES if note.kind == kind):
        _send(desk, case, note, _facts(desk, case, more), recipients, reason)


def _send(
    desk: Desk, case: Case, note: Note, facts: dict[str, str], recipients: dict[str, Language], reason: str
) -> None:
    for email, language in recipients.items():
        put(_letter(desk, case, note, facts, email, language, reason), desk.clock.now())


def _letter(
    desk: Desk, case: Case, note: Note, facts: dict[str, str], email: str, language: Language, reason: str
) -> Letter:
    with translation.override(language.value):
        paragraphs = [gettext(note.text) % facts]
        # The system's own reasons are message ids; what people typed is in no catalogue and stays as it is.
        if reason.strip():
            paragraphs.append(gettext("Reason given: %(reason)s") % {"reason": gettext(reason.strip())})
        return Letter(
            recipient=email,
            language=language,
            subject=gettext(note.subject) % facts,
            greeting=gettext("Hello,"),
            paragraphs=tuple(paragraphs),
            closing=f"{desk.policy.operator.name}\n{desk.policy.operator.email}, {desk.policy.operator.phone}",
            link=f"{desk.web_url}/connect/cases/{case.reference}/",
            link_text=gettext("Open the request"),
            kind=note.kind,
            about=case.reference,
        )


def _recipients(case: Case, audiences: Iterable[Audience]) -> dict[str, Language]:
    found: dict[str, Language] = {}
    for audience in audiences:
        for email, language in _AUDIENCES[audience](case):
            if email:
                found.setdefault(email.lower(), language)
    return found


def _known(email: str) -> tuple[str, Language]:
    language = Person.objects.filter(email=email.lower()).values_list("language", flat=True).first()
    return email, Language(language) if language else DEFAULT_LANGUAGE


def _applicant(case: Case) -> list[tuple[str, Language]]:
    return [_known(case.created_by.email), _known(case.answers.get("contact_mailbox", ""))]


def _signatory(case: Case) -> list[tuple[str, Language]]:
    return [_known(case.answers.get("representative_email", ""))]


def _technical(case: Case) -> list[tuple[str, Language]]:
    members = Membership.objects.filter(organisation_id=case.organisation_id).select_related("person")
    technical = [one.person.email for one in members if TeamRole.TECHNICAL.value in one.roles]
    return [_known(email) for email in (case.answers.get("technical_email", ""), *technical)]


def _with_role(role: OperatorRole) -> list[tuple[str, Language]]:
    people = Person.objects.exclude(operator_roles=[])
    return [(one.email, Language(one.language)) for one in people if role.value in one.operator_roles]


def reviewers(case: Case) -> list[tuple[str, Language]]:
    """Return the reviewers of the team that has the case; all of them where none has it."""
    found = _with_role(OperatorRole.REVIEWER)
    if not case.unit:
        return found
    mine = set(Person.objects.filter(unit=case.unit).values_list("email", flat=True))
    return [one for one in found if one[0] in mine] or found


_AUDIENCES: dict[Audience, Callable[[Case], list[tuple[str, Language]]]] = {
    Audience.APPLICANT: _applicant,
    Audience.SIGNATORY: _signatory,
    Audience.TECHNICAL: _technical,
    Audience.REVIEWERS: reviewers,
    Audience.OPERATOR_SIGNATORY: lambda _case: _with_role(OperatorRole.SIGNATORY),
    Audience.FINANCE: lambda _case: _with_role(OperatorRole.FINANCE),
}
