"""Distinguished names: reading, comparing as RFC 5280 clause 7.1 asks, and writing as people know them."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from msign.kernel import limits
from msign.pki import asn1

# .NET / Windows attribute names, wire contract 10.
_WINDOWS_NAMES = {
    "2.5.4.3": "CN", "2.5.4.5": "SERIALNUMBER", "2.5.4.12": "T", "2.5.4.42": "G", "2.5.4.4": "SN", "2.5.4.10": "O",
    "2.5.4.11": "OU", "2.5.4.7": "L", "2.5.4.8": "S", "2.5.4.6": "C", "2.5.4.9": "STREET", "2.5.4.17": "PostalCode",
    "2.5.4.20": "Phone", "1.2.840.113549.1.9.1": "E",
}  # fmt: skip
_QUOTE_WHEN = set(',+="<>#;')


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of a relative distinguished name."""

    oid: str
    text: str
    tag: int


@dataclass(frozen=True, slots=True)
class Name:
    """A distinguished name in encoded order; ``key`` is what two names are compared by."""

    rdns: tuple[tuple[Attribute, ...], ...]
    der: bytes
    key: tuple[frozenset[tuple[str, str]], ...]

    def values(self, oid: str) -> tuple[str, ...]:
        """Return the texts of all attributes of one type, in encoded order."""
        return tuple(attribute.text for rdn in self.rdns for attribute in rdn if attribute.oid == oid)

    def first(self, oid: str) -> str:
        """Return the text of the first attribute of one type, or an empty string."""
        return next(iter(self.values(oid)), "")

    def within(self, base: tuple[frozenset[tuple[str, str]], ...]) -> bool:
        """Tell whether this name lies in the subtree of ``base`` (RFC 5280 clause 7.1)."""
        return self.key[: len(base)] == base


@lru_cache(maxsize=4096)
def parse_name(der: bytes) -> Name:
    """Return the name encoded in ``der`` (a SEQUENCE of RDNs)."""
    rdns = tuple(tuple(_attribute(item) for item in rdn.iterate()) for rdn in asn1.read_all(der).iterate())
    return Name(rdns, der, tuple(frozenset((a.oid, _compared(a)) for a in rdn) for rdn in rdns))


def _attribute(node: asn1.Node) -> Attribute:
    parts = node.children()
    if len(parts) < 2:
        raise asn1.Asn1Error("an attribute of a name is incomplete")
    kind, value = parts[:2]
    return Attribute(kind.oid(), value.text(), value.tag)


def _compared(attribute: Attribute) -> str:
    """RFC 4518 preparation, reduced to what matters in practice: case, compatibility forms, white space."""
    folded = unicodedata.normalize("NFKC", attribute.text).casefold()
    return " ".join(folded.split())


def windows_text(name: Name, order: str = "reverse") -> str:
    """Return ``name`` the way Windows shows it, at most 250 characters (wire contract 10).

    ``order`` is ``reverse`` (of the encoded order) or ``encoded``.
    """
    rdns = name.rdns if order == "encoded" else name.rdns[::-1]
    parts = [f"{_WINDOWS_NAMES.get(a.oid, f'OID.{a.oid}')}={_quoted(a.text)}" for rdn in rdns for a in rdn]
    return ", ".join(parts)[: limits.MAX_SUBJECT]


def _quoted(text: str) -> str:
    if text and text == text.strip() and not _QUOTE_WHEN & set(text):
        return text
    return '"' + text.replace('"', '""') + '"'
