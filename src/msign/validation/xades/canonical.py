"""Canonicalisation of XML (C14N 1.0, 1.1 and exclusive), by an allow list."""

from __future__ import annotations

from lxml import etree

from msign.validation.xades.xml import XmlRefusedError, children

C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
C14N11 = "http://www.w3.org/2006/12/xml-c14n11"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
COMMENTS = "WithComments"
_XML = "{http://www.w3.org/XML/1998/namespace}"
_PLAIN = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, strip_cdata=True)
_CANONICALISATIONS = {
    C14N: (False, False), f"{C14N}#{COMMENTS}": (False, True),
    C14N11: (False, False), f"{C14N11}#{COMMENTS}": (False, True),
    EXCLUSIVE: (True, False), f"{EXCLUSIVE}{COMMENTS}": (True, True),
}  # fmt: skip


class UnsupportedTransformError(XmlRefusedError):
    """A transform that is not on the allow list, or not in a form that we are sure about."""

    def __init__(self, message: str) -> None:
        super().__init__("transform-not-allowed", message)


def is_canonicalisation(algorithm: str) -> bool:
    """Tell whether an algorithm identifier names a canonicalisation that we know."""
    return algorithm in _CANONICALISATIONS


def canonical(
    element: etree._Element, algorithm: str, *, prefixes: list[str] | None = None, comments: bool | None = None,
    whole: bool = False,
) -> bytes:  # fmt: skip
    """Return the canonical octets of a subtree (``whole``: of the document that it is the root of).

    ``comments`` overrides what the algorithm says. Raises :class:`UnsupportedTransformError` for an unknown algorithm.
    """
    if algorithm not in _CANONICALISATIONS:
        raise UnsupportedTransformError(f"canonicalisation {algorithm[:80]} is not known")
    exclusive, with_comments = _CANONICALISATIONS[algorithm]
    keep = with_comments if comments is None else with_comments and comments
    given = prefixes if exclusive else None
    try:
        apex = element if whole else _standing_alone(element, algorithm, exclusive=exclusive)
        return etree.tostring(
            apex.getroottree(), method="c14n", exclusive=exclusive, with_comments=keep, inclusive_ns_prefixes=given
        )
    except (etree.LxmlError, ValueError):  # such as a relative namespace name (C14N 1.0 clause 1.3)
        raise UnsupportedTransformError("this XML has no canonical form") from None


def _standing_alone(element: etree._Element, algorithm: str, *, exclusive: bool) -> etree._Element:
    """Return the subtree as a document of its own, with the namespaces that were in scope.

    Canonicalising it in place gives wrong default namespaces (libxml2 sees only the subtree), hence the second
    parsing. Inclusive canonicalisation takes over ``xml:`` attributes of ancestors (C14N 1.0 clause 2.4).
    """
    twin = etree.fromstring(etree.tostring(element, with_tail=False), _PLAIN)
    if exclusive:
        return twin
    for name, value in _inherited(element, algorithm).items():
        if name not in twin.attrib:
            twin.set(name, value)
    return twin


def _inherited(element: etree._Element, algorithm: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for ancestor in element.iterancestors():
        for name, value in ancestor.attrib.items():
            if str(name).startswith(_XML):
                found.setdefault(str(name), str(value))
    if algorithm.startswith(C14N11):
        found.pop(f"{_XML}id", None)
    return found


def prefixes_of(transform: etree._Element) -> list[str] | None:
    """Return the inclusive prefixes that an exclusive canonicalisation carries."""
    found = next((c for c in children(transform) if c.tag == f"{{{EXCLUSIVE}}}InclusiveNamespaces"), None)
    if found is None:
        return None
    return [prefix for prefix in (found.get("PrefixList") or "").split() if prefix != "#default"]
