"""Reading hostile XML: no document type, no entities, no network, bounded size and depth, no ambiguous identifiers."""

from __future__ import annotations

import binascii
from dataclasses import dataclass, field
from functools import cached_property

from lxml import etree

from msign.kernel.errors import Code, MSignError
from msign.kernel.limits import MIB

DS = "http://www.w3.org/2000/09/xmldsig#"
XADES_141 = "http://uri.etsi.org/01903/v1.4.1#"
XADES_NAMESPACES = (
    "http://uri.etsi.org/01903/v1.3.2#",
    "http://uri.etsi.org/01903/v1.2.2#",
    "http://uri.etsi.org/01903/v1.1.1#",
)
MAX_XML_BYTES = 32 * MIB
MAX_ATTRIBUTES = 1_000  # of one element; honest ones have ten
FREE_WORK, WORK_PER_OCTET = 24 * MIB, 4
_ID_NAMES = ("Id", "ID", "id", "{http://www.w3.org/XML/1998/namespace}id")

_CROWDED = etree.XPath(f"boolean(//@*[{MAX_ATTRIBUTES + 1}])")


class XmlRefusedError(MSignError):
    """XML that is not looked at any further; ``refusal`` is the stable code of the reason."""

    def __init__(self, refusal: str, message: str) -> None:
        super().__init__(Code.UNREADABLE_DOCUMENT, message)
        self.refusal = refusal


class TooMuchWorkError(MSignError):
    """A document whose signatures make work out of proportion to its size."""

    refusal = "too-much-work"

    def __init__(self) -> None:
        super().__init__(Code.LIMIT_EXCEEDED, "the signatures refer to more than the limit allows to process")


@dataclass(slots=True)
class Budget:
    """Octets that may be copied, canonicalised and kept for one document: many references to much content add up."""

    left: int

    def charge(self, octets: int) -> None:
        """Take octets off. Raises :class:`TooMuchWorkError` when nothing is left."""
        self.left -= octets
        if self.left < 0:
            raise TooMuchWorkError


@dataclass(frozen=True)
class XmlDocument:
    """A parsed document, its size in octets, its identifiers and what may still be done with it."""

    root: etree._Element
    size: int = 0
    budget: Budget = field(default_factory=lambda: Budget(FREE_WORK))

    @property
    def tree(self) -> etree._ElementTree:
        """Return the tree, comments and processing instructions around the root included."""
        return self.root.getroottree()

    @cached_property
    def _by_id(self) -> dict[str, list[etree._Element]]:
        table: dict[str, list[etree._Element]] = {}
        for element in self.root.iter(etree.Element):
            for name in _ID_NAMES:
                value = element.get(name)
                if value is not None:
                    holders = table.setdefault(value, [])
                    if not holders or holders[-1] is not element:  # under two names of attributes
                        holders.append(element)
        return table

    def with_id(self, identifier: str) -> list[etree._Element]:
        """Return every element with that identifier; more than one is an attack or a defect."""
        return self._by_id.get(identifier, [])


def parse_xml(data: bytes) -> XmlDocument:
    """Return the document.

    Raises :class:`XmlRefusedError`: ``xml-too-large``, ``xml-doctype``, ``xml-malformed``, ``too-much-work``.
    """
    if len(data) > MAX_XML_BYTES:
        raise XmlRefusedError("xml-too-large", f"more than {MAX_XML_BYTES // MIB} MB of XML")
    if _declares_doctype(data):
        raise XmlRefusedError("xml-doctype", "a document type declaration is not accepted")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
        remove_blank_text=False, remove_comments=False, remove_pis=False, strip_cdata=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        if getattr(error, "code", 0) == etree.ErrorTypes.ERR_NO_MEMORY:
            raise MemoryError from None
        raise XmlRefusedError("xml-malformed", f"not well-formed XML: {str(error)[:200]}") from None
    if root.getroottree().docinfo.internalDTD is not None or any(True for _ in root.iter(etree.Entity)):
        raise XmlRefusedError("xml-doctype", "a document type declaration is not accepted")
    if _CROWDED(root):  # they are made canonical in the square of their number
        raise XmlRefusedError("too-much-work", f"an element with more than {MAX_ATTRIBUTES} attributes")
    return XmlDocument(root, len(data), Budget(FREE_WORK + WORK_PER_OCTET * len(data)))


def _declares_doctype(data: bytes) -> bool:
    """Look in the common encodings before the parser sees anything; the parsed document is asked again."""
    head = data[: 64 * 1024]
    return b"<!DOCTYPE" in head or b"<\x00!\x00D\x00O\x00C" in head or b"\x00<\x00!\x00D\x00O\x00C" in head


def ds(name: str) -> str:
    """Return a qualified name of XML-DSig."""
    return f"{{{DS}}}{name}"


def text_of(element: etree._Element | None) -> str:
    """Return the text directly inside an element, without outer white space."""
    return (element.text or "").strip() if element is not None else ""


def decode_base64(text: str) -> bytes | None:
    """Return the octets of base64 text with any white space; ``None`` if it is something else."""
    try:
        return binascii.a2b_base64("".join(text.split()), strict_mode=True)
    except (binascii.Error, ValueError):
        return None


def children(element: etree._Element) -> list[etree._Element]:
    """Return the element children, without comments and processing instructions."""
    return list(element.iterchildren(etree.Element))


def within(element: etree._Element, ancestor: etree._Element) -> bool:
    """Tell whether ``element`` is ``ancestor`` or inside it."""
    return element is ancestor or ancestor in element.iterancestors()
