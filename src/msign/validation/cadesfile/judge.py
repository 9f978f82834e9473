"""The verdict on a CMS signature in a file of its own (CAdES, EN 319 122-1): ``validate_cades`` is the door.

The content lies beside it, or inside. Each signer is judged by itself:
 1. The container over the content (``validation.cades``); without signed attributes it is no CAdES.
 2. What the caller handed over must be what was signed.
 3. Time-stamps, archive ones first and newest first: each may prove that older ones existed.
 4. Certificate, time and algorithms (``validation.process``, shared with PDF and XML).
"""

from __future__ import annotations

import datetime as dt
import re
from base64 import b64decode
from dataclasses import dataclass, replace
from functools import cached_property

from msign.kernel.limits import MIB
from msign.kernel.words import SignatureLevel
from msign.pki import algorithms, asn1, cms
from msign.pki.asn1 import Asn1Error
from msign.pki.certificate import common_name, organisation_id, person_id, subject_text
from msign.pki.evidence import RevocationEvidence
from msign.pki.timestamps import parse_token
from msign.validation.cades import CmsFinding, examine_signer
from msign.validation.cadesfile.archive import (
    ARCHIVE_TIMESTAMP_V3,
    MAX_ARCHIVE_STAMPS,
    OLDER_ARCHIVE_TIMESTAMPS,
    ArchiveCoverage,
    ContainerParts,
    DigestOf,
    hash_index,
)
from msign.validation.context import ValidationContext
from msign.validation.detached import DetachedContent, DetachedContents
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
from msign.validation.process import SignatureFacts, TrustOutcome, earliest, judge_trust
from msign.validation.qualification import Qualification
from msign.validation.timestamping import TimestampConclusion, judge_timestamp
from msign.validation.verdict import document_verdict

MAX_CMS_BYTES = 32 * MIB
DATA = "1.2.840.113549.1.7.1"
_PEM = re.compile(rb"\s*-----BEGIN (PKCS7|CMS)-----([A-Za-z0-9+/=\s]+)-----END \1-----\s*")
_SIGNED_DATA = asn1.encode_oid(cms.SIGNED_DATA)
_FINAL = frozenset({SubIndication.FORMAT_FAILURE, SubIndication.HASH_FAILURE, SubIndication.SIG_CRYPTO_FAILURE})


def looks_like_cms(head: bytes) -> bool:
    """Tell by the first octets whether a file may be CMS SignedData, in DER, BER or PEM."""
    return (head[:1] == b"\x30" and _SIGNED_DATA in head[:24]) or bool(
        re.match(rb"\s*-----BEGIN (PKCS7|CMS)-----", head)
    )


def validate_cades(data: bytes, contents: DetachedContents, context: ValidationContext) -> DocumentReport:
    """Return the report on a CMS signature over ``contents``, or over what it encapsulates.

    Never raises for what the container holds; one that cannot be read is refused by code.
    """
    try:
        reports = signer_reports(_der(data), contents, context)
    except Asn1Error as error:
        reason = Reason("cms-unreadable", facts=(("detail", error.message),))
        return _document(context, Verdict.UNKNOWN, (), refused="cms-unreadable", reasons=(reason,))
    return _document(context, document_verdict(reports), reports)


def signer_reports(
    container: bytes, contents: DetachedContents, context: ValidationContext, digests: frozenset[str] = frozenset()
) -> tuple[SignatureReport, ...]:
    """Return a report for each signer of a container in DER or BER. Raises Asn1Error where it cannot be read.

    ``digests``: further algorithms that the way from the signed content to what is shown rests on.
    """
    parsed = cms.parse_signed_data(container)
    signers = tuple(
        _Signature(parsed, signer, ContainerParts(container), contents, context, digests) for signer in parsed.signers
    )
    return tuple(signer.report() for signer in signers)


def _der(data: bytes) -> bytes:
    match = _PEM.fullmatch(data)
    try:
        return b64decode(b"".join(match[2].split()), validate=True) if match else data
    except ValueError:
        raise Asn1Error("not base64") from None


def _document(
    context: ValidationContext,
    verdict: Verdict,
    signatures: tuple[SignatureReport, ...],
    refused: str | None = None,
    reasons: tuple[Reason, ...] = (),
) -> DocumentReport:
    return DocumentReport(
        format="cades",
        verdict=verdict,
        signatures=signatures,
        refused=refused,
        reasons=reasons,
        policy=context.policy.name,
        policy_version=context.policy.version,
        validated_at=context.now(),
    )


@dataclass(frozen=True)
class _Stamps:
    signature: tuple[TimestampConclusion, ...] = ()
    archive: tuple[TimestampConclusion, ...] = ()
    content: tuple[TimestampConclusion, ...] = ()
    covered: frozenset[bytes] | None = None  # encodings that the oldest believed archive time-stamp proves


