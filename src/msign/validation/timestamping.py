"""Judging time-stamps (EN 319 102-1 clause 5.4): the token itself, then whoever issued it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from msign.pki.asn1 import Asn1Error
from msign.pki.certificate import ParsedCertificate, common_name
from msign.pki.evidence import RevocationEvidence
from msign.pki.timestamps import TimestampToken, TokenCheck, check_token, parse_token
from msign.validation.chain import CertificateConclusion, Purpose, judge_certificate
from msign.validation.context import ValidationContext
from msign.validation.model import Reason, TimestampReport

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class TimestampConclusion:
    """A time-stamp, judged. ``intact``: imprint and signature hold, whoever issued it; ``passed``: believed."""

    report: TimestampReport
    intact: bool
    token: TimestampToken | None = None
    authority: CertificateConclusion | None = None

    @property
    def passed(self) -> bool:
        """Tell whether the time may be believed."""
        return self.report.valid

    @property
    def gen_time(self) -> dt.datetime:
        """Return the time in the token."""
        return self.report.gen_time


def judge_timestamp(
    der: bytes,
    digest_of: Callable[[str], bytes],
    *,
    kind: str,
    context: ValidationContext,
    pool: Iterable[ParsedCertificate] = (),
    evidence: RevocationEvidence | None = None,
    proven_at: dt.datetime | None = None,
) -> TimestampConclusion:
    """Return the conclusion about the token in ``der`` over the data whose digests ``digest_of`` gives.

    ``kind`` is "signature", "document", "archive" or "content". ``proven_at``: a later time-stamp proves that this
    one existed then, so its authority is judged at that moment instead of now. Nothing is raised for bad tokens.
    """
    try:
        token = parse_token(der)
    except Asn1Error as error:
        reason = Reason("timestamp-malformed", facts=(("detail", error.message),))
        return TimestampConclusion(TimestampReport(_EPOCH, kind, valid=False, authority="", reasons=(reason,)), False)
    known = tuple(pool)
    check = check_token(token, digest_of, known)
    return _concluded(check, kind, context, (*token.signed_data.certificates, *known), evidence, proven_at)


def _concluded(
    check: TokenCheck,
    kind: str,
    context: ValidationContext,
    pool: tuple[ParsedCertificate, ...],
    evidence: RevocationEvidence | None,
    proven_at: dt.datetime | None,
) -> TimestampConclusion:
    token, reasons, authority = check.token, [Reason(str(defect)) for defect in check.defects], None
    if token.gen_time > context.now() + context.policy.clock_skew:
        reasons.append(Reason("timestamp-from-the-future"))
    if not context.policy.algorithms.digest_accepted(token.digest, proven_at or context.now()):
        reasons.append(context.policy.reason("timestamp-algorithm-weak", algorithm=token.digest))
    if check.signer is not None:
        inside = RevocationEvidence(token.signed_data.ocsp, token.signed_data.crls)
        authority = judge_certificate(
            check.signer,
            context=context,
            purpose=Purpose.TIMESTAMP,
            at=proven_at,
            pool=pool,
            evidence=inside | (evidence or RevocationEvidence()),
            evidence_proven_at=proven_at,
            used_at=token.gen_time,
        )
        reasons += [r for r in authority.reasons if r not in reasons]
    valid = not any(r.severity == "fail" for r in reasons) and authority is not None and authority.passed
    report = TimestampReport(
        gen_time=token.gen_time,
        kind=kind,
        valid=valid,
        authority=common_name(check.signer) if check.signer else "",
        reasons=tuple(reasons),
    )
    return TimestampConclusion(report, not check.defects, token, authority)
