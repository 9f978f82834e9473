"""Judges the signatures of a PDF (EN 319 102-1 with EN 319 142-1): ``validate_pdf`` is the door.

The recipe, for each signature:
 0. Find it in the form of every revision; take the dictionary inside its own signed range.
 1. Recompute what ByteRange covers; it must end where a revision ends.
 2. Judge the CMS container over those bytes (``validation.cades``).
 3. Classify everything that came after the signed revision, hold it against the permissions.
 4. Judge time-stamps, newest first: each may prove that older ones existed.
 5. Conclude about certificate, time and algorithms (``validation.process``, shared with XML).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from msign.pdf.errors import PdfError, Refusal
from msign.pdf.reader import PdfFile
from msign.pki import algorithms
from msign.pki.asn1 import Asn1Error, read
from msign.validation.cades import CmsFinding, examine
from msign.validation.context import ValidationContext
from msign.validation.findings import Findings
from msign.validation.model import (
    DocumentReport,
    Integrity,
    Modification,
    Reason,
    Scope,
    Severity,
    SignatureReport,
    SubIndication,
    Verdict,
)
from msign.validation.pades.assemble import signature_report
from msign.validation.pades.evidence import SecurityStore
from msign.validation.pades.form import field_locks, lock_level, permission_level
from msign.validation.pades.found import FoundSignature, find_signatures
from msign.validation.pades.history import DocumentHistory
from msign.validation.pades.kinds import QUIET, Change, ChangeKind
from msign.validation.pades.looks import LookComparison
from msign.validation.pades.permissions import Permissions, weigh
from msign.validation.pades.places import PlaceFinder
from msign.validation.pades.ranges import RangeDigests
from msign.validation.process import SignatureFacts, TrustOutcome, judge_trust
from msign.validation.timestamping import TimestampConclusion, judge_timestamp
from msign.validation.verdict import document_verdict

MAX_SIGNATURES = 1_000
_FINAL = frozenset({SubIndication.FORMAT_FAILURE, SubIndication.HASH_FAILURE, SubIndication.SIG_CRYPTO_FAILURE})


def validate_pdf(source: Path | bytes, context: ValidationContext) -> DocumentReport:
    """Return the judgement of a PDF. Nothing is raised for what is in the file: what cannot be read is refused by code.

    Not done here: limits on time and memory of the process (the caller's worker processes), rendering.
    """
    policy = context.policy
    try:
        with PdfFile.open(source) as pdf:
            return _Judgement(pdf, context).report()
    except PdfError as error:
        reasons = (Reason(error.refusal.value, Severity.FAIL, (("detail", error.message),)),)
        return DocumentReport(
            format="pades",
            verdict=Verdict.UNKNOWN,
            refused=error.refusal.value,
            reasons=reasons,
            policy=policy.name,
            policy_version=policy.version,
            validated_at=context.now(),
        )


@dataclass(frozen=True, slots=True)
class _Stamp:
    """A document time-stamp with what it covers."""

    found: FoundSignature
    conclusion: TimestampConclusion


class _Judgement:
    """One document under judgement; what its signatures share is computed once."""

    def __init__(self, pdf: PdfFile, context: ValidationContext) -> None:
        self.pdf, self.context = pdf, context
        self.history = DocumentHistory(pdf)
        self.looks = LookComparison(pdf, self.history.alike)
        self.places = PlaceFinder(pdf)
        found = find_signatures(pdf, self.history.forms)
        self.digests = RangeDigests(pdf, (item.coverage.gap_start for item in found))
        if len(found) > MAX_SIGNATURES:
            raise PdfError(Refusal.TOO_MUCH_WORK, f"more than {MAX_SIGNATURES} signatures")
        self.removed = [item for item in found if item.removed]
        self.signatures = [item for item in found if not item.removed and not item.timestamp]
        self.store = SecurityStore(pdf)
        self.stamps = self._document_stamps([item for item in found if item.timestamp])

    def report(self) -> DocumentReport:
        reports = tuple(self._signature(found) for found in self.signatures)
        policy = self.context.policy
        return DocumentReport(
            format="pades",
            verdict=document_verdict(reports),
            signatures=reports,
            reasons=self._document_reasons(),
            policy=policy.name,
            policy_version=policy.version,
            validated_at=self.context.now(),
            revisions=tuple(f"{revision.start}-{revision.end}" for revision in self.pdf.revisions),
        )

    def _document_reasons(self) -> tuple[Reason, ...]:
        removed = [Reason("signature-removed", Severity.WARN, (("name", item.field.name),)) for item in self.removed]
        odd = {anomaly.kind.value for anomaly in self.pdf.anomalies}
        return (*removed, *(Reason(f"pdf-{kind}", Severity.INFORM) for kind in sorted(odd)))

    # Time-stamps

    def _document_stamps(self, found: Sequence[FoundSignature]) -> list[_Stamp]:
        """Judge document time-stamps newest first, so that each is believed as of the next one (clause 5.6.3)."""
        stamps: list[_Stamp] = []
        for item in reversed(found):
            if item.coverage.defects or item.doubled_keys:
                continue
            proven = min((s.conclusion.gen_time for s in stamps if s.conclusion.passed), default=None)
            conclusion = judge_timestamp(
                _container(item),
                partial(self._digest, item),
                kind="document",
                context=self.context,
                pool=self.store.certificates,
                evidence=self.store.evidence,
                proven_at=proven,
            )
            stamps.append(_Stamp(item, conclusion))
        return stamps

    def _digest(self, found: FoundSignature, name: str) -> bytes:
        return self.digests.digest(name, found.coverage)

    def _covering(self, found: FoundSignature) -> tuple[TimestampConclusion, ...]:
        return tuple(s.conclusion for s in self.stamps if s.found.coverage.end > found.coverage.end)

    def _signature_stamps(
        self, finding: CmsFinding, covering: tuple[TimestampConclusion, ...]
    ) -> tuple[TimestampConclusion, ...]:
        proven = min((stamp.gen_time for stamp in covering if stamp.passed), default=None)
        return tuple(
            judge_timestamp(
                token,
                lambda name: algorithms.digest(name, finding.value),
                kind="signature",
                context=self.context,
                pool=(*finding.certificates, *self.store.certificates),
                evidence=self.store.evidence | finding.evidence,
                proven_at=proven,
            )
            for token in finding.tokens
        )

    def _content_stamps(self, found: FoundSignature, finding: CmsFinding) -> tuple[TimestampConclusion, ...]:
        return tuple(
            judge_timestamp(
                token,
                partial(self._digest, found),
                kind="content",
                context=self.context,
                pool=(*finding.certificates, *self.store.certificates),
                evidence=self.store.evidence,
            )
            for token in finding.content_tokens
        )

    # One signature

    def _signature(self, found: FoundSignature) -> SignatureReport:
        findings = Findings(self.context.policy)
        finding = self._integrity(found, findings)
        revision = found.coverage.revision
        since = self.history.since(revision) if revision is not None else ()
        modification, changes = self._modification(found, since, findings)
        intact = finding.integrity is Integrity.VALID
        outcome, stamps = self._trust(found, finding, findings) if intact else (None, ())
        return signature_report(
            found=found,
            finding=finding,
            findings=findings,
            modification=modification,
            changes=changes,
            scope=_scope(found, modification, since),
            outcome=outcome,
            stamps=stamps,
            places=self.places.places(found.field),
        )

    def _integrity(self, found: FoundSignature, findings: Findings) -> CmsFinding:
        structural = [defect for defect in found.coverage.defects if defect != "byte-range-end"]
        for defect in found.coverage.defects:
            findings.failed(SubIndication.FORMAT_FAILURE, defect, name=found.field.name)
        for key in found.doubled_keys:
            structural.append("signature-dictionary-doubled-key")
            findings.failed(SubIndication.FORMAT_FAILURE, "signature-dictionary-doubled-key", key=key)
        finding = examine(
            found.contents,
            partial(self._digest, found),
            sha1_content=found.entries.get("SubFilter") == "adbe.pkcs7.sha1",
        )
        for reason in finding.reasons:
            if reason.severity is Severity.FAIL:
                _failed(findings, finding.failure or SubIndication.CRYPTO_CONSTRAINTS_FAILURE, reason)
        if structural and finding.integrity is Integrity.VALID:
            return CmsFinding(Integrity.INVALID, SubIndication.FORMAT_FAILURE, certificate=finding.certificate)
        return finding

    def _modification(
        self, found: FoundSignature, since: Sequence[Change], findings: Findings
    ) -> tuple[Modification, tuple[Reason, ...]]:
        revision = found.coverage.revision
        if revision is None:
            return Modification.UNDEFINED, ()
        changes = [self.looks.seen(change, revision) for change in since]
        if found.redefined and not any(c.code == "signature-dictionary-changed" for c in changes):
            changes.append(Change(ChangeKind.FORBIDDEN, "signature-dictionary-changed", revision, found.number))
        verdict, reasons = weigh(changes, self._permissions(found, revision), revision)
        if verdict is Modification.FORBIDDEN:
            findings.failed(SubIndication.FORMAT_FAILURE, "document-changed", modification=verdict.value)
        elif verdict is Modification.UNDEFINED:
            findings.unclear(SubIndication.SIG_CONSTRAINTS_FAILURE, "document-changed", modification=verdict.value)
        return verdict, reasons

    def _permissions(self, found: FoundSignature, revision: int) -> Permissions:
        certified = permission_level(self.pdf, found.entries, revision)
        levels = [level for level in (certified, lock_level(self.pdf, found.field, revision)) if level is not None]
        locks = field_locks(self.pdf, found.field, found.entries, revision)
        return Permissions(min(levels, default=None), certified is not None, locks)

    def _trust(
        self, found: FoundSignature, finding: CmsFinding, findings: Findings
    ) -> tuple[TrustOutcome, tuple[TimestampConclusion, ...]]:
        covering = self._covering(found)
        signature_stamps = self._signature_stamps(finding, covering)
        content_stamps = self._content_stamps(found, finding)
        facts = SignatureFacts(
            certificate=finding.certificate,
            scheme=finding.scheme,
            digests=frozenset({finding.digest} - {"shake256"}),
            bound=finding.bound,
            signature_timestamps=signature_stamps,
            archive_timestamps=covering,
            content_timestamps=content_stamps,
            pool=(*finding.certificates, *self.store.certificates),
            evidence=self.store.evidence | finding.evidence,
            claimed_time=finding.claimed_time,
        )
        return judge_trust(facts, self.context, findings), (*content_stamps, *signature_stamps, *covering)


def _scope(found: FoundSignature, modification: Modification, since: Sequence[Change]) -> Scope:
    """FULL: what is shown today is what was signed, but for further signatures and data for validating."""
    if found.coverage.revision is None or modification in (Modification.UNDEFINED, Modification.FORBIDDEN):
        return Scope.PARTIAL
    return Scope.PARTIAL if any(change.kind not in QUIET for change in since) else Scope.FULL


def _failed(findings: Findings, sub: SubIndication, reason: Reason) -> None:
    facts = dict(reason.facts)
    if sub in _FINAL:
        findings.failed(sub, reason.code, **facts)
    else:
        findings.unclear(sub, reason.code, **facts)


def _container(found: FoundSignature) -> bytes:
    """The token without the room behind it; BER lengths decide, not zero bytes."""
    try:
        return read(found.contents).raw
    except Asn1Error:
        return found.contents
