"""The Qualifications extension of a trusted service (TS 119 612 clause 5.5.9.2), read into criteria."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lxml import etree

from msign.kernel.errors import Code, MSignError
from msign.pki.qualifiers import KEY_USAGE_BITS, Assertion, Criteria, QualificationRule, Qualifier
from msign.validation.xades.xml import children, text_of

SIE = "http://uri.etsi.org/TrstSvc/SvcInfoExt/eSigDir-1999-93-EC-TrustedList/#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
MAX_RULES = 100  # of one service; the longest real lists have about thirty
MAX_DEPTH = 8
_PREFIXES = (
    "http://uri.etsi.org/TrstSvc/TrustedList/SvcInfoExt/",
    "http://uri.etsi.org/TrstSvc/eSigDir-1999-93-EC-TrustedList/SvcInfoExt/",
)
# Names from before the regulation of 2014, for what is called a qualified device now.
_OLD_NAMES = {
    "QCWithSSCD": Qualifier.WITH_DEVICE,
    "QCNoSSCD": Qualifier.NO_DEVICE,
    "QCSSCDStatusAsInCert": Qualifier.DEVICE_AS_IN_CERTIFICATE,
}
_MAX_TEXT = 200


def read_rules(extensions: etree._Element | None) -> tuple[QualificationRule, ...]:
    """Return the rules in the extensions of a service or of one entry of its history.

    Raises ``MSignError`` (limit-exceeded) for more rules or deeper criteria than any honest list has.
    """
    if extensions is None:
        return ()
    elements = list(extensions.iter(f"{{{SIE}}}QualificationElement"))
    if len(elements) > MAX_RULES:
        raise MSignError(Code.LIMIT_EXCEEDED, "a service of the trusted list has too many qualifications")
    return tuple(rule for element in elements if (rule := _rule(element)).qualifiers)


def _rule(element: etree._Element) -> QualificationRule:
    uris = [item.get("uri", "") for item in element.iter(f"{{{SIE}}}Qualifier")]
    found = element.find(f"{{{SIE}}}CriteriaList")
    criteria = _criteria(found, 0) if found is not None else Criteria(Assertion.ALL, known=False)
    return QualificationRule(frozenset(q for uri in uris if (q := _qualifier(uri)) is not None), criteria)


def _qualifier(uri: str) -> Qualifier | None:
    for prefix in _PREFIXES:
        if uri.startswith(prefix):
            name = uri.removeprefix(prefix)
            return _OLD_NAMES.get(name) or (Qualifier(name) if name in set(Qualifier) else None)
    return None


def _criteria(element: etree._Element, depth: int) -> Criteria:
    if depth > MAX_DEPTH:
        raise MSignError(Code.LIMIT_EXCEEDED, "the criteria of a trusted list are nested too deep")
    word = element.get("assert", Assertion.ALL.value)
    found: dict[str, list[object]] = {}
    known = word in set(Assertion)
    for child in children(element):
        kind = etree.QName(child).localname
        if kind in ("description", "Description"):
            continue
        known = _take(child, kind, depth, found) and known
    return Criteria(
        Assertion(word) if word in set(Assertion) else Assertion.ALL,
        **{name: tuple(values) for name, values in found.items()},  # type: ignore[arg-type]
        known=known,
    )


def _take(child: etree._Element, kind: str, depth: int, found: dict[str, list[object]]) -> bool:
    """Take one criterion in; tell whether it is of a kind that can be judged."""
    if kind == "CriteriaList":
        found.setdefault("nested", []).append(_criteria(child, depth + 1))
        return True
    if kind == "otherCriteriaList":
        return all(_take(item, etree.QName(item).localname, depth, found) for item in children(child))
    if kind not in _READERS:
        return False
    name, read = _READERS[kind]
    value = read(child)
    found.setdefault(name, []).append(value)
    return bool(value)


def _key_usage(element: etree._Element) -> tuple[tuple[str, bool], ...]:
    bits = [(bit.get("name", ""), text_of(bit)) for bit in children(element)]
    readable = all(name in KEY_USAGE_BITS and word in ("true", "false", "1", "0") for name, word in bits)
    return tuple((name, word in ("true", "1")) for name, word in bits) if readable else ()


def _identifiers(element: etree._Element) -> frozenset[str]:
    found = list(_oids(element))
    return frozenset(found) if all(found) else frozenset()


def _oids(element: etree._Element) -> Iterator[str]:
    """Object identifiers as numbers or ``urn:oid:``; an empty text for what is none."""
    for item in element.iter(f"{{{XADES}}}Identifier"):
        text = text_of(item)[:_MAX_TEXT].removeprefix("urn:oid:")
        yield text if text.replace(".", "").isdigit() else ""


_READERS: dict[str, tuple[str, Callable[[etree._Element], object]]] = {
    "KeyUsage": ("key_usages", _key_usage),
    "PolicySet": ("policy_sets", _identifiers),
    "ExtendedKeyUsage": ("extended_key_usages", _identifiers),
    "CertSubjectDNAttribute": ("subject_attributes", _identifiers),
}
