"""Wrapping by transforms, manifests and types: a signature counts for no more than its digests cover."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable

import pytest
from lxml import etree

from msign.validation.detached import DetachedContent, DetachedContents
from msign.validation.engine import Validator
from msign.validation.model import Scope, Verdict
from tests.support.pki import Pki
from tests.unit.validation import forge
from tests.unit.validation.forge import DS, EXCLUSIVE, Reference, canonical, sha256

FILTER = "http://www.w3.org/2002/06/xmldsig-filter2"
BASE64 = f'<ds:Transform Algorithm="{DS}base64"/>'
SUBTRACT = (
    f'<ds:Transform Algorithm="{FILTER}"><f:XPath xmlns:f="{FILTER}" Filter="subtract">//%s</f:XPath></ds:Transform>'
)
INTERSECT = SUBTRACT.replace("subtract", "intersect")
XPATH = (
    '<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116">'
    "<ds:XPath>not(ancestor-or-self::%s)</ds:XPath></ds:Transform>"
)


def digest_of(xml: str) -> str:
    return sha256(canonical(etree.fromstring(xml)))


def taken_away(pki: Pki, transforms: str) -> bytes:
    """The transforms take the sum away before the canonical form is digested: it may be any."""
    whole = Reference("", digest_of("<order><to>Ion</to></order>"), forge.ENVELOPED + transforms + EXCLUSIVE)
    return f"<order><to>Ion</to><sum>900</sum>{forge.signature(pki, [whole])}</order>".encode()


def text_only(pki: Pki) -> bytes:
    """Only the text is signed, as base64: attributes and names are free."""
    text = base64.b64encode(b"contract").decode()
    whole = Reference("", sha256(b"contract"), forge.ENVELOPED + BASE64)
    return f'<order sum="900">{text}{forge.signature(pki, [whole])}</order>'.encode()


def part_read_anew(pki: Pki) -> bytes:
    """A part, made octets and parsed again, is a document of its own; it is still a part."""
    body = '<body Id="body"><sum>100</sum></body>'
    part = Reference("#body", digest_of(body), EXCLUSIVE + XPATH % "none" + EXCLUSIVE)
    return f"<letter>{body}<more>unsigned</more>{forge.signature(pki, [part])}</letter>".encode()


def nothing_left(pki: Pki) -> bytes:
    """The filter leaves nothing, and nothing has a digest as well."""
    empty = Reference("", sha256(b""), forge.ENVELOPED + INTERSECT % "nowhere" + EXCLUSIVE)
    return f"<order><sum>900</sum>{forge.signature(pki, [empty])}</order>".encode()


def _manifest(entry: Reference) -> str:
    return f'<ds:Manifest xmlns:ds="{DS}" Id="list">{entry.xml()}</ds:Manifest>'


def manifest_of_another_body(pki: Pki) -> bytes:
    """The list is signed; what it lists is not what is there."""
    listed = _manifest(Reference("#body", digest_of('<body Id="body"><sum>100</sum></body>'), EXCLUSIVE))
    signature = forge.signature(
        pki,
        [Reference("#list", digest_of(listed), EXCLUSIVE)],
        objects=f'<ds:Object xmlns:ds="{DS}">{listed}</ds:Object>',
    )
    return f'<letter><body Id="body"><sum>900</sum></body>{signature}</letter>'.encode()


def property_in_name(pki: Pki) -> bytes:
    """The reference says that it is about properties; the content is free, and nothing else is signed."""
    body = '<SignatureProperty Id="body">x</SignatureProperty>'
    spoof = Reference("#body", digest_of(body), EXCLUSIVE, f"{DS}SignatureProperties")
    return f"<letter>{body}<sum>900</sum>{forge.signature(pki, [spoof])}</letter>".encode()


def word_beside_properties(pki: Pki) -> bytes:
    """Words in the object that holds the properties; nobody signed them."""
    honest = forge.enveloping(pki).decode()
    return honest.replace("<ds:Object><xades:Qual", "<ds:Object>pay 900 <xades:Qual").encode()


def object_added(pki: Pki) -> bytes:
    return (
        forge.enveloping(pki).decode().replace("</ds:Signature>", "<ds:Object>900</ds:Object></ds:Signature>").encode()
    )


def style_added(pki: Pki) -> bytes:
    """A style sheet decides what a browser shows."""
    return b'<?xml-stylesheet type="text/xsl" href="other.xsl"?>' + forge.enveloped(pki)


def id_in_other_spelling(pki: Pki) -> bytes:
    """Two elements with the signed identifier, under Id and under ID."""
    fake = forge.BODY.replace("100", "900").replace(" Id=", " ID=")
    return forge.part_signed(pki).decode().replace("<more>", f"{fake}<more>").encode()


def foreign_namespace(pki: Pki) -> bytes:
    """The signature's elements in a namespace that only looks like the right one."""
    return forge.enveloped(pki).decode().replace(DS, DS.replace("2000", "2001")).encode()


