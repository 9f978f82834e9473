"""Validation reports for pages: one signature of an invented person, changed as the test wants."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

from msign.kernel.words import SignatureLevel
from msign.validation.model import (
    DocumentReport,
    Indication,
    Integrity,
    Modification,
    Reason,
    RevocationFact,
    Scope,
    SignatureReport,
    TimestampReport,
    Verdict,
)

MOMENT = dt.datetime(2026, 3, 2, 9, 15, 30, tzinfo=dt.UTC)


def signature(**changes: Any) -> SignatureReport:
    report = SignatureReport(
        indication=Indication.TOTAL_PASSED,
        sub_indication=None,
        integrity=Integrity.VALID,
        modification=Modification.NONE,
        level=SignatureLevel.T,
        scope=Scope.FULL,
        subject="CN=Ion Model, SERIALNUMBER=2000000000004, C=MD",
        signer_name="Ion Model",
        person_id="2000000000004",
        signed_at=MOMENT,
        digest_algorithm="sha256",
        signature_algorithm="rsa-pkcs1",
        qualification="qualified",
        revision=0,
        signed_bytes=12,
        timestamps=(TimestampReport(MOMENT, "signature", valid=True, authority="TSA Model"),),
        revocation=(RevocationFact("CN=Ion Model", "ocsp", "good", MOMENT),),
        reasons=(),
    )
    return dataclasses.replace(report, **changes)


def document(verdict: Verdict = Verdict.VALID, *signatures: SignatureReport, **changes: Any) -> DocumentReport:
    report = DocumentReport(
        format="pades",
        verdict=verdict,
        signatures=signatures,
        policy="msign",
        policy_version="2026-03",
        validated_at=MOMENT,
    )
    return dataclasses.replace(report, **changes)


def changed() -> DocumentReport:
    """A document that was modified after Ion signed it."""
    reasons = (Reason("content-changed"),)
    return document(Verdict.CHANGED, signature(modification=Modification.FORBIDDEN, reasons=reasons))
