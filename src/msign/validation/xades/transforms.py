"""Canonicalisation and transforms of XML-DSig, by an allow list. XSLT and anything unknown is refused."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass
from typing import cast

from lxml import etree

from msign.validation.xades.canonical import (
    C14N,
    UnsupportedTransformError,
    canonical,
    is_canonicalisation,
    prefixes_of,
)  # fmt: skip
from msign.validation.xades.xml import DS, children, decode_base64, ds, parse_xml, within

ENVELOPED = f"{DS}enveloped-signature"
BASE64 = f"{DS}base64"
XPATH = "http://www.w3.org/TR/1999/REC-xpath-19991116"
FILTER2 = "http://www.w3.org/2002/06/xmldsig-filter2"

MAX_TRANSFORMS = 8
MAX_XPATH = 300
_WITHOUT_NAMED = re.compile(r"not\(ancestor-or-self::(?:([\w.-]+):)?([\w.-]+)\)")
_HERE = re.compile(r"here\(\)/ancestor::(?:[\w.-]+:)?Signature\[1\]")
_FUNCTIONS = frozenset({"local-name", "namespace-uri", "name", "starts-with", "not", "text", "node", "id"})
_PREDICATE = re.compile(r"\[([^\]]*)\]")
_AXIS = re.compile(r"([\w-]+)::")
_AXES = frozenset({"child", "self", "descendant", "ancestor", "ancestor-or-self", "attribute"})
_CALL = re.compile(r"([\w-]+)\s*\(")


@dataclass(frozen=True, slots=True)
class NodeSet:
    """Whole subtrees of a document: ``apexes`` in document order; ``whole`` when the apex is the document itself.

    ``narrowed`` tells that a transform took content away beyond the signature that envelops.
    """

    apexes: tuple[etree._Element, ...]
    whole: bool
    comments: bool
    narrowed: bool = False


Data = bytes | NodeSet


def copies(transform: etree._Element) -> bool:
    """Tell whether a transform copies the whole document."""
    return transform.get("Algorithm") in (ENVELOPED, XPATH, FILTER2)


def counterpart(element: etree._Element, root: etree._Element) -> etree._Element:
    """Return the element at the same place in a copy of the document."""
    steps = []
    while (parent := element.getparent()) is not None:
        steps.append(parent.index(element))
        element = parent
    for step in reversed(steps):
        root = root[step]
    return root


def octets(data: Data) -> bytes:
    """Return what is digested: octets as they are, a node set by C14N 1.0 (XML-DSig clause 4.4.3.2)."""
    return data if isinstance(data, bytes) else _canonical_set(data, C14N, None)


def _canonical_set(nodes: NodeSet, algorithm: str, prefixes: list[str] | None) -> bytes:
    return b"".join(
        canonical(apex, algorithm, prefixes=prefixes, comments=nodes.comments, whole=nodes.whole)
        for apex in nodes.apexes
    )


def apply(
    data: Data, transforms: list[etree._Element], signature: etree._Element, *, outside: bool = False
) -> tuple[Data, bool]:
    """Return ``data`` after all transforms, and whether any of them took content away.

    ``outside``: the data are no part of the signature's document, so nothing in them is the signature itself.
    Raises :class:`UnsupportedTransformError`.
    """
    if len(transforms) > MAX_TRANSFORMS:
        raise UnsupportedTransformError("too many transforms")
    path = None if outside else _place(signature)
    narrowed = False
    for transform in transforms:
        narrowed = narrowed or _keeps_text_only(data, transform)
        data = _one(data, transform, path, signature)
        narrowed = narrowed or (isinstance(data, NodeSet) and data.narrowed)
    return data, narrowed


def _keeps_text_only(data: Data, transform: etree._Element) -> bool:
    """Base64 decoding drops names, attributes and structure; inside an object of the signature they say nothing."""
    if transform.get("Algorithm") != BASE64 or not isinstance(data, NodeSet):
        return False
    return any(apex.tag != ds("Object") or len(children(apex)) > 0 for apex in data.apexes)


def _place(element: etree._Element) -> list[int]:
    steps = []
    while (parent := element.getparent()) is not None:
        steps.append(parent.index(element))
        element = parent
    return steps[::-1]


def _one(data: Data, transform: etree._Element, place: list[int] | None, signature: etree._Element) -> Data:
    algorithm = transform.get("Algorithm", "")
    if is_canonicalisation(algorithm):
        prefixes = prefixes_of(transform)
        return _canonical_set(_nodes(data), algorithm, prefixes)
    if algorithm == ENVELOPED:
        return _without_signature(_nodes(data), place, signature)
    if algorithm == BASE64:
        return _decoded(data)
    if algorithm == XPATH:
        return _xpath(_nodes(data), transform)
    if algorithm == FILTER2:
        return _filter2(_nodes(data), transform, place, signature)
    raise UnsupportedTransformError(f"transform {algorithm[:80]} is not allowed")


def _nodes(data: Data) -> NodeSet:
    if isinstance(data, NodeSet):
        return data
    return NodeSet((parse_xml(data).root,), whole=True, comments=True)


def _decoded(data: Data) -> bytes:
    text = data.decode("ascii", "replace") if isinstance(data, bytes) else "".join(
        "".join(str(t) for t in apex.itertext(etree.Element)) for apex in data.apexes
    )  # fmt: skip
    decoded = decode_base64(text)
    if decoded is None:
        raise UnsupportedTransformError("the content is not base64")
    return decoded


def _copied(nodes: NodeSet) -> list[etree._Element]:
    """Return the apexes in a copy of their document, so that taking parts away does no harm."""
    if len(nodes.apexes) != 1:
        raise UnsupportedTransformError("a transform after one that gave several subtrees")
    root = copy.deepcopy(nodes.apexes[0].getroottree()).getroot()
    return [counterpart(apex, root) for apex in nodes.apexes]


def _remove(element: etree._Element) -> None:
    """Take an element out and leave the text that followed it."""
    parent = element.getparent()
    if parent is None:
        raise UnsupportedTransformError("a transform takes the whole document away")
    tail, before = element.tail, element.getprevious()
    if tail and before is not None:
        before.tail = (before.tail or "") + tail
    elif tail:
        parent.text = (parent.text or "") + tail
    element.tail = None
    parent.remove(element)


def _without_signature(nodes: NodeSet, place: list[int] | None, signature: etree._Element) -> NodeSet:
    apex = nodes.apexes[0]
    if place is None:
        raise UnsupportedTransformError("the enveloped-signature transform works on the signature's own document")
    if apex.getroottree().getroot() is not signature.getroottree().getroot() and not _same_shape(apex, place):
        raise UnsupportedTransformError("the enveloped-signature transform works on the signed document only")
    [twin] = _copied(nodes)
    target = twin.getroottree().getroot()
    for step in place:
        target = target[step]
    if target.tag != ds("Signature") or not within(target, twin) or target is twin:
        raise UnsupportedTransformError("the signature is not inside what it signs")
    _remove(target)
    return NodeSet((twin,), nodes.whole, nodes.comments, nodes.narrowed)


def _same_shape(apex: etree._Element, place: list[int]) -> bool:
    """Tell whether the signature's place still exists in a document that an earlier transform copied."""
    target = apex.getroottree().getroot()
    for step in place:
        if step >= len(target):
            return False
        target = target[step]
    return target.tag == ds("Signature")


