"""XAdES levels T, LT and LTA for signatures that exist (EN 319 132-1 clauses 5.3 to 5.5): properties are added, only.

Signed parts keep their canonical form. The archive time-stamp covers the data itself: a digest of it is not enough.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import unquote

from lxml import etree

from msign.kernel.errors import Code, MSignError, invalid
from msign.kernel.words import SignatureLevel
from msign.pki.tsa import TimestampSource
from msign.signing.algorithms import Digest
from msign.signing.content import Data, pieces
from msign.signing.evidence import Evidence, EvidenceSource, token_certificates
from msign.signing.xmltext import DS, EXCLUSIVE_C14N, XADES, XADES141, element

SIGNED_PROPERTIES_TYPE = "http://uri.etsi.org/01903#SignedProperties"
Content = Data | Mapping[str, Data]
_NS = {"ds": DS, "xades": XADES, "xades141": XADES141}
_TIMESTAMP_DIGEST = Digest.SHA256
_MAX_XML_BYTES = 32 * 1024 * 1024
_BASE64 = DS + "base64"
_CANONICALISATIONS = {
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315": (False, False),
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments": (False, True),
    EXCLUSIVE_C14N: (True, False),
    EXCLUSIVE_C14N + "WithComments": (True, True),
}


def augment(
    xml: bytes,
    *,
    level: SignatureLevel,
    tsa: TimestampSource | None = None,
    evidence: EvidenceSource | None = None,
    content: Content | None = None,
) -> bytes:
    """Raise every signature of an XML document to ``level``; one that is at LTA gets its next archive time-stamp.

    ``content`` is the detached data (several: by decoded URI), needed for LTA only. Raises ``MSignError``:
    ``UNREADABLE_DOCUMENT`` for XML without a XAdES signature, ``INVALID_PARAMETER`` for what is missing or does not
    fit, ``UNAVAILABLE`` (retry) if an authority or validation data cannot be had. Signatures are not judged.
    """
    if level in (SignatureLevel.B, SignatureLevel.UNKNOWN):
        raise invalid("level", "a signature is raised to T, LT or LTA")
    root = _parse(xml)
    signatures = [one for one in root.iter(f"{{{DS}}}Signature") if _properties(one) is not None]
    if not signatures:
        raise MSignError(Code.UNREADABLE_DOCUMENT, "no XAdES signature found")
    for one in signatures:
        _raise(one, level, tsa, evidence, content)
    written: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return written


def timestamp_tokens(xml: bytes) -> list[bytes]:
    """Return the archive time-stamp tokens of an XML document. Raises ``MSignError`` for unreadable XML."""
    return [
        _decoded(one) for one in _parse(xml).iterfind(".//xades141:ArchiveTimeStamp/xades:EncapsulatedTimeStamp", _NS)
    ]


def _raise(
    signature: etree._Element,
    level: SignatureLevel,
    tsa: TimestampSource | None,
    evidence: EvidenceSource | None,
    content: Content | None,
) -> None:
    unsigned = _unsigned_properties(signature)
    if unsigned.find("xades:SignatureTimeStamp", _NS) is None:
        value = hashlib.sha256(canonical(_child(signature, "ds:SignatureValue"))).digest()
        _append(unsigned, _timestamp("xades:SignatureTimeStamp", value, required_tsa(tsa)))
    if level is SignatureLevel.T:
        return
    if evidence is None:
        raise MSignError(Code.INVALID_PARAMETER, "levels LT and LTA need a source of validation data")
    _add_evidence(signature, unsigned, evidence.gather(_certificates(signature)))
    if level is SignatureLevel.LTA:
        imprint = archive_imprint(signature, list(unsigned), content)
        _append(unsigned, _timestamp("xades141:ArchiveTimeStamp", imprint, required_tsa(tsa)))


def required_tsa(tsa: TimestampSource | None) -> TimestampSource:
    """Return the authority. Raises ``MSignError(INVALID_PARAMETER)`` if there is none."""
    if tsa is None:
        raise MSignError(Code.INVALID_PARAMETER, "level T and above need a time-stamping authority")
    return tsa


def canonical(node: etree._Element, *, exclusive: bool = True, comments: bool = False) -> bytes:
    """Return an element in canonical form."""
    written: bytes = etree.tostring(node, method="c14n", exclusive=exclusive, with_comments=comments)
    return written


# Evidence


def _certificates(signature: etree._Element) -> list[bytes]:
    found = [_decoded(one) for one in signature.iterfind("ds:KeyInfo//ds:X509Certificate", _NS)]
    found += [_decoded(one) for one in signature.iterfind(".//xades:EncapsulatedX509Certificate", _NS)]
    for token in signature.iterfind(".//xades:EncapsulatedTimeStamp", _NS):
        found += token_certificates(_decoded(token))
    return list(dict.fromkeys(found))


def _add_evidence(signature: etree._Element, unsigned: etree._Element, gathered: Evidence) -> None:
    """Write what is not there yet: first as the signature's own values, later beside the time-stamps (clause 5.5.1)."""
    held = {_decoded(one) for one in signature.iter(*_HOLDERS)}
    fresh = Evidence(
        *(
            tuple(one for one in part if one not in held)
            for part in (gathered.certificates, gathered.ocsp, gathered.crls)
        )
    )
    values = _values(fresh)
    if not values:
        return
    first = unsigned.find("xades:CertificateValues", _NS) is None
    if first and unsigned.find("xades:RevocationValues", _NS) is None:
        for one in values:
            _append(unsigned, one)
    else:
        _append(unsigned, element("xades141:TimeStampValidationData", *values))


_HOLDERS = tuple(f"{{{XADES}}}Encapsulated{name}" for name in ("X509Certificate", "OCSPValue", "CRLValue"))


