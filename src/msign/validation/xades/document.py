"""The verdict on an XML document with signatures."""

from __future__ import annotations

from msign.validation.context import ValidationContext
from msign.validation.detached import DetachedContents
from msign.validation.model import DocumentReport, Reason, SignatureReport, Verdict
from msign.validation.verdict import document_verdict
from msign.validation.xades.judge import SignatureJudge
from msign.validation.xades.structure import find_signatures
from msign.validation.xades.xml import TooMuchWorkError, XmlRefusedError, parse_xml

MAX_SIGNATURES = 200


def validate_xades(xml: bytes, contents: DetachedContents, context: ValidationContext) -> DocumentReport:
    """Return the report on an XML document with XAdES (or plain XML-DSig) signatures.

    ``contents`` are what the caller says was signed outside of it. Nothing is fetched because of an address in the
    XML; entities and document types are refused. Never raises for what the document contains.
    """
    try:
        document = parse_xml(xml)
    except XmlRefusedError as refusal:
        return _report(context, Verdict.UNKNOWN, (), refused=refusal.refusal, detail=refusal.message)
    signatures = find_signatures(document)
    if len(signatures) > MAX_SIGNATURES:
        return _report(context, Verdict.UNKNOWN, (), refused="too-many-signatures", detail=str(len(signatures)))
    try:
        reports = tuple(SignatureJudge(signature, contents, context).judge() for signature in signatures)
    except TooMuchWorkError as refusal:
        return _report(context, Verdict.UNKNOWN, (), refused=refusal.refusal, detail=refusal.message)
    return _report(context, document_verdict(reports), reports)


def _report(
    context: ValidationContext,
    verdict: Verdict,
    signatures: tuple[SignatureReport, ...],
    refused: str | None = None,
    detail: str = "",
) -> DocumentReport:
    return DocumentReport(
        format="xades",
        verdict=verdict,
        signatures=signatures,
        refused=refused,
        reasons=(Reason(refused, facts=(("detail", detail),)),) if refused else (),
        policy=context.policy.name,
        policy_version=context.policy.version,
        validated_at=context.now(),
    )
