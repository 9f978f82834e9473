"""Time-stamps of an XML signature: which octets each of them covers (EN 319 132-1 clauses 5.2.8, 5.3 and 5.5)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from lxml import etree

from msign.pki import algorithms
from msign.pki.certificate import ParsedCertificate
from msign.pki.evidence import RevocationEvidence
from msign.validation.context import ValidationContext
from msign.validation.process import earliest
from msign.validation.timestamping import TimestampConclusion, judge_timestamp
from msign.validation.xades import canonical
from msign.validation.xades.references import Kind, ReferenceResult
from msign.validation.xades.structure import XadesSignature
from msign.validation.xades.xml import XADES_141, XmlRefusedError, children, decode_base64, ds, text_of

MAX_STAMPS = 32
_SIG_AND_REFS = frozenset({"SigAndRefsTimeStamp", "SigAndRefsTimeStampV2"})
_REFERRED = frozenset({
    "SignatureTimeStamp", "CompleteCertificateRefs", "CompleteCertificateRefsV2", "CompleteRevocationRefs",
    "AttributeCertificateRefs", "AttributeCertificateRefsV2", "AttributeRevocationRefs",
})  # fmt: skip
_CONTENT_STAMPS = ("AllDataObjectsTimeStamp", "IndividualDataObjectsTimeStamp")


@dataclass(frozen=True, slots=True)
class Stamps:
    """The time-stamps of a signature, judged."""

    signature: tuple[TimestampConclusion, ...]
    archive: tuple[TimestampConclusion, ...]
    content: tuple[TimestampConclusion, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StampJudge:
    """Judges the time-stamps of one signature; archive ones first, since they prove when the others existed."""

    signature: XadesSignature
    references: Sequence[ReferenceResult]
    context: ValidationContext
    pool: tuple[ParsedCertificate, ...]
    evidence: RevocationEvidence

    def judge(self) -> Stamps:
        """Return all of them. A token outside the signature's own properties is none of its time-stamps."""
        archive = self._archive()
        proven = earliest(archive)
        stamped = [
            conclusion
            for element in self.signature.unsigned_named("SignatureTimeStamp")[:MAX_STAMPS]
            for conclusion in self._judged(element, [self._signature_octets(element)], "signature", proven)
        ]
        return Stamps((*stamped, *self._sig_and_refs(proven)), archive, tuple(self._content(proven)))

    def _sig_and_refs(self, proven: dt.datetime | None) -> Iterator[TimestampConclusion]:
        """SigAndRefs time-stamps (annex A.1.5.1): over the value, earlier time-stamps and the references to evidence.

        They cover the signature value, so each proves that the signature existed. Those over references only do not.
        """
        stamps = [item for item in self.signature.unsigned if _local(item) in _SIG_AND_REFS]
        for element in stamps[:MAX_STAMPS]:
            yield from self._judged(element, [self._sig_and_refs_octets(element)], "references", proven)

    def _sig_and_refs_octets(self, stamp: etree._Element) -> bytes | None:
        method, parts = _method(stamp), [self._signature_octets(stamp)]
        for item in self.signature.unsigned:
            if item is stamp:
                break
            if _local(item) in _REFERRED:
                parts.append(_canonical(item, method))
        return b"".join(p for p in parts if p is not None) if all(p is not None for p in parts) else None

    def _judged(
        self, element: etree._Element, readings: Sequence[bytes | None], kind: str, proven: dt.datetime | None
    ) -> Iterator[TimestampConclusion]:
        """Judge every token of an element against each reading of what it covers; the first that fits counts."""
        for token in _tokens(element):
            conclusions = [
                judge_timestamp(
                    token,
                    _digests(data),
                    kind=kind,
                    context=self.context,
                    pool=self.pool,
                    evidence=self.evidence,
                    proven_at=proven,
                )
                for data in readings
            ]
            yield next((c for c in conclusions if c.intact), conclusions[0])

    def _signature_octets(self, element: etree._Element) -> bytes | None:
        """Clause 5.3: the canonical ds:SignatureValue element."""
        value = self.signature.value_element
        return _canonical(value, _method(element)) if value is not None else None

    def _archive(self) -> tuple[TimestampConclusion, ...]:
        """Newest first: each proves when the ones before it existed."""
        found: list[TimestampConclusion] = []
        stamps = [item for item in self.signature.unsigned if _is_archive(item, self.signature)]
        for element in reversed(stamps[:MAX_STAMPS]):
            readings = [self._archive_octets(element, skip_referenced=skip) for skip in (True, False)]
            found += self._judged(element, readings, "archive", earliest(found))
        return tuple(found)

    def _archive_octets(self, stamp: etree._Element, *, skip_referenced: bool) -> bytes | None:
        """Clause 5.5.2.2: references, SignedInfo, value, KeyInfo, unsigned properties before it, other objects.

        Editions differ in whether objects that a reference covers come a second time; both readings are tried.
        """
        method, own = _method(stamp), self.signature
        parts: list[bytes | None] = [reference.data for reference in self.references if reference.data is not None]
        if len(parts) < len(self.references):
            parts = [self._reference_octets(reference) for reference in self.references]
        parts += [_canonical(e, method) for e in (own.signed_info, own.value_element, own.key_info) if e is not None]
        for item in own.unsigned:
            if item is stamp:
                break
            parts.append(_canonical(item, method))
        covered = [reference.target for reference in self.references]
        for item in own.objects:
            holds_properties = any(q.getparent() is item for q in own.qualifying)
            if not holds_properties and not (skip_referenced and item in covered):
                parts.append(_canonical(item, method))
        return b"".join(p for p in parts if p is not None) if all(p is not None for p in parts) else None

    @staticmethod
    def _reference_octets(reference: ReferenceResult) -> bytes | None:
        if reference.data is not None:
            return reference.data
        return reference.content.octets() if reference.content is not None else None

    def _content(self, proven: dt.datetime | None) -> Iterator[TimestampConclusion]:
        """Clause 5.2.8: over the references to content (all of them, or those that Include names)."""
        holder = self.signature.signed_properties
        path = self.signature.q("SignedDataObjectProperties")
        properties = holder.find(path) if holder is not None else None
        for element in children(properties) if properties is not None else []:
            name = etree.QName(element).localname
            if name in _CONTENT_STAMPS:
                yield from self._judged(element, [self._content_octets(element, name)], "content", proven)

    def _content_octets(self, element: etree._Element, name: str) -> bytes | None:
        wanted = {i.get("URI", "").lstrip("#") for i in element.findall(self.signature.q("Include"))}
        parts: list[bytes | None] = []
        for result, reference in zip(self.references, self.signature.references, strict=True):
            chosen = reference.get("Id") in wanted if name != _CONTENT_STAMPS[0] else result.kind is not Kind.PROPERTIES
            if chosen:
                parts.append(self._reference_octets(result))
        return b"".join(p for p in parts if p is not None) if parts and all(p is not None for p in parts) else None


def _is_archive(element: etree._Element, signature: XadesSignature) -> bool:
    return element.tag in (f"{{{XADES_141}}}ArchiveTimeStamp", signature.q("ArchiveTimeStamp"))


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname


def _method(element: etree._Element) -> str:
    found = element.find(ds("CanonicalizationMethod"))
    return found.get("Algorithm", canonical.C14N) if found is not None else canonical.C14N


def _canonical(element: etree._Element, method: str) -> bytes | None:
    try:
        return canonical.canonical(element, method)
    except XmlRefusedError:
        return None


def _tokens(element: etree._Element) -> list[bytes]:
    found = [item for item in children(element) if etree.QName(item).localname == "EncapsulatedTimeStamp"]
    return [decode_base64(text_of(item)) or b"" for item in found[:MAX_STAMPS]]


def _digests(data: bytes | None) -> Callable[[str], bytes]:
    """Data that could not be established has no digest: nothing is equal to it."""
    return lambda name: algorithms.digest(name, data) if data is not None else b""
