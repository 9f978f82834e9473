"""What a signature's references reach, and whether the digests hold (XML-DSig clause 4.4.3, EN 319 132-1 clause 4)."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from urllib.parse import unquote

from lxml import etree

from msign.pki import algorithms
from msign.validation.detached import DetachedContent, DetachedContents
from msign.validation.xades import canonical, transforms
from msign.validation.xades.names import digest_name
from msign.validation.xades.structure import XadesSignature
from msign.validation.xades.transforms import Data, NodeSet
from msign.validation.xades.xml import XmlRefusedError, children, decode_base64, ds, within

_XPOINTER_ID = re.compile(r"#xpointer\(id\(['\"]([^'\"]+)['\"]\)\)")
_COUNTER_TYPE = "http://uri.etsi.org/01903#CountersignedSignature"
_PROPERTIES_TYPE = re.compile(r"http://uri\.etsi\.org/01903/?(?:v[\d.]+)?#SignedProperties")


class Outcome(enum.StrEnum):
    """What became of a reference."""

    HOLDS = "reference-holds"
    DIGEST_DIFFERS = "reference-digest-differs"
    NOT_FOUND = "reference-not-found"
    NOT_ALLOWED = "reference-transform-not-allowed"
    AMBIGUOUS = "reference-ambiguous"
    MISPLACED = "reference-misplaced"
    ALGORITHM_UNKNOWN = "reference-digest-unknown"


class Kind(enum.StrEnum):
    """What a reference is for."""

    CONTENT = "content"
    PROPERTIES = "properties"
    KEY_INFO = "key-info"
    OWN_PART = "own-part"  # SignatureProperties and the like
    COUNTERSIGNED = "countersigned"
    MANIFEST = "manifest"


@dataclass(frozen=True, slots=True)
class ReferenceResult:
    """One reference, resolved. ``data`` are the octets that were digested."""

    uri: str | None
    outcome: Outcome
    kind: Kind
    digest: str = ""
    value: bytes | None = None
    target: etree._Element | None = None
    content: DetachedContent | None = None
    data: bytes | None = None
    whole: bool = False  # the whole document
    narrowed: bool = False  # transforms took content away
    entries: tuple[ReferenceResult, ...] = ()  # of a manifest

    @property
    def holds(self) -> bool:
        """Tell whether the digest holds."""
        return self.outcome is Outcome.HOLDS


@dataclass(frozen=True, slots=True)
class _Source:
    """Where a reference's data come from before transforms."""

    data: Data | None = None
    content: DetachedContent | None = None
    target: etree._Element | None = None
    problem: Outcome | None = None


