"""On whose behalf: the person's own name, the organisation in the certificate, or a mandate (signature-providers 6)."""

from __future__ import annotations

import datetime as dt

from msign.kernel.words import DelegatorType
from msign.mandates.values import MandateFound, MandateQuestion, MandateRegister, NoMandate
from msign.signrequests.values import DelegationProof, ExpectedSigner
from msign.validation.model import SignatureReport

SELF, CERTIFICATE, MANDATE, UNPROVEN = "self", "certificate", "mandate", "unproven"


def prove(
    report: SignatureReport, expected: ExpectedSigner, register: MandateRegister, *, at: dt.datetime
) -> DelegationProof | NoMandate | None:
    """Return what proves that the signer may act for the delegator, or why nothing does; ``None``: nobody delegates.

    The certificate is looked at first, then the register is asked for the moment ``at`` of the signature. Raises the
    register's ``MSignError`` while it cannot be asked.
    """
    if expected.delegator_type is DelegatorType.NONE:
        return None
    if expected.delegator_id is None or report.person_id is None:
        return NoMandate()
    if expected.delegator_type is DelegatorType.PERSON and expected.delegator_id == report.person_id:
        return DelegationProof(SELF)  # a client names the signer himself
    if expected.delegator_type is DelegatorType.ORGANIZATION and expected.delegator_id == report.organisation_id:
        return DelegationProof(CERTIFICATE)
    question = MandateQuestion(
        expected.delegator_type, expected.delegator_id, report.person_id, expected.delegated_role_id, at
    )
    answer = register.ask(question)
    return _proof(answer) if isinstance(answer, MandateFound) else answer


def _proof(found: MandateFound) -> DelegationProof:
    until = found.valid_until.isoformat() if found.valid_until else ""
    return DelegationProof(MANDATE, found.register, found.reference, found.basis, found.checked_at.isoformat(), until)