@dataclass
class _Signature:
    """One signer of a container."""

    data: cms.SignedData
    signer: cms.SignerInfo
    parts: ContainerParts
    contents: DetachedContents
    context: ValidationContext
    digests: frozenset[str]

    def __post_init__(self) -> None:
        self.findings = Findings(self.context.policy)

    @cached_property
    def content(self) -> DetachedContent | None:
        """What was signed: what is inside, else the content handed over (of several, the one that fits)."""
        if self.data.content is not None:
            return DetachedContent("", data=self.data.content)
        fitting = (item for item in self.contents.items if self._fits(item))
        return next(fitting, next(iter(self.contents.items), None))

    def _fits(self, item: DetachedContent) -> bool:
        stated = self.signer.signed.get(cms.MESSAGE_DIGEST, [])
        known = algorithms.digest_class(self.signer.digest) is not None
        return known and len(stated) == 1 and item.digest(self.signer.digest) == stated[0].octets()

    def _digest(self, name: str) -> bytes:
        """Return the content's digest; nothing is equal to that of a content that is not at hand."""
        if algorithms.digest_class(name) is None:
            raise KeyError(name)
        return (self.content.digest(name) if self.content is not None else None) or b""

    def report(self) -> SignatureReport:
        """Run the whole process."""
        finding = self._integrity()
        intact = finding.integrity is Integrity.VALID
        stamps = self._stamps(finding) if intact else _Stamps()
        outcome = judge_trust(self._facts(finding, stamps), self.context, self.findings) if intact else None
        return self._written(finding, stamps, outcome)

    def _integrity(self) -> CmsFinding:
        finding = examine_signer(replace(self.data, content=None), self.signer, self._digest)
        if self.content is None or self._unknown_digest(finding):
            self.findings.unclear(SubIndication.SIGNED_DATA_NOT_FOUND, "detached-content-missing")
            return replace(finding, integrity=Integrity.INVALID)
        for reason in finding.reasons:
            if reason.severity is Severity.FAIL:
                self._failed(finding.failure or SubIndication.CRYPTO_CONSTRAINTS_FAILURE, reason)
        if not self.signer.has_signed_attributes:
            # EN 319 122-1 clause 6.3: they are mandatory. Without them a signature over attributes passes for one
            # over a content that is the encoding of these attributes.
            self.findings.failed(SubIndication.FORMAT_FAILURE, "signed-attributes-missing")
            return replace(finding, integrity=Integrity.INVALID)
        if self.data.content_type != DATA:
            self.findings.failed(SubIndication.FORMAT_FAILURE, "cms-content-type", stated=self.data.content_type)
        self._other_contents()
        return finding

    def _unknown_digest(self, finding: CmsFinding) -> bool:
        """The caller knows the content by a digest of another algorithm only."""
        known = algorithms.digest_class(finding.digest) is not None
        return known and self.content is not None and self.content.digest(finding.digest) is None

    def _other_contents(self) -> None:
        """Whatever the caller handed over must be what was signed."""
        if not self.contents.all_needed:
            return
        signed = self.content
        for item in self.contents.items:
            if item is signed or (signed is not None and _same(item, signed)):
                continue
            self.findings.unclear(SubIndication.SIGNED_DATA_NOT_FOUND, "content-not-signed", name=item.name)

    def _failed(self, sub: SubIndication, reason: Reason) -> None:
        note = self.findings.failed if sub in _FINAL else self.findings.unclear
        note(sub, reason.code, **dict(reason.facts))

    # Time-stamps

    def _stamps(self, finding: CmsFinding) -> _Stamps:
        archive, covered = self._archive(finding)
        evidence = self._evidence(finding, covered)
        proven = earliest(archive)
        signature = tuple(
            self._judged(token, lambda name: algorithms.digest(name, finding.value), "signature", evidence, proven)
            for token in finding.tokens[:MAX_ARCHIVE_STAMPS]
        )
        content = tuple(
            self._judged(token, self._digest, "content", evidence, proven)
            for token in finding.content_tokens[:MAX_ARCHIVE_STAMPS]
        )
        return _Stamps(signature, archive, content, covered)

    def _archive(self, finding: CmsFinding) -> tuple[tuple[TimestampConclusion, ...], frozenset[bytes] | None]:
        """Judge archive time-stamps newest first: each proves when those before it, and what they rest on, existed."""
        found: list[TimestampConclusion] = []
        covered: frozenset[bytes] | None = None
        for token in self._archive_tokens():
            coverage = self._coverage(token)
            proven, evidence = earliest(found), self._evidence(finding, covered)
            conclusion = self._judged(token, coverage.digest if coverage else _nothing, "archive", evidence, proven)
            found.append(conclusion)
            if conclusion.passed and coverage is not None:
                covered = coverage.covered()
        return tuple(found), covered

    def _archive_tokens(self) -> list[bytes]:
        if self.signer.unsigned.keys() & OLDER_ARCHIVE_TIMESTAMPS:
            self.findings.note("archive-timestamp-not-judged")
        tokens = [node.raw for node in self.signer.unsigned.get(ARCHIVE_TIMESTAMP_V3, ())][:MAX_ARCHIVE_STAMPS]
        return sorted(dict.fromkeys(tokens), key=_stamped_at, reverse=True)

    def _coverage(self, token: bytes) -> ArchiveCoverage | None:
        try:
            index = hash_index(token)
            coverage = ArchiveCoverage(self.parts, self.signer, index, self._digest) if index else None
            return coverage if coverage is not None and coverage.complete() else None
        except Asn1Error:
            return None

    def _judged(
        self,
        token: bytes,
        digest_of: DigestOf,
        kind: str,
        evidence: RevocationEvidence,
        proven: dt.datetime | None,
    ) -> TimestampConclusion:
        return judge_timestamp(
            token,
            digest_of,
            kind=kind,
            context=self.context,
            pool=self.data.certificates,
            evidence=evidence,
            proven_at=proven,
        )

    def _evidence(self, finding: CmsFinding, covered: frozenset[bytes] | None) -> RevocationEvidence:
        """What the container carries; once an archive time-stamp proves something, only what it proves."""
        if covered is None:
            return finding.evidence
        inside = [one for one in self.parts.revocation if one in covered]
        ocsp = tuple(one for one in finding.evidence.ocsp if any(one in raw for raw in inside))
        crls = tuple(one for one in finding.evidence.crls if one in covered)
        return RevocationEvidence(ocsp, crls, (), self.data.certificates)

    def _facts(self, finding: CmsFinding, stamps: _Stamps) -> SignatureFacts:
        return SignatureFacts(
            certificate=finding.certificate,
            scheme=finding.scheme,
            digests=self.digests | {finding.digest},
            bound=finding.bound,
            signature_timestamps=stamps.signature,
            archive_timestamps=stamps.archive,
            content_timestamps=stamps.content,
            pool=self.data.certificates,
            evidence=self._evidence(finding, stamps.covered),
            claimed_time=finding.claimed_time,
        )

    def _written(self, finding: CmsFinding, stamps: _Stamps, outcome: TrustOutcome | None) -> SignatureReport:
        certificate, conclusion = finding.certificate, outcome.conclusion if outcome else None
        worth = conclusion.qualification if conclusion else Qualification()
        intact = finding.integrity is Integrity.VALID
        notes = tuple(reason for reason in finding.reasons if reason.severity is not Severity.FAIL)
        if finding.counter_signatures:
            self.findings.note("counter-signature-noted")
        return SignatureReport(
            indication=self.findings.indication,
            sub_indication=self.findings.sub_indication,
            integrity=finding.integrity,
            modification=Modification.NONE,
            level=outcome.level if outcome else SignatureLevel.UNKNOWN,
            scope=Scope.FULL,
            certificate=certificate.der if certificate else None,
            chain=conclusion.chain if conclusion else (),
            subject=subject_text(certificate) if certificate else "",
            signer_name=common_name(certificate) if certificate else "",
            person_id=person_id(certificate) if certificate else None,
            organisation_id=organisation_id(certificate) if certificate else None,
            claimed_time=finding.claimed_time,
            signed_at=outcome.signed_at if outcome else None,
            best_signature_time=outcome.best_signature_time if outcome else None,
            digest_algorithm=finding.digest,
            signature_algorithm=finding.scheme.name if finding.scheme else "",
            qualification=worth.word,
            qualified_device=worth.device,
            trusted_list=worth.source,
            content_digest=finding.content_digest if intact else None,
            timestamps=tuple(s.report for s in (*stamps.content, *stamps.signature, *stamps.archive)),
            revocation=conclusion.revocation if conclusion else (),
            reasons=tuple(dict.fromkeys((*self.findings.reasons, *notes))),
        )


def _nothing(_name: str) -> bytes:
    return b""


def _stamped_at(token: bytes) -> dt.datetime:
    try:
        return parse_token(token).gen_time
    except Asn1Error:
        return dt.datetime.min.replace(tzinfo=dt.UTC)


def _same(item: DetachedContent, other: DetachedContent) -> bool:
    """Two contents with the same digest; one may be known by its digest only."""
    names = list(item.digests) or ["sha256"]
    return any(other.digest(name) == item.digest(name) is not None for name in names)
