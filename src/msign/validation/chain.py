"""May this certificate be relied on, for this purpose, at this moment? (EN 319 102-1 clauses 5.2.6, 5.5 and 5.6)

One process for signers and time-stamping units, in XML and PDF alike. The moment is the best signature time when a
time-stamp proves it, else the present.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Iterable
from dataclasses import dataclass, field

from msign.pki.asn1 import Asn1Error
from msign.pki.certificate import Certificate, ParsedCertificate, common_name, parse
from msign.pki.evidence import RevocationEvidence
from msign.pki.keys import key_strength
from msign.pki.path import Path, PathBuilder, PathResult
from msign.pki.revocation import Status, StatusFinder, StatusKind
from msign.pki.rfc5280 import PathDefect, PathFailure
from msign.pki.timestamps import is_tsa_certificate
from msign.pki.trust import SIGNER_ROLES, ServiceRole, TrustAnchor
from msign.validation.context import ValidationContext
from msign.validation.findings import Finding, Findings
from msign.validation.model import Indication, Reason, RevocationFact, SubIndication
from msign.validation.qualification import Qualification, qualification_of

_DIGITAL_SIGNATURE, _NON_REPUDIATION = 0, 1
# serverAuth, codeSigning, timeStamping, OCSPSigning
_FOR_MACHINES = frozenset(f"1.3.6.1.5.5.7.3.{number}" for number in (1, 3, 8, 9))


class Purpose(enum.StrEnum):
    """What the certificate was used for."""

    SIGNER = "signer"
    TIMESTAMP = "timestamp"


_ROLES = {Purpose.SIGNER: SIGNER_ROLES, Purpose.TIMESTAMP: (ServiceRole.TSA,)}


@dataclass(frozen=True, slots=True)
class CertificateConclusion:
    """What is concluded about a certificate; ``findings`` go into the signature's own."""

    indication: Indication
    sub_indication: SubIndication | None
    findings: tuple[Finding, ...]
    chain: tuple[bytes, ...] = ()  # DER, end entity first, anchor last
    anchor: TrustAnchor | None = None
    revocation: tuple[RevocationFact, ...] = ()
    qualification: Qualification = field(default_factory=Qualification)

    @property
    def passed(self) -> bool:
        """Tell whether the certificate may be relied on."""
        return self.indication is Indication.TOTAL_PASSED

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Return why not, or what is worth noting."""
        return tuple(finding.reason for finding in self.findings)


def judge_certificate(
    certificate: Certificate,
    *,
    context: ValidationContext,
    purpose: Purpose = Purpose.SIGNER,
    at: dt.datetime | None = None,
    pool: Iterable[ParsedCertificate] = (),
    evidence: RevocationEvidence | None = None,
    evidence_proven_at: dt.datetime | None = None,
    used_at: dt.datetime | None = None,
) -> CertificateConclusion:
    """Return the conclusion about ``certificate`` used at ``at`` (proven by a time-stamp; ``None`` = not proven: now).

    ``pool``: certificates that came with the document. ``evidence``: revocation data that came with it, which
    provably existed at ``evidence_proven_at`` (``None`` = only known to exist now). ``used_at``: when the certificate
    says it was used; if status for ``at`` cannot be had, status for that moment is told as not fresh. Unreadable
    certificates give INDETERMINATE / CERTIFICATE_CHAIN_GENERAL_FAILURE; nothing is raised.
    """
    case = _Case(
        context=context,
        purpose=purpose,
        at=at or context.now(),
        proven=at is not None,
        pool=tuple(pool),
        evidence=evidence or RevocationEvidence(),
        evidence_proven_at=evidence_proven_at,
        used_at=used_at,
        findings=Findings(context.policy),
    )
    try:
        return case.judge(parse(certificate))
    except Asn1Error as error:
        case.findings.unclear(
            SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE, "certificate-malformed", detail=error.message
        )
        return case.conclusion(None)


@dataclass(slots=True, kw_only=True)
class _Case:
    context: ValidationContext
    purpose: Purpose
    at: dt.datetime
    proven: bool
    pool: tuple[ParsedCertificate, ...]
    evidence: RevocationEvidence
    evidence_proven_at: dt.datetime | None
    used_at: dt.datetime | None
    findings: Findings
    facts: list[RevocationFact] = field(default_factory=list)

    def judge(self, certificate: ParsedCertificate) -> CertificateConclusion:
        """Run the process."""
        builder = PathBuilder(self.context.trust, _ROLES[self.purpose], self.pool, self.context.issuers)
        result = builder.best(certificate, self.at)
        self._usage(certificate)
        if result.path is None:
            self._no_path(result)
            return self.conclusion(None)
        for failure in result.failures:
            self._path_failure(result.path, failure)
        if not result.path.anchor.trusted_at(self.at):
            self.findings.unclear(
                SubIndication.CHAIN_CONSTRAINTS_FAILURE, "service-not-granted", service=result.path.anchor.service
            )
        self._list_age(result.path.anchor)
        self._algorithms(result.path)
        if all(f.defect in (PathDefect.EXPIRED, PathDefect.NOT_YET_VALID) for f in result.failures):
            self._revocation(builder, result.path)
        return self.conclusion(result.path)

    def _list_age(self, anchor: TrustAnchor) -> None:
        """TS 119 612 clause 5.3.15: a list counts until its next update; an old one is better than none, and told."""
        if anchor.due is not None and self.context.clock.now() > anchor.due:
            self.findings.note("trusted-list-outdated", list=anchor.source, due=_time(anchor.due))

    def conclusion(self, path: Path | None) -> CertificateConclusion:
        """Return what the findings say."""
        qualification = qualification_of(path, self.at)
        if qualification.contradictory:
            self.findings.note("trusted-list-contradictory", service=qualification.service)
        return CertificateConclusion(
            self.findings.indication,
            self.findings.sub_indication,
            tuple(self.findings.items),
            tuple(c.der for c in path.certificates) if path else (),
            path.anchor if path else None,
            tuple(self.facts),
            qualification,
        )

    def _usage(self, certificate: ParsedCertificate) -> None:
        """EN 319 102-1 clause 5.2.8: signing needs digitalSignature or nonRepudiation; either will do."""
        usage = certificate.key_usage
        if self.purpose is Purpose.TIMESTAMP:
            if not is_tsa_certificate(certificate):
                self.findings.unclear(SubIndication.CHAIN_CONSTRAINTS_FAILURE, "timestamp-signer-not-a-tsa")
        elif usage is not None and not usage & {_DIGITAL_SIGNATURE, _NON_REPUDIATION}:
            self.findings.unclear(SubIndication.CHAIN_CONSTRAINTS_FAILURE, "key-usage-not-signing")
        elif certificate.extended_key_usage and certificate.extended_key_usage <= _FOR_MACHINES:
            # RFC 5280 clause 4.2.1.12: only for the purposes that are named, and none of these is signing documents.
            self.findings.unclear(SubIndication.CHAIN_CONSTRAINTS_FAILURE, "key-usage-not-signing")

    def _no_path(self, result: PathResult) -> None:
        orphan = result.orphan
        self.findings.unclear(
            SubIndication.NO_CERTIFICATE_CHAIN_FOUND,
            f"{self.purpose}-chain-not-found",
            certificate=_title(orphan) if orphan else "",
            issuer=orphan.issuer.first("2.5.4.3") if orphan else "",
        )

    def _path_failure(self, path: Path, failure: PathFailure) -> None:
        """Table 4 of EN 319 102-1: time problems may be healed by a proof of existence, others not."""
        facts = {"certificate": _title(path.certificates[failure.index]), "detail": failure.detail}
        code = f"{self.purpose}-{failure.defect}"
        if failure.defect is PathDefect.NOT_YET_VALID and failure.index == 0 and self.proven:
            self.findings.failed(SubIndication.NOT_YET_VALID, code, **facts)
        elif failure.defect in (PathDefect.EXPIRED, PathDefect.NOT_YET_VALID):
            self.findings.unclear(SubIndication.OUT_OF_BOUNDS_NO_POE, code, **facts)
        elif failure.defect in (PathDefect.SIGNATURE_INVALID, PathDefect.NAME_CHAINING):
            self.findings.unclear(SubIndication.NO_CERTIFICATE_CHAIN_FOUND, code, **facts)
        else:
            self.findings.unclear(SubIndication.CHAIN_CONSTRAINTS_FAILURE, code, **facts)

    def _algorithms(self, path: Path) -> None:
        """EN 319 102-1 clause 5.2.8: algorithms of the certificates, at the moment of use (TS 119 312)."""
        policy = self.context.policy.algorithms
        for certificate in path.certificates[:-1]:
            scheme, key = certificate.signature_scheme, certificate.public_key
            if scheme is not None and scheme.digest and not policy.digest_accepted(scheme.digest, self.at):
                self._weak(certificate, scheme.digest)
            elif key is not None and not policy.key_accepted(*key_strength(key), self.at):
                self._weak(certificate, "{}-{}".format(*key_strength(key)))

    def _weak(self, certificate: ParsedCertificate, algorithm: str) -> None:
        self.findings.unclear(
            SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE,
            f"{self.purpose}-certificate-algorithm-weak",
            certificate=_title(certificate),
            algorithm=algorithm,
        )

    def _revocation(self, builder: PathBuilder, path: Path) -> None:
        finder = StatusFinder(
            builder=builder,
            embedded=self.evidence,
            source=self.context.revocation,
            default_freshness=self.context.policy.default_freshness,
            clock_skew=self.context.policy.clock_skew,
            proven_at=self.evidence_proven_at,
        )
        now = max(self.context.clock.now(), self.context.now(), self.at)
        for index, certificate in enumerate(path.certificates[:-1]):
            issuers = path.certificates[index + 1 :]
            status = finder.status(certificate, issuers, self.at, now)
            if status.kind is StatusKind.UNKNOWN and self.used_at is not None and self.used_at < self.at:
                status = self._older(certificate, finder.status(certificate, issuers, self.used_at, now), status)
            self._status(certificate, status, end_entity=index == 0)

    def _older(self, certificate: ParsedCertificate, older: Status, unknown: Status) -> Status:
        """Nobody can be asked any more, or at the moment: status for the time of use counts, and is told."""
        if older.kind is StatusKind.UNKNOWN:
            return unknown
        self.findings.unclear(
            SubIndication.TRY_LATER,
            f"{self.purpose}-revocation-not-fresh",
            certificate=_title(certificate),
            time=_time(older.produced_at),
        )
        return older

    def _status(self, certificate: ParsedCertificate, status: Status, *, end_entity: bool) -> None:
        self._remember(certificate, status)
        title = _title(certificate)
        match status.kind:
            case StatusKind.REVOKED:
                sub = SubIndication.REVOKED_NO_POE if end_entity else SubIndication.REVOKED_CA_NO_POE
                self.findings.unclear(
                    sub, f"{self.purpose}-certificate-revoked", certificate=title, time=_time(status.revoked_at)
                )
            case StatusKind.SUSPENDED:
                self.findings.unclear(
                    SubIndication.TRY_LATER,
                    f"{self.purpose}-certificate-suspended",
                    certificate=title,
                    time=_time(status.revoked_at),
                )
            case StatusKind.UNKNOWN:
                self._unknown(certificate, status)
            case StatusKind.GOOD:
                pass

    def _unknown(self, certificate: ParsedCertificate, status: Status) -> None:
        """Expired meanwhile and no status kept: nobody can tell any more. Otherwise a later attempt may succeed."""
        if not self.context.policy.revocation_needed:
            return
        gone = self.context.now() > certificate.not_after
        sub = SubIndication.OUT_OF_BOUNDS_NO_POE if gone else SubIndication.TRY_LATER
        self.findings.unclear(
            sub, f"{self.purpose}-revocation-unknown", certificate=_title(certificate), cause=", ".join(status.why)
        )

    def _remember(self, certificate: ParsedCertificate, status: Status) -> None:
        if status.kind is not StatusKind.UNKNOWN:
            kind = "revoked" if status.kind in (StatusKind.REVOKED, StatusKind.SUSPENDED) else "good"
            self.facts.append(
                RevocationFact(
                    _title(certificate), status.source, kind, status.produced_at, status.revoked_at, status.embedded
                )
            )


def _title(certificate: ParsedCertificate) -> str:
    return common_name(certificate) or certificate.subject.first("2.5.4.10")


def _time(moment: dt.datetime | None) -> str:
    return moment.isoformat() if moment else ""