def _xpath(nodes: NodeSet, transform: etree._Element) -> NodeSet:
    """XPath 1.0 filtering, only in the form ``not(ancestor-or-self::name)``, joined by ``and``."""
    holder = transform.find(ds("XPath"))
    expression = re.sub(r"\s+", "", holder.text or "") if holder is not None else ""
    names = []
    for part in re.split(r"and(?=not\()", expression):
        match = _WITHOUT_NAMED.fullmatch(part)
        namespace = holder.nsmap.get(match[1]) if match and holder is not None and match[1] else None
        if match is None or (match[1] and namespace is None):
            raise UnsupportedTransformError("this XPath expression is not allowed")
        names.append(f"{{{namespace}}}{match[2]}" if namespace else match[2])
    [twin] = _copied(nodes)
    for name in names:
        for element in list(twin.iter(name)):
            if element is twin:
                raise UnsupportedTransformError("a transform takes the whole document away")
            _remove(element)
    narrowed = nodes.narrowed or any(name != ds("Signature") for name in names)
    return NodeSet((twin,), nodes.whole, nodes.comments, narrowed)


def _filter2(nodes: NodeSet, transform: etree._Element, place: list[int] | None, signature: etree._Element) -> NodeSet:
    """XPath Filter 2.0 (subtract and intersect of whole subtrees); ``union`` is refused."""
    for step in children(transform):
        expression, kind = (step.text or "").strip(), step.get("Filter")
        if kind == "subtract" and _HERE.fullmatch(re.sub(r"\s+", "", expression)):
            nodes = _without_signature(nodes, place, signature)
        elif kind == "subtract":
            nodes = _subtracted(nodes, expression, step)
        elif kind == "intersect":
            nodes = _intersected(nodes, expression, step)
        else:
            raise UnsupportedTransformError("this XPath filter is not allowed")
    return nodes


def _selected(apex: etree._Element, expression: str, step: etree._Element) -> list[etree._Element]:
    """Evaluate a bounded expression on the document of ``apex``; elements only."""
    if not _harmless(expression):
        raise UnsupportedTransformError("this XPath expression is not allowed")
    spaces = {prefix: uri for prefix, uri in step.nsmap.items() if prefix}
    try:
        found = apex.getroottree().xpath(expression, namespaces=spaces)
    except etree.XPathError:
        raise UnsupportedTransformError("an XPath expression cannot be evaluated") from None
    if not isinstance(found, list) or not all(etree.iselement(item) for item in found):
        raise UnsupportedTransformError("an XPath filter must select elements")
    return cast("list[etree._Element]", found)  # noqa: SLF001


def _harmless(expression: str) -> bool:
    """Linear in the document: few steps through everything, no paths inside predicates, no axes that go sideways."""
    if len(expression) > MAX_XPATH or expression.count("//") > 2 or expression.count("[") > 2:
        return False
    if any("/" in inner or "[" in inner or "::" in inner for inner in _PREDICATE.findall(expression)):
        return False
    calls, axes = set(_CALL.findall(expression)) - {"and", "or"}, set(_AXIS.findall(expression))
    return calls <= _FUNCTIONS and axes <= _AXES


def _subtracted(nodes: NodeSet, expression: str, step: etree._Element) -> NodeSet:
    [twin] = _copied(nodes)
    chosen = [e for e in _selected(twin, expression, step) if within(e, twin)]
    for element in chosen:
        if element is twin:
            raise UnsupportedTransformError("a transform takes the whole document away")
        if element.getparent() is not None:
            _remove(element)
    signatures = all(element.tag == ds("Signature") for element in chosen)
    return NodeSet((twin,), nodes.whole, nodes.comments, nodes.narrowed or not signatures)


def _intersected(nodes: NodeSet, expression: str, step: etree._Element) -> NodeSet:
    apex = nodes.apexes[0]
    chosen = [e for e in _selected(apex, expression, step) if within(e, apex)]
    if apex in chosen:
        return nodes
    outer = [e for e in chosen if not any(other is not e and within(e, other) for other in chosen)]
    return NodeSet(tuple(outer), whole=False, comments=nodes.comments, narrowed=True)
