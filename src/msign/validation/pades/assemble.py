"""Puts what was found out about one PDF signature into its report. No rules here."""

from __future__ import annotations

import datetime as dt

from msign.kernel.words import SignatureLevel
from msign.pki.certificate import common_name, organisation_id, person_id, subject_text
from msign.validation.cades import CmsFinding
from msign.validation.findings import Findings
from msign.validation.model import Integrity, Modification, Place, Reason, Scope, Severity, SignatureReport
from msign.validation.pades.dates import moment_of
from msign.validation.pades.found import FoundSignature
from msign.validation.process import TrustOutcome
from msign.validation.qualification import Qualification
from msign.validation.timestamping import TimestampConclusion


def signature_report(
    *,
    found: FoundSignature,
    finding: CmsFinding,
    findings: Findings,
    modification: Modification,
    changes: tuple[Reason, ...],
    scope: Scope,
    outcome: TrustOutcome | None,
    stamps: tuple[TimestampConclusion, ...],
    places: tuple[Place, ...],
) -> SignatureReport:
    """Return the report; ``outcome`` is missing where the signature is not intact and trust was not asked for."""
    certificate, conclusion = finding.certificate, outcome.conclusion if outcome else None
    worth = conclusion.qualification if conclusion else Qualification()
    return SignatureReport(
        indication=findings.indication,
        sub_indication=findings.sub_indication,
        integrity=finding.integrity,
        modification=modification,
        level=outcome.level if outcome else SignatureLevel.UNKNOWN,
        scope=scope,
        name=found.field.name,
        certificate=certificate.der if certificate else None,
        chain=conclusion.chain if conclusion else (),
        subject=subject_text(certificate) if certificate else "",
        signer_name=common_name(certificate) if certificate else "",
        person_id=person_id(certificate) if certificate else None,
        organisation_id=organisation_id(certificate) if certificate else None,
        claimed_time=_claimed_time(found, finding),
        signed_at=outcome.signed_at if outcome else None,
        best_signature_time=outcome.best_signature_time if outcome else None,
        digest_algorithm=finding.digest,
        signature_algorithm=finding.scheme.name if finding.scheme else "",
        qualification=worth.word,
        qualified_device=worth.device,
        trusted_list=worth.source,
        content_digest=finding.content_digest if finding.integrity is Integrity.VALID else None,
        revision=found.coverage.revision,
        signed_bytes=found.coverage.end or None,
        places=places,
        timestamps=tuple(dict.fromkeys(stamp.report for stamp in stamps)),
        revocation=conclusion.revocation if conclusion else (),
        reasons=tuple(dict.fromkeys((*findings.reasons, *_notes(finding), *changes))),
    )


def _claimed_time(found: FoundSignature, finding: CmsFinding) -> dt.datetime | None:
    """PAdES says it in /M, older forms in a signed attribute (EN 319 142-1 clause 5.3); both are signed."""
    if finding.claimed_time is not None or finding.integrity is not Integrity.VALID:
        return finding.claimed_time
    return moment_of(found.entries.get("M"))


def _notes(finding: CmsFinding) -> tuple[Reason, ...]:
    notes = tuple(reason for reason in finding.reasons if reason.severity is not Severity.FAIL)
    counters = (Reason("counter-signature-noted", Severity.INFORM),) if finding.counter_signatures else ()
    return notes + counters
