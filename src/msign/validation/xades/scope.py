"""How much of what is shown do the references cover? A part is never the whole (anchors A5, wrapping)."""

from __future__ import annotations

from collections.abc import Sequence

from lxml import etree

from msign.kernel.limits import HASH_LENGTHS
from msign.pki import algorithms
from msign.validation.detached import DetachedContent, DetachedContents
from msign.validation.model import Scope
from msign.validation.xades.references import Kind, ReferenceResult
from msign.validation.xades.structure import XadesSignature
from msign.validation.xades.xml import XADES_NAMESPACES, children, decode_base64, ds, within

_JUDGED_OTHERWISE = (ds("SignedInfo"), ds("SignatureValue"), ds("Object"))
_PROPERTIES = tuple(f"{{{namespace}}}SignedProperties" for namespace in XADES_NAMESPACES)
# Namespaces of keys, signatures and evidence.
_OWN_TRADE = (
    "{http://uri.etsi.org/", "{http://www.w3.org/2000/09/xmldsig#", "{http://www.w3.org/2001/04/xmldsig-more#",
    "{http://www.w3.org/2009/xmldsig11#", "{http://www.w3.org/2001/04/xmlenc#", "{urn:ietf:params:xml:ns:ers}",
    "{http://docs.oasis-open.org/wss/", "{http://www.w3.org/2001/10/xml-exc-c14n#",
)  # fmt: skip
# A comment in the midst of a text is not signed, and some programs read the text before it only.
_SPLIT = etree.XPath(
    "boolean(descendant::comment()[normalize-space(preceding-sibling::node()[1][self::text()])"
    " and normalize-space(following-sibling::node()[1][self::text()])])"
)
_NOTHING_SHOWN = (Kind.PROPERTIES, Kind.KEY_INFO, Kind.OWN_PART)


def content_references(results: Sequence[ReferenceResult]) -> list[ReferenceResult]:
    """Return the references that reach content, and not only parts of the signature itself."""
    return [result for result in results if result.kind not in _NOTHING_SHOWN]


def scope_of(signature: XadesSignature, results: Sequence[ReferenceResult]) -> Scope:
    """Return FULL if everything around and inside the signature is covered, else PARTIAL."""
    content = content_references(results)
    if signature.parent is not None:
        return Scope.FULL
    targets = [target for result in content for target in _targets(result)]
    whole = any(result.whole or result.target is signature.document.root for result in content)
    if any(result.narrowed for result in content):
        return Scope.PARTIAL
    if any(_SPLIT(target) for target in targets):
        return Scope.PARTIAL
    around = whole or _nothing_around(signature, targets)
    # What reaches the signature from outside leaves it out (enveloped), so only references into it cover its objects.
    own = [target for target in targets if within(target, signature.element)]
    inside = all(_covered(item, own) for item in signature.objects if not _holds_properties(item, signature))
    return Scope.FULL if around and inside and not _stowaways(signature, own) else Scope.PARTIAL


def _stowaways(signature: XadesSignature, targets: Sequence[etree._Element]) -> bool:
    """Whether elements of other trades hide in the parts of the signature that it does not sign.

    Programs that look for content anywhere in a document find them there.
    """
    zones = [zone for zone in signature.element if zone.tag not in _JUDGED_OTHERWISE]
    for qualifying in signature.qualifying:
        zones += [zone for zone in qualifying if zone.tag not in _PROPERTIES]
    return any(
        not str(element.tag).startswith(_OWN_TRADE) and not any(within(element, target) for target in targets)
        for zone in zones
        for element in zone.iter(etree.Element)
    )


def _targets(result: ReferenceResult) -> list[etree._Element]:
    found = [result.target] if result.target is not None else []
    return found + [entry.target for entry in result.entries if entry.target is not None and entry.holds]


def _nothing_around(signature: XadesSignature, targets: Sequence[etree._Element]) -> bool:
    """Outside the signatures there is nothing but what the references reach, and containers around it."""
    return _only_signatures(signature.document.root, targets)


def _only_signatures(element: etree._Element, targets: Sequence[etree._Element]) -> bool:
    if element.tag == ds("Signature") or any(element is target for target in targets):
        return True
    if (element.text or "").strip() or any((c.tail or "").strip() for c in element) or not len(element):
        return False
    return all(_only_signatures(child, targets) for child in children(element))


def _holds_properties(item: etree._Element, signature: XadesSignature) -> bool:
    own = any(found.getparent() is item for found in signature.qualifying) and len(children(item)) == 1
    return own and not "".join(str(text) for text in (item.text, *(child.tail for child in item)) if text).strip()


def _covered(item: etree._Element, targets: Sequence[etree._Element]) -> bool:
    if any(within(item, target) and target.tag != ds("Signature") for target in targets):
        return True
    inner = children(item)
    return bool(inner) and all(any(within(child, target) for target in targets) for child in inner)


def contents_not_signed(
    signature: XadesSignature, results: Sequence[ReferenceResult], contents: DetachedContents
) -> list[DetachedContent]:
    """Return the contents of the caller that no reference of the signature covers.

    A content counts as covered by a reference to it, by a manifest entry, by an enveloped object with the same
    octets, or, in the legacy form over hash bytes, by an object whose base64 text is the posted hash.
    """
    entries = [entry for result in results for entry in (result, *(e for e in result.entries if e.holds))]
    return [item for item in contents.items if not _is_signed(item, entries, signature)]


def _is_signed(item: DetachedContent, entries: Sequence[ReferenceResult], signature: XadesSignature) -> bool:
    for entry in entries:
        if entry.content is item:
            return True
        if entry.holds and entry.data is not None and entry.kind is Kind.CONTENT and _same(item, entry.data):
            return True
        inner = _enclosed(entry, signature)
        if inner and (_same(item, inner) or _is_digest_of(item, inner)):
            return True
    return False


def named_digest(
    signature: XadesSignature, results: Sequence[ReferenceResult], contents: DetachedContents
) -> bytes | None:
    """Return the digest of the one content that the signature names; ``None`` if it names several, or nothing.

    In the legacy form over hash bytes that is the caller's hash in the object, not the digest of the object around it.
    """
    named = [result for result in content_references(results) if result.value is not None]
    if len(named) != 1:
        return None
    inner = _enclosed(named[0], signature)
    posted = any(_is_digest_of(item, inner) for item in contents.items) if inner else False
    return inner if posted else named[0].value


def _enclosed(entry: ReferenceResult, signature: XadesSignature) -> bytes:
    """Return the octets whose base64 text fills the signature's own object that the reference reaches, if any."""
    if not entry.holds or entry.target is None or entry.target not in signature.objects:
        return b""
    return decode_base64("".join(str(text) for text in entry.target.itertext())) or b""


def _is_digest_of(item: DetachedContent, value: bytes) -> bool:
    """The legacy form signs the octets of a hash: its length tells the algorithm (wire contract 5)."""
    return len(value) in HASH_LENGTHS and item.digest(HASH_LENGTHS[len(value)]) == value


def _same(item: DetachedContent, data: bytes) -> bool:
    if item.data is not None:
        return item.data == data
    names = list(item.digests) or ["sha256"]
    return any(item.digest(name) == algorithms.digest(name, data) for name in names)
