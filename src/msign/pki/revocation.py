"""Is a certificate revoked? Judges OCSP responses (RFC 6960) and CRLs (RFC 5280 clause 6.3), wherever they came from.

Evidence that came with the document is heard first; the source (which may use the network) is asked when that does
not settle the matter or was issued before the moment in question.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from msign.pki.asn1 import Asn1Error
from msign.pki.certificate import ParsedCertificate
from msign.pki.crl import HOLD, ParsedCrl, crl_signed_by, parse_crl
from msign.pki.crlscope import Coverage, CrlJudge
from msign.pki.evidence import FirstOf, NoRevocation, RevocationEvidence, RevocationSource
from msign.pki.keys import PublicKey
from msign.pki.ocsp import OCSP_SIGNING, ParsedOcsp, SingleResponse, ocsp_signed_by, parse_ocsp
from msign.pki.path import PathBuilder
from msign.pki.rfc5280 import key_under, signed_by

MAX_NESTING = 2  # responders and CRL issuers have certificates with status, too


class StatusKind(enum.StrEnum):
    """What is known about a certificate at a moment."""

    GOOD = "good"
    REVOKED = "revoked"
    SUSPENDED = "suspended"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Status:
    """A status, the evidence it rests on, and for ``UNKNOWN`` why each piece of evidence did not count."""

    kind: StatusKind
    source: str = ""  # "ocsp" | "crl"
    produced_at: dt.datetime | None = None  # thisUpdate: the moment for which the status is known
    revoked_at: dt.datetime | None = None
    embedded: bool = False
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusFinder:
    """Finds the status of certificates. ``proven_at``: moment at which the embedded evidence provably existed."""

    builder: PathBuilder
    embedded: RevocationEvidence = field(default_factory=RevocationEvidence)
    source: RevocationSource = field(default_factory=NoRevocation)
    default_freshness: dt.timedelta = dt.timedelta(hours=24)
    clock_skew: dt.timedelta = dt.timedelta(minutes=5)
    proven_at: dt.datetime | None = None

    def status(
        self,
        certificate: ParsedCertificate,
        issuers: tuple[ParsedCertificate, ...],
        at: dt.datetime,
        now: dt.datetime,
        nesting: int = 0,
    ) -> Status:
        """Return what is known about ``certificate`` for the moment ``at``.

        ``issuers`` is the rest of its path, issuer first, anchor last. A revocation after ``at`` counts as good, since
        at that moment the certificate was not revoked; evidence issued after ``now`` does not count.
        """
        case = _Case(self, certificate, issuers, at, now, nesting)
        first = case.judge(self.embedded, embedded=True)
        if _settled(first, at):
            return first
        for source in self._sources():
            found = case.judge(source.find(certificate, issuers[0], at), embedded=False)
            if found.kind is not StatusKind.UNKNOWN:
                return found
            first = _explained(first, found)
        return first

    def _sources(self) -> Sequence[RevocationSource]:
        return self.source.sources if isinstance(self.source, FirstOf) else (self.source,)


def _settled(status: Status, at: dt.datetime) -> bool:
    issued_after = status.produced_at is not None and status.produced_at >= at
    return status.kind in (StatusKind.REVOKED, StatusKind.SUSPENDED) or (
        status.kind is StatusKind.GOOD and issued_after
    )


def _explained(first: Status, more: Status) -> Status:
    """An unknown status gathers all reasons; a known one stays as it is."""
    if first.kind is not StatusKind.UNKNOWN:
        return first
    return Status(StatusKind.UNKNOWN, why=tuple(dict.fromkeys(first.why + more.why)))


@dataclass(frozen=True, slots=True)
class _Case:
    """One question: this certificate, this moment."""

    finder: StatusFinder
    certificate: ParsedCertificate
    issuers: tuple[ParsedCertificate, ...]
    at: dt.datetime
    now: dt.datetime
    nesting: int

    def judge(self, evidence: RevocationEvidence, *, embedded: bool) -> Status:
        """Return the best answer that this evidence gives: OCSP first, then CRLs."""
        why = list(evidence.failures)
        answers = list(self._ocsp_answers(evidence, why, embedded=embedded))
        if not answers:
            answers = list(self._crl_answers(evidence, why, embedded=embedded))
        if not answers:
            return Status(StatusKind.UNKNOWN, embedded=embedded, why=tuple(dict.fromkeys(why)))
        return max(answers, key=_newest)

    def _ocsp_answers(self, evidence: RevocationEvidence, why: list[str], *, embedded: bool) -> Iterable[Status]:
        for response in _parsed(evidence.ocsp, parse_ocsp, why):
            for single in response.responses:
                if not single.is_about(self.certificate, self.issuers[0]):
                    continue
                problem = self._ocsp_problem(response, single, evidence)
                if problem is None:
                    yield self._from_ocsp(single, embedded=embedded)
                else:
                    why.append(problem)

    def _ocsp_problem(self, response: ParsedOcsp, single: SingleResponse, evidence: RevocationEvidence) -> str | None:
        if single.status == "unknown":
            return "ocsp-says-unknown"
        skew = self.finder.clock_skew
        if single.this_update > min(self.now, response.produced_at) + skew:
            return "ocsp-from-the-future"
        if not self._fresh(single.this_update, single.next_update):
            return "ocsp-stale"
        if not self._speaks_of_lifetime(single.this_update, single.archive_cutoff):
            return "ocsp-outside-certificate-lifetime"
        return self._responder_problem(response, single, evidence)

    def _fresh(self, this_update: dt.datetime, next_update: dt.datetime | None) -> bool:
        """EN 319 102-1 clause 5.2.5: evidence may be older than the moment only as long as it says itself."""
        until = next_update or this_update + self.finder.default_freshness
        return until + self.finder.clock_skew >= self.at

    def _speaks_of_lifetime(self, this_update: dt.datetime, cutoff: dt.datetime | None) -> bool:
        """Status may be dropped after expiry (RFC 5280 3.3, RFC 6960 4.4.4), and means nothing before issue."""
        after = this_update <= self.certificate.not_after or (
            cutoff is not None and cutoff <= self.certificate.not_after
        )
        return after and this_update + self.finder.clock_skew >= self.certificate.not_before

    def _responder_problem(
        self, response: ParsedOcsp, single: SingleResponse, evidence: RevocationEvidence
    ) -> str | None:
        issuer = self.issuers[0]
        known = (issuer, *response.certificates, *evidence.certificates, *self.finder.builder.extra)
        candidates = [c for c in dict.fromkeys(known) if response.identifies(c)]
        signers = [c for c in candidates if c.public_key is not None and ocsp_signed_by(response, c.public_key)]
        if not signers:
            return "ocsp-signature-invalid" if candidates else "ocsp-responder-not-found"
        problems = [self._authorised(signer, single) for signer in signers]
        return None if None in problems else problems[0]

    def _authorised(self, signer: ParsedCertificate, single: SingleResponse) -> str | None:
        """RFC 6960 clause 4.2.2.2: the issuer itself, or somebody to whom the same issuer delegated it."""
        issuer = self.issuers[0]
        if signer == issuer or (signer.spki == issuer.spki and signer.subject.key == issuer.subject.key):
            return None
        if OCSP_SIGNING not in (signer.extended_key_usage or ()):
            return "ocsp-responder-not-authorised"
        if signer.issuer.key != issuer.subject.key or issuer.public_key is None:
            return "ocsp-responder-of-another-issuer"
        if not signed_by(signer, issuer.public_key):
            return "ocsp-responder-of-another-issuer"
        if not signer.valid_at(single.this_update):
            return "ocsp-responder-expired"
        return self._signer_still_good(signer)

    def _signer_still_good(self, signer: ParsedCertificate) -> str | None:
        """An expired responder counts only if the response provably existed before (proof of existence)."""
        existed = self.finder.proven_at or self.now
        if existed > signer.not_after:
            return "evidence-signer-expired"
        if signer.ocsp_no_check or self.nesting >= MAX_NESTING:
            return None
        status = self.finder.status(signer, self.issuers, self.at, self.now, self.nesting + 1)
        return "evidence-signer-revoked" if status.kind is StatusKind.REVOKED else None

    def _from_ocsp(self, single: SingleResponse, *, embedded: bool) -> Status:
        kind = StatusKind.GOOD
        if single.status == "revoked" and single.revoked_at is not None and single.revoked_at <= self.at:
            kind = StatusKind.SUSPENDED if single.reason == HOLD else StatusKind.REVOKED
        return Status(kind, "ocsp", single.this_update, single.revoked_at, embedded)

    def _crl_answers(self, evidence: RevocationEvidence, why: list[str], *, embedded: bool) -> Iterable[Status]:
        lists = [crl for crl in _parsed(evidence.crls, parse_crl, why) if self._usable(crl, why)]
        judge = CrlJudge(self.certificate, self.issuers[0], self._crl_signer_found)
        coverage = judge.coverage(lists)
        why.extend(coverage.why)
        if coverage.decided:
            yield self._from_crl(coverage, embedded=embedded)

    def _usable(self, crl: ParsedCrl, why: list[str]) -> bool:
        cutoff = self.certificate.not_after if crl.keeps_expired else None
        if crl.this_update > self.now + self.finder.clock_skew:
            why.append("crl-from-the-future")
        elif not self._fresh(crl.this_update, crl.next_update):
            why.append("crl-stale")
        elif not self._speaks_of_lifetime(max(crl.this_update, self.certificate.not_before), cutoff):
            why.append("crl-outside-certificate-lifetime")
        else:
            return True
        return False

    def _crl_signer_found(self, crl: ParsedCrl) -> bool:
        return CrlSigners(self.finder, self.issuers, self.at, self.now, self.nesting).vouch(crl)

    def _from_crl(self, coverage: Coverage, *, embedded: bool) -> Status:
        entry, kind = coverage.entry, StatusKind.GOOD
        if entry is not None and entry.revoked_at <= self.at:
            kind = StatusKind.SUSPENDED if entry.reason == HOLD else StatusKind.REVOKED
        revoked_at = entry.revoked_at if entry is not None else None
        return Status(kind, "crl", coverage.this_update, revoked_at, embedded)


@dataclass(frozen=True, slots=True)
class CrlSigners:
    """Who signed a CRL, and may they? (RFC 5280 clause 6.3.3 f)."""

    finder: StatusFinder
    issuers: tuple[ParsedCertificate, ...]
    at: dt.datetime
    now: dt.datetime
    nesting: int

    def vouch(self, crl: ParsedCrl) -> bool:
        """Tell whether somebody entitled to do so signed the list."""
        issuer = self.issuers[0]
        if issuer.subject.key == crl.issuer.key and _may_sign_crls(issuer):
            key = _issuer_key(self.issuers)
            if key is not None and crl_signed_by(crl, key):
                return True
        return any(self._path_holds(c) for c in self._others(crl))

    def _others(self, crl: ParsedCrl) -> list[ParsedCertificate]:
        known = (*self.issuers, *self.finder.builder.extra, *self.finder.builder.trust.intermediates)
        fitting = [c for c in dict.fromkeys(known) if c.subject.key == crl.issuer.key and _may_sign_crls(c)]
        return [c for c in fitting if c.public_key is not None and crl_signed_by(crl, c.public_key)]

    def _path_holds(self, signer: ParsedCertificate) -> bool:
        """The CRL issuer's path must end at the same anchor as the certificate's (clause 6.3.3 f)."""
        if signer in self.issuers:
            return True
        if self.nesting >= MAX_NESTING:
            return False
        anchor = self.issuers[-1]
        result = self.finder.builder.best(
            signer, min(self.at, signer.not_after), accept=lambda p: p.certificates[-1] == anchor
        )
        if not result.holds or result.path is None:
            return False
        rest = result.path.certificates[1:]
        status = self.finder.status(signer, rest, self.at, self.now, self.nesting + 1)
        return status.kind not in (StatusKind.REVOKED, StatusKind.SUSPENDED)


def _may_sign_crls(certificate: ParsedCertificate) -> bool:
    return certificate.key_usage is None or 6 in certificate.key_usage


def _issuer_key(issuers: tuple[ParsedCertificate, ...]) -> PublicKey | None:
    """Return the key of the first certificate, with DSA parameters from those above it if need be."""
    key: PublicKey | None = None
    for certificate in reversed(issuers):
        key = key_under(certificate, key)
    return key


P = TypeVar("P")


def _parsed(items: Iterable[bytes], parse: Callable[[bytes], P], why: list[str]) -> list[P]:
    found = []
    for item in items:
        try:
            found.append(parse(item))
        except Asn1Error:
            why.append("evidence-unreadable")
    return found


def _newest(status: Status) -> tuple[bool, dt.datetime]:
    """A revocation that any valid evidence tells of outweighs everything; then the newest counts."""
    bad = status.kind in (StatusKind.REVOKED, StatusKind.SUSPENDED)
    return bad, status.produced_at or dt.datetime.min.replace(tzinfo=dt.UTC)