def digest_with_comment(pki: Pki) -> bytes:
    """A comment cuts the digest in two: canonical form without comments, first half read."""
    xml = forge.enveloped(pki).decode()
    place = xml.index("<ds:DigestValue>") + 20
    return f"{xml[:place]}<!-- -->{xml[place:]}".encode()


def counter_signature_promoted(pki: Pki) -> bytes:
    """A counter-signature taken out of its place stands for the document."""
    tree = etree.fromstring(forge.counter_signed(pki))
    counter = next(e for e in tree.iter(f"{{{DS}}}Signature") if e.get("Id") == "c1")
    return f"<order><sum>900</sum>{etree.tostring(counter).decode()}</order>".encode()


def _enveloped_with(old: str, new: str) -> Callable[[Pki], bytes]:
    def attack(pki: Pki) -> bytes:
        honest = forge.enveloped(pki).decode()
        assert old in honest
        return honest.replace(old, new, 1).encode()

    return attack


ATTACKS: dict[str, Callable[[Pki], bytes]] = {
    "object in an enveloped signature": _enveloped_with("</ds:Signature>", "<ds:Object><x>9</x></ds:Object></ds:Signature>"),
    "content among the keys": _enveloped_with("<ds:KeyInfo>", "<ds:KeyInfo><sum>900</sum>"),
    "content among the properties": _enveloped_with("</xades:QualifyingProperties>", "<sum>900</sum></xades:QualifyingProperties>"),
    "content beside the keys": _enveloped_with("<ds:KeyInfo>", "<sum>900</sum><ds:KeyInfo>"),
    "comment in a number": _enveloped_with("100", "1<!-- -->00"),
    "comment in a signed object": lambda pki: forge.enveloping(pki).replace(b"100", b"1<!-- -->00", 1),
    "keys of somebody else": _enveloped_with("<ds:KeyInfo>", "<ds:KeyInfo/><ds:KeyInfo>"),
    "two values": _enveloped_with("</ds:SignatureValue>", "</ds:SignatureValue><ds:SignatureValue>AAAA</ds:SignatureValue>"),
    "attribute added": _enveloped_with("<order ", '<order paid="yes" '),
    "base added": _enveloped_with("<order ", '<order xml:base="http://example.test/" '),
    "default namespace": _enveloped_with("<sum>", '<sum xmlns="urn:other">'),
    "instruction added": _enveloped_with("100", "100<?pay 900?>"),
    "subtracted, then canonical": lambda pki: taken_away(pki, SUBTRACT % "sum"),
    "filtered, then canonical": lambda pki: taken_away(pki, XPATH % "sum"),
    "twice canonical": lambda pki: taken_away(pki, SUBTRACT % "sum" + EXCLUSIVE),
    **{
        made.__name__.replace("_", " "): made
        for made in (
            text_only, part_read_anew, nothing_left, manifest_of_another_body, property_in_name,
            word_beside_properties, object_added, style_added, id_in_other_spelling, foreign_namespace,
            digest_with_comment, counter_signature_promoted,
        )
    },
}  # fmt: skip


