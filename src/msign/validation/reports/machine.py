"""The one machine-readable answer (`msign verify --json`, REST): flat words, no Python in sight."""

from __future__ import annotations

import dataclasses
import datetime as dt

from msign.kernel.languages import Language
from msign.validation.model import DocumentReport, Reason, RevocationFact, SignatureReport, TimestampReport
from msign.validation.reports.sentences import sentence

Json = dict[str, object]


def machine_report(report: DocumentReport, file: str = "", language: Language = Language.EN) -> Json:
    """Return the object for one file. The first keys are fixed words of the interface; later ones may grow."""
    return {
        "file": file,
        "format": report.format,
        "verdict": str(report.verdict),
        "refused": report.refused,
        "signatures": [_signature(signature, language) for signature in report.signatures],
        "reasons": [_reason(reason, language) for reason in report.reasons],
        "policy": report.policy,
        "policy_version": report.policy_version,
        "validated_at": _time(report.validated_at),
        "revisions": list(report.revisions),
    }


def _signature(signature: SignatureReport, language: Language) -> Json:
    return {
        "integrity": str(signature.integrity),
        "modification": str(signature.modification),
        "indication": str(signature.indication),
        "sub_indication": str(signature.sub_indication) if signature.sub_indication else None,
        "level": str(signature.level),
        "signed_at": _time(signature.signed_at),
        "scope": str(signature.scope),
        "signer": signature.signer_name or signature.subject or None,
        "reasons": [_reason(reason, language) for reason in signature.reasons],
        "name": signature.name,
        "subject": signature.subject,
        "person_id": signature.person_id,
        "organisation_id": signature.organisation_id,
        "qualification": signature.qualification,
        "qualified_device": signature.qualified_device,
        "trusted_list": signature.trusted_list or None,
        "claimed_time": _time(signature.claimed_time),
        "best_signature_time": _time(signature.best_signature_time),
        "digest_algorithm": signature.digest_algorithm,
        "signature_algorithm": signature.signature_algorithm,
        "content_digest": signature.content_digest.hex() if signature.content_digest else None,
        "revision": signature.revision,
        "signed_bytes": signature.signed_bytes,
        "places": [dataclasses.asdict(place) for place in signature.places],
        "counter_signature": signature.counter_signature,
        "timestamps": [_timestamp(stamp, language) for stamp in signature.timestamps],
        "revocation": [_revocation(fact) for fact in signature.revocation],
    }


def _reason(reason: Reason, language: Language) -> Json:
    told = sentence(reason, language)
    return {
        "code": str(reason.code),
        "severity": str(reason.severity),
        "facts": dict(reason.facts),
        "text": told.text,
        "remedy": told.remedy,
    }


def _timestamp(stamp: TimestampReport, language: Language) -> Json:
    return {
        "kind": stamp.kind,
        "gen_time": _time(stamp.gen_time),
        "valid": stamp.valid,
        "authority": stamp.authority,
        "reasons": [_reason(reason, language) for reason in stamp.reasons],
    }


def _revocation(fact: RevocationFact) -> Json:
    return {
        "subject": fact.subject,
        "source": fact.source,
        "status": fact.status,
        "produced_at": _time(fact.produced_at),
        "revoked_at": _time(fact.revoked_at),
        "embedded": fact.embedded,
    }


def _time(moment: dt.datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None
