"""The verdict on one XML signature, step by step as EN 319 102-1 clause 5.3 has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from msign.kernel.words import SignatureLevel
from msign.pki import keys
from msign.pki.algorithms import KeyKind
from msign.pki.certificate import ParsedCertificate, common_name, organisation_id, person_id, subject_text
from msign.pki.evidence import RevocationEvidence
from msign.validation.context import ValidationContext
from msign.validation.detached import DetachedContents
from msign.validation.findings import Findings
from msign.validation.model import Integrity, Modification, Scope, SignatureReport, SubIndication
from msign.validation.process import SignatureFacts, TrustOutcome, judge_trust
from msign.validation.qualification import Qualification
from msign.validation.xades import canonical
from msign.validation.xades.references import Kind, Outcome, ReferenceResolver, ReferenceResult
from msign.validation.xades.scope import content_references, contents_not_signed, named_digest, scope_of
from msign.validation.xades.stamps import StampJudge, Stamps
from msign.validation.xades.structure import MAX_REFERENCES, XadesSignature
from msign.validation.xades.xml import XmlRefusedError, ds


@dataclass
class SignatureJudge:
    """Judges one signature of a document."""

    signature: XadesSignature
    contents: DetachedContents
    context: ValidationContext
    findings: Findings = field(init=False)
    notes: Findings = field(init=False)  # what is told, and says nothing about integrity
    results: tuple[ReferenceResult, ...] = ()

    def __post_init__(self) -> None:
        self.findings = Findings(self.context.policy)
        self.notes = Findings(self.context.policy)

    def judge(self) -> SignatureReport:
        """Run the whole process: format, signer, references, value, time-stamps, trust."""
        own = self.signature
        certificate, bound = self._signing_certificate()
        if self._format_holds():
            self.results = ReferenceResolver(own, self._contents()).resolve_all()
            self._judge_references()
            if not any(item.sub_indication is SubIndication.SIGNED_DATA_NOT_FOUND for item in self.findings.items):
                self._judge_value(certificate)
        integrity = Integrity.INVALID if self.findings.items else Integrity.VALID
        self.findings.take(self.notes.items)
        self._judge_content()
        pool = (*own.key_info_certificates, *own.embedded_certificates)
        evidence = RevocationEvidence(own.embedded_ocsp, own.embedded_crls, certificates=pool)
        stamps = self._stamps(pool, evidence) if self.results else Stamps((), (), ())
        outcome = judge_trust(
            self._facts(certificate, stamps, pool, evidence, bound=bound), self.context, self.findings
        )
        if own.has_policy:
            self.findings.note("policy-not-processed")
        return self._written(integrity, certificate, stamps, outcome)

    def _contents(self) -> DetachedContents:
        """A counter-signature signs a value inside the document, never the caller's contents."""
        return DetachedContents() if self.signature.parent is not None else self.contents

    def _format_holds(self) -> bool:
        """EN 319 102-1 clause 5.2.2; a signature that is not built as it must be is not looked at any further."""
        own, before = self.signature, len(self.findings.items)
        checks = (
            (own.signed_info is None, "signed-info-missing"),
            (own.value_element is None, "signature-value-missing"),
            (not own.references, "references-missing"),
            (len(own.references) > MAX_REFERENCES, "too-many-references"),
            (len(own.qualifying) > 1, "qualifying-properties-twice"),
            (not canonical.is_canonicalisation(own.canonicalisation), "canonicalisation-not-allowed"),
            (bool(own.identifier) and len(own.document.with_id(own.identifier)) > 1, "identifier-twice"),
        )
        for broken, code in checks:
            if broken:
                self.findings.failed(SubIndication.FORMAT_FAILURE, code)
        return len(self.findings.items) == before

    def _signing_certificate(self) -> tuple[ParsedCertificate | None, bool]:
        """Clause 5.2.3: the certificate that the signed properties name; without such, the first in KeyInfo."""
        own = self.signature
        known = [*own.key_info_certificates, *own.embedded_certificates]
        named = [c for c in known if any(r.names(c) for r in own.certificate_references[:1])]
        if named:
            return named[0], True
        if not own.certificate_references and own.key_info_certificates:
            return self._fitting(known) or known[0], self._key_info_signed()
        return self._fitting(known) or next(iter(own.key_info_certificates), None), False

    def _fitting(self, certificates: Sequence[ParsedCertificate]) -> ParsedCertificate | None:
        """Among certificates that nothing signed names, the one whose key made the value."""
        fitting = (c for c in certificates if c.public_key is not None and self._value_holds(c.public_key))
        return next(fitting, None)

    def _key_info_signed(self) -> bool:
        """A reference to KeyInfo binds the certificate, too (XAdES baseline of old)."""
        identifier = self.signature.key_info.get("Id") if self.signature.key_info is not None else None
        return bool(identifier) and any(r.get("URI") == f"#{identifier}" for r in self.signature.references)

    def _judge_references(self) -> None:
        """Clause 5.2.7: everything the signature says that it signs must be there, and be the same."""
        for result in self.results:
            self._judge_reference(result)
        own = self.signature
        if own.qualifying and not any(r.kind is Kind.PROPERTIES and r.holds for r in self.results):
            self.findings.unclear(SubIndication.SIGNED_DATA_NOT_FOUND, "signed-properties-not-signed")
        if not content_references(self.results):
            self.findings.unclear(SubIndication.SIGNED_DATA_NOT_FOUND, "no-content-reference")
        if own.parent is not None and not any(r.kind is Kind.COUNTERSIGNED and r.holds for r in self.results):
            self.findings.unclear(SubIndication.SIGNED_DATA_NOT_FOUND, "countersigned-value-not-signed")

    def _judge_reference(self, result: ReferenceResult) -> None:
        uri = "" if result.uri is None else result.uri[:120]
        match result.outcome:
            case Outcome.HOLDS:
                self._judge_entries(result)
            case Outcome.DIGEST_DIFFERS:
                self.findings.failed(SubIndication.HASH_FAILURE, result.outcome, uri=uri)
            case Outcome.AMBIGUOUS:
                self.findings.failed(SubIndication.FORMAT_FAILURE, result.outcome, uri=uri)
            case Outcome.NOT_FOUND | Outcome.MISPLACED:
                self.findings.unclear(SubIndication.SIGNED_DATA_NOT_FOUND, result.outcome, uri=uri)
            case Outcome.NOT_ALLOWED | Outcome.ALGORITHM_UNKNOWN:
                self.findings.unclear(SubIndication.SIG_CONSTRAINTS_FAILURE, result.outcome, uri=uri)

    def _judge_entries(self, result: ReferenceResult) -> None:
        """XML-DSig clause 5.1: entries of a manifest are the application's business: they are told, not required."""
        for entry in result.entries:
            if entry.outcome is Outcome.NOT_FOUND:
                self.notes.note("manifest-entry-missing", uri=(entry.uri or "")[:120])
            elif not entry.holds:
                self.notes.note("manifest-entry-wrong", uri=(entry.uri or "")[:120])

    def _value_holds(self, key: keys.PublicKey) -> bool:
        own = self.signature
        scheme, value, info = own.scheme, own.value, own.signed_info
        if scheme is None or value is None or info is None:
            return False
        if not canonical.is_canonicalisation(own.canonicalisation):
            return False
        if scheme.kind in (KeyKind.ECDSA, KeyKind.DSA):
            value = keys.plain_to_der(value, key)
        try:
            return value is not None and keys.verify(key, scheme, value, self._signed_octets)
        except XmlRefusedError:
            return False

    @cached_property
    def _signed_octets(self) -> bytes:
        info = self.signature.signed_info
        method = info.find(ds("CanonicalizationMethod")) if info is not None else None
        assert info is not None
        assert method is not None
        return canonical.canonical(info, self.signature.canonicalisation, prefixes=canonical.prefixes_of(method))

    def _judge_value(self, certificate: ParsedCertificate | None) -> None:
        """Clause 5.2.7: the value, under the key of the signing certificate, or a bare key if there is none."""
        own = self.signature
        key = certificate.public_key if certificate is not None else own.bare_key
        if own.scheme is None:
            self.findings.unclear(SubIndication.CRYPTO_CONSTRAINTS_FAILURE, "signature-algorithm-not-allowed")
        elif own.value is None:
            self.findings.failed(SubIndication.SIG_CRYPTO_FAILURE, "signature-value-unreadable")
        elif key is None:
            self.findings.unclear(SubIndication.NO_SIGNING_CERTIFICATE_FOUND, "signing-key-missing")
        elif not self._value_holds(key):
            self.findings.failed(SubIndication.SIG_CRYPTO_FAILURE, "signature-value-differs")

    def _judge_content(self) -> None:
        """The caller named contents: a signature that does not cover them proves nothing about them."""
        if self.signature.parent is not None or not self.results or not self.contents.all_needed:
            return
        for item in contents_not_signed(self.signature, self.results, self.contents):
            self.findings.unclear(SubIndication.SIGNED_DATA_NOT_FOUND, "content-not-signed", name=item.name)

    def _stamps(self, pool: tuple[ParsedCertificate, ...], evidence: RevocationEvidence) -> Stamps:
        judge = StampJudge(
            signature=self.signature, references=self.results, context=self.context, pool=pool, evidence=evidence
        )
        return judge.judge()

    def _facts(
        self,
        certificate: ParsedCertificate | None,
        stamps: Stamps,
        pool: tuple[ParsedCertificate, ...],
        evidence: RevocationEvidence,
        *,
        bound: bool,
    ) -> SignatureFacts:
        return SignatureFacts(
            certificate=certificate,
            scheme=self.signature.scheme,
            digests=frozenset(result.digest for result in self.results if result.digest),
            bound=bound,
            signature_timestamps=stamps.signature,
            archive_timestamps=stamps.archive,
            content_timestamps=stamps.content,
            pool=pool,
            evidence=evidence,
            claimed_time=self.signature.signing_time,
        )

    def _written(
        self,
        integrity: Integrity,
        certificate: ParsedCertificate | None,
        stamps: Stamps,
        outcome: TrustOutcome,
    ) -> SignatureReport:
        own, conclusion, findings = self.signature, outcome.conclusion, self.findings
        worth = conclusion.qualification if conclusion else Qualification()
        scope = scope_of(own, self.results) if self.results else Scope.PARTIAL
        content = [result for result in content_references(self.results) if result.value is not None]
        return SignatureReport(
            indication=findings.indication,
            sub_indication=findings.sub_indication,
            integrity=integrity,
            modification=Modification.NONE if scope is Scope.FULL else Modification.UNDEFINED,
            level=outcome.level if own.qualifying else SignatureLevel.UNKNOWN,
            scope=scope,
            name=own.identifier,
            certificate=certificate.der if certificate else None,
            chain=conclusion.chain if conclusion else (),
            subject=subject_text(certificate) if certificate else "",
            signer_name=common_name(certificate) if certificate else "",
            person_id=person_id(certificate) if certificate else None,
            organisation_id=organisation_id(certificate) if certificate else None,
            claimed_time=own.signing_time,
            signed_at=outcome.signed_at,
            best_signature_time=outcome.best_signature_time,
            digest_algorithm=content[0].digest if content else "",
            signature_algorithm=own.scheme.name if own.scheme else "",
            qualification=worth.word,
            qualified_device=worth.device,
            trusted_list=worth.source,
            content_digest=named_digest(own, self.results, self.contents),
            counter_signature=own.parent is not None,
            timestamps=tuple(s.report for s in (*stamps.content, *stamps.signature, *stamps.archive)),
            revocation=conclusion.revocation if conclusion else (),
            reasons=findings.reasons,
        )
