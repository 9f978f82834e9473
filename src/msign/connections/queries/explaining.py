"""Why a call is refused: every check of the deciding engine in the reader's language, who can help, the exact fault."""

from __future__ import annotations

from dataclasses import dataclass

from msign.access.faulttext import seen_by_client
from msign.access.refusals import RefusedAttempt
from msign.access.sentences import Fixer, fixer, sentence
from msign.access.values import CheckResult, DenialReason
from msign.connections.actors import Actor
from msign.connections.certificates import read_serial
from msign.connections.models import Certificate
from msign.connections.ports import Desk
from msign.connections.queries.calls import is_own
from msign.connections.services import store
from msign.connections.words import Sentence, say
from msign.kernel.languages import Language
from msign.kernel.words import Environment

_ALERTS = {
    DenialReason.UNTRUSTED_ISSUER: "unknown ca",
    DenialReason.CERTIFICATE_EXPIRED: "certificate expired",
    DenialReason.CERTIFICATE_NOT_YET_VALID: "bad certificate",
}


@dataclass(frozen=True, slots=True)
class Explained:
    """One check, told."""

    code: str
    outcome: str
    sentence: str
    fixer: Fixer | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Every check in order; ``fault`` is exactly what the client reads; empty: it reads nothing."""

    environment: Environment
    address: str
    serial: str
    checks: tuple[Explained, ...]
    fixer: Fixer | None
    fault: str
    reason: DenialReason | None

    @property
    def alert(self) -> str:
        """The TLS alert with which a new connection of such a client ends before any fault; empty: none."""
        return _ALERTS.get(self.reason, "") if self.reason else ""


def explain_attempt(desk: Desk, attempt: RefusedAttempt, language: Language) -> Explanation:
    """Explain a recorded attempt as the engine would decide it now. Who may see it was judged before."""
    results = desk.engine.explain(attempt.environment, address=attempt.address, certificate_der=attempt.der or None)
    return _told(
        desk, results, language, attempt.environment, attempt.address, attempt.serial, operation=attempt.operation
    )


def explain_serial(
    desk: Desk, actor: Actor, reference: str, *, environment: Environment, serial: str, address: str, language: Language
) -> Explanation | Sentence:
    """Explain a call that was typed in. A team learns about certificates of its own organisation only."""
    case = store.load(actor, reference)
    number = read_serial(serial)
    if isinstance(number, Sentence):
        return number
    if not address.strip():
        return say("Enter the address that the call comes from.")
    rows = Certificate.objects.filter(serial=number).select_related("system__organisation").order_by("-pk")
    if not actor.is_operator:
        rows = rows.filter(system__organisation_id=case.organisation_id)
    der = next((bytes(row.der) for row in rows if actor.is_operator or is_own(row)), None)
    if der is None:
        return say(
            "No certificate with the serial number %(serial)s was handed in by your organisation.", serial=number
        )
    results = desk.engine.explain(environment, address=address.strip(), certificate_der=der)
    return _told(desk, results, language, environment, address.strip(), number, operation="")


def _told(
    desk: Desk,
    results: tuple[CheckResult, ...],
    language: Language,
    environment: Environment,
    address: str,
    serial: str,
    *,
    operation: str,
) -> Explanation:
    reason = next((one.reason for one in results if one.reason is not None), None)
    policy = desk.policy
    fault = (
        seen_by_client(
            reason, serial, operation, serial_format=policy.fault_serial_format, ip_reject=policy.address_refusal
        )
        if reason
        else ""
    )
    checks = tuple(
        Explained(one.code, one.outcome, sentence(one, language), fixer(one.reason) if one.reason else None)
        for one in results
    )
    return Explanation(environment, address, serial, checks, fixer(reason) if reason else None, fault, reason)