def _values(evidence: Evidence) -> list[str]:
    inner = "xades"
    certificates = _encapsulated("X509Certificate", evidence.certificates)
    crls = _encapsulated("CRLValue", evidence.crls)
    responses = _encapsulated("OCSPValue", evidence.ocsp)
    revocation = (element("xades:CRLValues", crls, scope=inner) if crls else "") + (
        element("xades:OCSPValues", responses, scope=inner) if responses else ""
    )
    return [
        *([element("xades:CertificateValues", certificates)] if certificates else []),
        *([element("xades:RevocationValues", revocation)] if revocation else []),
    ]


def _encapsulated(name: str, pieces: Sequence[bytes]) -> str:
    return "".join(element(f"xades:Encapsulated{name}", _encoded(piece), scope="xades") for piece in pieces)


# Time-stamps


def _timestamp(name: str, imprint: bytes, tsa: TimestampSource) -> str:
    token = tsa.timestamp(imprint, _TIMESTAMP_DIGEST.value)
    return element(
        name,
        element("ds:CanonicalizationMethod", Algorithm=EXCLUSIVE_C14N),
        element("xades:EncapsulatedTimeStamp", _encoded(token)),
    )


def archive_imprint(signature: etree._Element, before: Sequence[etree._Element], content: Content | None) -> bytes:
    """Return the digest that an archive time-stamp covers (EN 319 132-1 clause 5.5.2.2).

    ``before`` are the unsigned properties that precede it. Exclusive canonicalisation and SHA-256, as ours are made.
    """
    hasher = hashlib.new(_TIMESTAMP_DIGEST.value)
    signed_info = _child(signature, "ds:SignedInfo")
    references = signed_info.findall("ds:Reference", _NS)
    for reference in references:
        for piece in _referenced(signature, reference, content):
            hasher.update(piece)
    parts = [signed_info, _child(signature, "ds:SignatureValue"), *signature.findall("ds:KeyInfo", _NS), *before]
    holders = signature.findall("ds:Object", _NS)
    parts += [one for one in holders if one.find("xades:QualifyingProperties", _NS) is None]
    for part in parts:
        hasher.update(canonical(part))
    return hasher.digest()


def _referenced(signature: etree._Element, reference: etree._Element, content: Content | None) -> Iterator[bytes]:
    uri = reference.get("URI")
    transforms = [one.get("Algorithm", "") for one in reference.iterfind("ds:Transforms/ds:Transform", _NS)]
    if uri is not None and uri.startswith("#"):
        yield _transformed(_by_id(signature, uri[1:]), transforms)
        return
    if isinstance(content, Mapping):
        content = content.get(unquote(uri or ""))
    if content is None or transforms:
        raise invalid("content", "an archive time-stamp covers the detached data itself: give the content")
    method = _child(reference, "ds:DigestMethod").get("Algorithm")
    digest = next((one for one in Digest if one.uri == method), None)
    checker = hashlib.new(digest.value) if digest else None
    for piece in pieces(content):
        if checker:
            checker.update(piece)
        yield piece
    if checker is None or checker.digest() != _decoded(_child(reference, "ds:DigestValue")):
        raise invalid("content", "the content is not what was signed")


def _transformed(node: etree._Element, transforms: list[str]) -> bytes:
    match transforms:
        case []:
            return canonical(node)
        case [one] if one in _CANONICALISATIONS:
            exclusive, comments = _CANONICALISATIONS[one]
            return canonical(node, exclusive=exclusive, comments=comments)
        case [one] if one == _BASE64:
            return base64.b64decode("".join(str(one) for one in node.itertext()))
    raise invalid("xml", f"no archive time-stamps over the transforms {', '.join(transforms)}")


# The tree


def _parse(xml: bytes) -> etree._Element:
    if len(xml) > _MAX_XML_BYTES:
        raise MSignError(Code.TOO_LARGE, "the XML document is larger than 32 MiB")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_blank_text=False)
    try:
        root = etree.fromstring(xml, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise MSignError(Code.UNREADABLE_DOCUMENT, f"unreadable XML: {error}") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise MSignError(Code.UNREADABLE_DOCUMENT, "XML with a document type is refused")
    return root


def _properties(signature: etree._Element) -> etree._Element | None:
    return signature.find("ds:Object/xades:QualifyingProperties", _NS)


def _unsigned_properties(signature: etree._Element) -> etree._Element:
    node = _properties(signature)
    for name in ("UnsignedProperties", "UnsignedSignatureProperties"):
        assert node is not None
        found = node.find(f"xades:{name}", _NS)
        node = found if found is not None else etree.SubElement(node, f"{{{XADES}}}{name}")
    assert node is not None
    return node


def _append(parent: etree._Element, text: str) -> None:
    parent.append(etree.fromstring(text.encode()))


def _child(parent: etree._Element, name: str) -> etree._Element:
    found = parent.find(name, _NS)
    if found is None:
        raise MSignError(Code.UNREADABLE_DOCUMENT, f"the signature has no {name}")
    return found


def _by_id(signature: etree._Element, identity: str) -> etree._Element:
    found = [one for one in signature.getroottree().getroot().iter() if identity in (one.get("Id"), one.get("ID"))]
    if len(found) != 1:
        raise MSignError(Code.UNREADABLE_DOCUMENT, f"the reference to #{identity} is missing or ambiguous")
    return found[0]


def _decoded(node: etree._Element) -> bytes:
    try:
        return base64.b64decode("".join((node.text or "").split()), validate=True)
    except ValueError:
        raise MSignError(Code.UNREADABLE_DOCUMENT, f"no base64 in {etree.QName(node).localname}") from None


def _encoded(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")