@dataclass(frozen=True, slots=True)
class ReferenceResolver:
    """Resolves the references of one signature, inside its document and the contents handed over; nowhere else."""

    signature: XadesSignature
    contents: DetachedContents

    def resolve_all(self) -> tuple[ReferenceResult, ...]:
        """Return every reference of SignedInfo."""
        return tuple(self.resolve(element) for element in self.signature.references)

    def resolve(self, reference: etree._Element, *, in_manifest: bool = False) -> ReferenceResult:
        """Return what one reference reaches and whether its digest holds."""
        uri = reference.get("URI")
        method = reference.find(ds("DigestMethod"))
        name = digest_name(method.get("Algorithm") if method is not None else None)
        stated = decode_base64(reference.findtext(ds("DigestValue")) or "")
        source = self._source(uri, in_manifest=in_manifest)
        kind = self._kind(reference, source)

        def result(outcome: Outcome, **more: object) -> ReferenceResult:
            return ReferenceResult(
                uri, outcome, more.pop("kind", kind), name, stated, source.target, source.content, **more  # type: ignore[arg-type]
            )  # fmt: skip

        if algorithms.digest_class(name) is None:
            return result(Outcome.ALGORITHM_UNKNOWN)
        if source.problem is not None:
            return result(source.problem)
        found = reference.find(ds("Transforms"))
        steps = children(found) if found is not None else []
        if source.content is not None and not steps:
            return result(_compared(source.content.digest(name), stated, missing=Outcome.NOT_FOUND))
        document = self.signature.document
        try:
            document.budget.charge(document.size * sum(transforms.copies(step) for step in steps))
            data, narrowed = transforms.apply(
                self._whole(source), steps, self.signature.element, outside=source.content is not None
            )
            digested = transforms.octets(data)
            document.budget.charge(len(digested))
        except _NotAtHandError:
            return result(Outcome.NOT_FOUND)
        except XmlRefusedError:
            return result(Outcome.NOT_ALLOWED)
        return result(
            _compared(algorithms.digest(name, digested), stated),
            kind=Kind.PROPERTIES if self._is_own_properties(data, digested) else kind,
            data=digested,
            whole=_is_whole(data) and _is_whole(source.data),  # a part that was parsed anew is still a part
            narrowed=narrowed,
            entries=() if in_manifest else self._entries(source, kind),
        )

    def _whole(self, source: _Source) -> Data:
        if source.data is not None:
            return source.data
        octets = source.content.octets() if source.content is not None else None
        if octets is None:
            raise _NotAtHandError
        return octets

    def _source(self, uri: str | None, *, in_manifest: bool) -> _Source:
        """Dereference; only this document and the caller's contents exist (no network, no files)."""
        root = self.signature.document.root
        if uri is not None and uri in ("", "#xpointer(/)"):
            return _Source(NodeSet((root,), whole=True, comments=uri != ""), target=root)
        pointer = _XPOINTER_ID.fullmatch(uri or "")
        if uri is not None and (pointer or uri.startswith("#")):
            return self._inside(pointer[1] if pointer else unquote(uri[1:]), comments=pointer is not None)
        content = self.contents.named(unquote(uri)) if uri else None
        if content is None and (self._only_outside() or (in_manifest and not uri)):
            content = self.contents.anonymous
        if content is None and uri is None and len(self.contents.items) == 1 and self._only_outside():
            content = self.contents.items[0]
        return _Source(content=content) if content is not None else _Source(problem=Outcome.NOT_FOUND)

    def _only_outside(self) -> bool:
        """A content without a name fits only if there is no choice."""
        outside = [r for r in self.signature.references if _is_outside(r.get("URI"))]
        return len(outside) == 1

    def _inside(self, identifier: str, *, comments: bool) -> _Source:
        found = self.signature.document.with_id(identifier)
        if not found:
            return _Source(problem=Outcome.NOT_FOUND)
        if len(found) > 1:
            return _Source(problem=Outcome.AMBIGUOUS)
        target = found[0]
        if not self._well_placed(target):
            return _Source(target=target, problem=Outcome.MISPLACED)
        root = self.signature.document.root
        return _Source(NodeSet((target,), whole=target is root, comments=comments), target=target)

    def _well_placed(self, target: etree._Element) -> bool:
        """Inside a signature, an object counts only as a direct child: hidden deeper, it is wrapped up."""
        own = self.signature.element
        if target.tag == ds("Object"):
            return target.getparent() is own or not within(target, own)
        if _local(target) == "SignedProperties":
            return target is self.signature.signed_properties
        return True

    def _kind(self, reference: etree._Element, source: _Source) -> Kind:
        target, own = source.target, self.signature
        if target is None or target is own.document.root:
            return Kind.CONTENT
        if own.key_info is not None and within(target, own.key_info):
            return Kind.KEY_INFO
        if own.parent is not None and target is own.parent.value_element:
            return Kind.COUNTERSIGNED
        if target.tag == ds("Manifest") or reference.get("Type", "").endswith("#Manifest"):
            return Kind.MANIFEST
        return _kind_by_name(target, own)

    def _is_own_properties(self, data: Data, digested: bytes) -> bool:
        """Old profiles reach their properties by a filter over the whole document (XAdES 1.1.1)."""
        own = self.signature.signed_properties
        if own is None or not isinstance(data, NodeSet) or len(data.apexes) != 1 or data.apexes[0].tag != own.tag:
            return False
        return any(canonical.canonical(own, c) == digested for c in (canonical.C14N, canonical.EXCLUSIVE))

    def _entries(self, source: _Source, kind: Kind) -> tuple[ReferenceResult, ...]:
        if kind is not Kind.MANIFEST or source.target is None:
            return ()
        manifest = source.target if source.target.tag == ds("Manifest") else source.target.find(ds("Manifest"))
        found = manifest.findall(ds("Reference")) if manifest is not None else []
        return tuple(self.resolve(item, in_manifest=True) for item in found[:64])


class _NotAtHandError(Exception):
    """A content is known by its digest only, and transforms would need all of it."""


def _compared(found: bytes | None, stated: bytes | None, missing: Outcome = Outcome.DIGEST_DIFFERS) -> Outcome:
    if found is None:
        return missing
    return Outcome.HOLDS if found == stated else Outcome.DIGEST_DIFFERS


def _is_whole(data: Data | None) -> bool:
    return isinstance(data, NodeSet) and data.whole


def _is_outside(uri: str | None) -> bool:
    return uri is None or bool(uri and not uri.startswith("#"))


def _kind_by_name(target: etree._Element, own: XadesSignature) -> Kind:
    if target is own.signed_properties:
        return Kind.PROPERTIES
    parts = ("SignatureProperties", "SignatureProperty", "SignedProperties")
    return Kind.OWN_PART if _local(target) in parts else Kind.CONTENT


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname
