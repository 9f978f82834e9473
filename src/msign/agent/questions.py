"""What a page asks for, read from its JSON: bounded, checked, and bound to what will be shown to the person."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from lxml import etree

from msign.agent.words import AgentError, Word
from msign.kernel.errors import MSignError
from msign.pki import asn1

MAX_ITEMS = 100
_MAX_TEXT = 300
_MAX_TO_SIGN = 64 * 1024
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
_DS = "{http://www.w3.org/2000/09/xmldsig#}"

Values = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Item:
    """One document as the person sees it, and what the token signs for it."""

    id: str
    name: str
    digest: bytes
    digest_name: str
    to_sign: bytes


@dataclass(frozen=True, slots=True)
class PreparedQuestion:
    """Sign what a gateway prepared."""

    nonce: str
    certificate: str
    service: str
    description: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class DataQuestion:
    """Make a whole signed file, in the words of the published protocol."""

    certificate: str
    pdf: bool
    data: bytes


def read_prepared(values: Values) -> PreparedQuestion:
    """Return the question. Raises ``AgentError`` (``MALFORMED``) naming the member.

    What is signed must be CMS signed attributes or a ds:SignedInfo that covers the digest shown: the agent lends its
    key for document signatures only, never for a log-in or for anything that the person has not seen.
    """
    nonce = _text(values, "nonce")
    if len(nonce) < 16:
        raise _malformed("nonce")
    items = values.get("items")
    if not isinstance(items, list) or not 0 < len(items) <= MAX_ITEMS:
        raise _malformed("items")
    read = tuple(_item(one) for one in items)
    if len({one.id for one in read}) != len(read):
        raise _malformed("items.id")
    return PreparedQuestion(
        nonce, _text(values, "certificate"), _text(values, "service"), _text(values, "description"), read
    )


def read_data(values: Values) -> DataQuestion:
    """Return the question of ``POST /sign/data``. ``algorithm`` does not choose a digest and is not looked at."""
    model = values.get("certificate")
    if not isinstance(model, dict):
        raise _malformed("certificate")
    if values.get("signatureType", "Embedded") != "Embedded":
        raise _malformed("signatureType")
    kinds = {("PAdES-T", "Pdf"): True, ("XAdES-T", "Text"): False}
    kind = (str(values.get("signFormat")), str(values.get("contentType")))
    if kind not in kinds:
        raise _malformed("signFormat")
    data = _bytes(values, "data")
    if not data or (not kinds[kind] and len(data) not in (20, 32, 48, 64)):
        raise _malformed("data")
    return DataQuestion(_text(model, "certificateId"), kinds[kind], data)


def _item(value: object) -> Item:
    if not isinstance(value, dict):
        raise _malformed("items")
    values = cast(Values, value)
    item = Item(
        _text(values, "id"),
        _text(values, "name", blank=True),
        _bytes(values, "digest"),
        _text(values, "digestName"),
        _bytes(values, "toSign"),
    )
    if len(item.to_sign) > _MAX_TO_SIGN or not _covers(item.to_sign, item.digest):
        raise _malformed("items.toSign")
    return item


def _covers(to_sign: bytes, digest: bytes) -> bool:
    if len(digest) < 20:
        return False
    found = _in_xml(to_sign) if to_sign.startswith(b"<") else _in_attributes(to_sign)
    return found is not None and hmac.compare_digest(found, digest)


def _in_attributes(to_sign: bytes) -> bytes | None:
    """Return messageDigest of a SET OF signed attributes."""
    try:
        for attribute in asn1.read_all(to_sign, asn1.SET).children():
            kind, values = attribute.expect(asn1.SEQUENCE).children()[:2]
            if kind.oid() == _MESSAGE_DIGEST:
                return values.expect(asn1.SET).children()[0].expect(asn1.OCTET_STRING).value
    except (MSignError, ValueError, IndexError):
        return None
    return None


def _in_xml(to_sign: bytes) -> bytes | None:
    """Return the DigestValue of the first reference of a ds:SignedInfo."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(to_sign, parser)
        value = root.findtext(f"{_DS}Reference/{_DS}DigestValue") if root.tag == f"{_DS}SignedInfo" else None
        return base64.b64decode(value, validate=True) if value else None
    except (etree.XMLSyntaxError, binascii.Error, ValueError):
        return None


def _text(values: Values, member: str, *, blank: bool = False) -> str:
    found = values.get(member)
    if not isinstance(found, str) or len(found) > _MAX_TEXT or not (found or blank):
        raise _malformed(member)
    return found


def _bytes(values: Values, member: str) -> bytes:
    found = values.get(member)
    try:
        return base64.b64decode(found, validate=True) if isinstance(found, str) else _raise(member)
    except (binascii.Error, ValueError) as error:
        raise _malformed(member) from error


def _raise(member: str) -> bytes:
    raise _malformed(member)


def _malformed(member: str) -> AgentError:
    return AgentError(Word.MALFORMED, f"{member}: not as expected")
