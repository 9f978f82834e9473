"""The part of a judgement that XML and PDF signatures share (EN 319 102-1 5.3, 5.5, 5.6): time, trust, algorithms.

The format's own code establishes integrity and judges time-stamps; what follows from them is concluded here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from msign.kernel.words import SignatureLevel
from msign.pki.algorithms import SignatureAlgorithm
from msign.pki.certificate import ParsedCertificate
from msign.pki.evidence import RevocationEvidence
from msign.pki.keys import key_strength
from msign.validation.chain import CertificateConclusion, judge_certificate
from msign.validation.context import ValidationContext
from msign.validation.findings import Findings
from msign.validation.model import Severity, SubIndication
from msign.validation.policy import Sha1Rule
from msign.validation.timestamping import TimestampConclusion


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureFacts:
    """What the format's own code found out. ``bound``: a signed attribute names the signing certificate."""

    certificate: ParsedCertificate | None
    scheme: SignatureAlgorithm | None
    digests: frozenset[str]  # digest algorithms of the signed references
    bound: bool
    signature_timestamps: tuple[TimestampConclusion, ...] = ()
    archive_timestamps: tuple[TimestampConclusion, ...] = ()  # archive or document time-stamps over everything
    content_timestamps: tuple[TimestampConclusion, ...] = ()
    pool: tuple[ParsedCertificate, ...] = ()
    evidence: RevocationEvidence = field(default_factory=RevocationEvidence)
    claimed_time: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class TrustOutcome:
    """What follows about time and trust."""

    conclusion: CertificateConclusion | None
    best_signature_time: dt.datetime | None  # proven by a time-stamp
    signed_at: dt.datetime | None  # genTime of the first valid signature time-stamp
    level: SignatureLevel


def earliest(stamps: Iterable[TimestampConclusion]) -> dt.datetime | None:
    """Return the earliest time that a believed time-stamp proves."""
    return min((stamp.gen_time for stamp in stamps if stamp.passed), default=None)


def judge_trust(facts: SignatureFacts, context: ValidationContext, findings: Findings) -> TrustOutcome:
    """Conclude about certificate, time-stamps and algorithms; what fails goes into ``findings``."""
    best = earliest((*facts.signature_timestamps, *facts.archive_timestamps))
    conclusion = None
    if facts.certificate is None:
        findings.unclear(SubIndication.NO_SIGNING_CERTIFICATE_FOUND, "signing-certificate-missing")
    else:
        if not facts.bound:
            findings.unclear(SubIndication.SIG_CONSTRAINTS_FAILURE, "signing-certificate-not-bound")
        conclusion = judge_certificate(
            facts.certificate,
            context=context,
            at=best,
            pool=facts.pool,
            evidence=facts.evidence,
            evidence_proven_at=earliest(facts.archive_timestamps),
        )
        findings.take(conclusion.findings)
    _algorithms(facts, context, findings, best)
    _times(facts, context, findings, best)
    return TrustOutcome(conclusion, best, earliest(facts.signature_timestamps), _level(facts, conclusion))


def _algorithms(
    facts: SignatureFacts, context: ValidationContext, findings: Findings, best: dt.datetime | None
) -> None:
    """EN 319 102-1 clause 5.2.8: the signature's own algorithms at its best signature time."""
    at = best or context.now()
    policy = context.policy.algorithms
    used = facts.digests | ({facts.scheme.digest} if facts.scheme and facts.scheme.digest else set())
    for name in sorted(used):
        if not policy.digest_accepted(name, at):
            _weak_digest(name, context, findings, best)
    key = facts.certificate.public_key if facts.certificate else None
    if key is not None and not policy.key_accepted(*key_strength(key), at):
        sub = _crypto(best)
        findings.unclear(sub, "signature-key-weak", algorithm="{}-{}".format(*key_strength(key)))


def _weak_digest(name: str, context: ValidationContext, findings: Findings, best: dt.datetime | None) -> None:
    """Setting ``verify.sha1``: a stamped SHA-1 signature may still count, and says so."""
    if name == "sha1" and best is not None and context.policy.sha1 is Sha1Rule.ACCEPT_IF_TIMESTAMPED:
        findings.note("sha1-timestamped")
    else:
        findings.unclear(_crypto(best), "digest-algorithm-weak", algorithm=name)


def _crypto(best: dt.datetime | None) -> SubIndication:
    if best is None:
        return SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE
    return SubIndication.CRYPTO_CONSTRAINTS_FAILURE


def _times(facts: SignatureFacts, context: ValidationContext, findings: Findings, best: dt.datetime | None) -> None:
    """EN 319 102-1 clause 5.5.4: order of the times, and time-stamps that prove nothing."""
    for code, stamps in (
        ("timestamp-invalid", facts.signature_timestamps),
        ("content-timestamp-invalid", facts.content_timestamps),
        ("archive-timestamp-invalid", facts.archive_timestamps),
    ):
        for stamp in (stamp for stamp in stamps if not stamp.passed):
            why = next((r for r in stamp.report.reasons if r.severity is Severity.FAIL), None)
            facts_of_why = {name: value for name, value in why.facts if name != "why"} if why else {}
            findings.note(code, authority=stamp.report.authority, why=why.code if why else "", **facts_of_why)
    content = max((s.gen_time for s in facts.content_timestamps if s.passed), default=None)
    if content is not None and best is not None and content > best:
        findings.unclear(SubIndication.TIMESTAMP_ORDER_FAILURE, "timestamp-order")
    if facts.claimed_time is not None and best is not None and facts.claimed_time > best + context.policy.clock_skew:
        findings.note("signing-time-after-timestamp", claimed=facts.claimed_time.isoformat(), stamped=best.isoformat())


def _level(facts: SignatureFacts, conclusion: CertificateConclusion | None) -> SignatureLevel:
    """What the signature provably is, not what it carries: a time-stamp that proves nothing gives no T."""
    if earliest(facts.signature_timestamps) is None and earliest(facts.archive_timestamps) is None:
        return SignatureLevel.B
    if not (facts.evidence.ocsp or facts.evidence.crls):
        return SignatureLevel.T
    used = conclusion is not None and any(fact.embedded for fact in conclusion.revocation)
    if not used:
        return SignatureLevel.T
    return SignatureLevel.LTA if earliest(facts.archive_timestamps) is not None else SignatureLevel.LT