@pytest.mark.parametrize("name", ATTACKS)
def test_attack_is_not_valid(pki: Pki, validator: Validator, name: str) -> None:
    report = validator.xades(ATTACKS[name](pki))
    assert report.verdict is not Verdict.VALID


TWINS: dict[str, Callable[[Pki], bytes]] = {
    "comment beside elements": _enveloped_with("<sum>", "<!-- the sum --><sum>"),
    "comment at the end of a text": _enveloped_with("</sum>", "<!-- lei --></sum>"),
    "comment before everything": lambda pki: b"<!-- made by hand -->" + forge.enveloped(pki),
    "name of the key": _enveloped_with("<ds:KeyInfo>", "<ds:KeyInfo><ds:KeyName>Maria</ds:KeyName>"),
    "namespace declared": _enveloped_with("<order ", '<order xmlns:x="urn:x" '),
    "character data section": _enveloped_with("100", "<![CDATA[100]]>"),
    "character reference": _enveloped_with("100", "&#49;00"),
    "other encoding": lambda pki: forge.enveloped(pki).decode().encode("utf-16"),
}


@pytest.mark.parametrize("name", TWINS)
def test_honest_twin_stays_valid(pki: Pki, validator: Validator, name: str) -> None:
    report = validator.xades(TWINS[name](pki))
    assert report.verdict is Verdict.VALID, report


def test_a_manifest_covers_only_what_it_has_the_digest_of(pki: Pki, validator: Validator) -> None:
    listed = _manifest(Reference("a.bin", sha256(b"signed")))
    xml = forge.signature(
        pki,
        [Reference("#list", digest_of(listed), EXCLUSIVE)],
        objects=f'<ds:Object xmlns:ds="{DS}">{listed}</ds:Object>',
    ).encode()
    said = [
        validator.xades(xml, DetachedContents((DetachedContent("a.bin", data=data),))).verdict
        for data in (b"signed", b"another")
    ]
    assert said[0] is Verdict.VALID
    assert said[1] is not Verdict.VALID


def test_an_outer_file_has_no_signature_to_take_away(pki: Pki, validator: Validator) -> None:
    """The enveloped-signature transform on a detached file would leave a part of that file unsigned."""
    outside = f'<order><sum>100</sum><ds:Signature xmlns:ds="{DS}">pay 900</ds:Signature></order>'
    reference = Reference("order.xml", digest_of("<order><sum>100</sum></order>"), forge.ENVELOPED + EXCLUSIVE)
    xml = f"<a><b/>{forge.signature(pki, [reference])}</a>".encode()
    report = validator.xades(xml, DetachedContents((DetachedContent("order.xml", data=outside.encode()),)))
    assert report.verdict is not Verdict.VALID


def test_honest_transforms_stay_whole(pki: Pki, validator: Validator) -> None:
    """Taking away the signatures, and decoding an object of the signature, takes nothing from anybody."""
    whole = Reference("", digest_of("<order><sum>1</sum></order>"), XPATH % "ds:Signature" + EXCLUSIVE)
    xml = f"<order><sum>1</sum>{forge.signature(pki, [whole])}</order>"
    item = f'<ds:Object xmlns:ds="{DS}" Id="content" Encoding="{DS}base64">{base64.b64encode(b"x" * 9).decode()}</ds:Object>'
    decoded = forge.signature(pki, [Reference("#content", sha256(b"x" * 9), BASE64)], objects=item)
    for made in (xml, decoded):
        [signature] = validator.xades(made.encode()).signatures
        assert (signature.scope, signature.passed) == (Scope.FULL, True), signature.reasons
    assert hashlib.sha256(b"x" * 9).digest() == signature.content_digest
