"""A small, bounded reader of BER and DER (ITU-T X.690): offsets into one buffer, nothing copied until asked for.

It reads definite and indefinite lengths, so that old CMS containers can be opened; it never recurses deeper than
``MAX_DEPTH`` and never reads outside its buffer. It does not insist on DER: whoever needs the canonical form compares
bytes. All errors are :class:`Asn1Error`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import SupportsIndex, overload

from msign.kernel.errors import Code, MSignError

MAX_DEPTH = 40

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, NULL, OID, ENUMERATED = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0A
UTF8_STRING, PRINTABLE_STRING, T61_STRING, IA5_STRING = 0x0C, 0x13, 0x14, 0x16
UTC_TIME, GENERALIZED_TIME, BMP_STRING, UNIVERSAL_STRING = 0x17, 0x18, 0x1E, 0x1C
SEQUENCE, SET = 0x30, 0x31
_CONSTRUCTED = 0x20
_HIGH_TAG = 0x1F
_MAX_LENGTH_BYTES = 4

_UTC = re.compile(rb"(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})?(Z|[+-]\d{4})?")
_GENERALIZED = re.compile(rb"(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})?(?:[.,](\d{1,9}))?(Z|[+-]\d{4})?")


class Asn1Error(MSignError):
    """Bytes that are not the ASN.1 structure they should be."""

    def __init__(self, message: str) -> None:
        super().__init__(Code.UNREADABLE_DOCUMENT, message)


class Node:
    """One tag-length-value: where it starts, where its content starts and ends, where the whole ends."""

    __slots__ = ("body", "data", "depth", "end", "start", "stop", "tag")

    def __init__(self, data: bytes, tag: int, start: int, body: int, stop: int, end: int, depth: int) -> None:
        self.data, self.tag, self.start, self.body, self.stop, self.end = data, tag, start, body, stop, end
        self.depth = depth

    @property
    def value(self) -> bytes:
        """Return the content octets."""
        return self.data[self.body : self.stop]

    @property
    def raw(self) -> bytes:
        """Return the whole encoding, tag and length included."""
        return self.data[self.start : self.end]

    @property
    def number(self) -> int:
        """Return the context or universal tag number."""
        return self.tag & 0x1F

    def children(self) -> Elements:
        """Return the elements inside a constructed value."""
        return Elements(self.iterate())

    def first(self, count: int) -> list[Node]:
        """Return exactly the first ``count`` elements inside, to be taken apart at once."""
        found = self.children()
        if len(found) < count:
            raise Asn1Error("an element is missing")
        return found[:count]

    def iterate(self) -> Iterator[Node]:
        """Yield the elements inside a constructed value, one by one."""
        if not self.tag & _CONSTRUCTED:
            raise Asn1Error("a constructed value was expected")
        position = self.body
        while position < self.stop:
            child = read(self.data, position, self.stop, self.depth + 1)
            yield child
            position = child.end

    def inner(self) -> Node:
        """Return the only element inside an explicit tag."""
        return read(self.data, self.body, self.stop, self.depth + 1)

    def expect(self, tag: int) -> Node:
        """Return itself if it carries ``tag``, else raise."""
        if self.tag != tag:
            raise Asn1Error(f"tag {tag:#04x} was expected, {self.tag:#04x} found")
        return self

    def integer(self) -> int:
        """Return a (signed) INTEGER or ENUMERATED."""
        if self.stop == self.body:
            raise Asn1Error("an integer has no content")
        return int.from_bytes(self.value, "big", signed=True)

    def boolean(self) -> bool:
        """Return a BOOLEAN; anything but zero is true, as BER says."""
        return any(self.value)

    def oid(self) -> str:
        """Return an OBJECT IDENTIFIER as dotted numbers."""
        return decode_oid(self.expect(OID).value)

    def octets(self) -> bytes:
        """Return the octets of an OCTET STRING, joined if it came in pieces."""
        if not self.tag & _CONSTRUCTED:
            return self.value
        return b"".join(piece.octets() for piece in self.iterate())

    def bits(self) -> bytes:
        """Return the octets of a BIT STRING that uses whole octets."""
        self.expect(BIT_STRING)
        return self.value[1:]

    def bit_set(self) -> frozenset[int]:
        """Return the numbers of the bits that are set in a BIT STRING of any tag (named bits)."""
        body = self.value[1:]
        return frozenset(i for i in range(len(body) * 8) if body[i // 8] & (0x80 >> i % 8))

    def time(self) -> dt.datetime:
        """Return a UTCTime or GeneralizedTime, aware, in UTC."""
        return decode_time(self.tag, self.value)

    def text(self) -> str:
        """Return any string type as text; undecodable octets are replaced."""
        return decode_text(self.tag, self.value)


class Elements(list[Node]):
    """The elements of a constructed value. One that is missing is an Asn1Error: strangers decide how many there are.

    ``first, second = elements[:2]`` raises likewise when there are not two.
    """

    __slots__ = ()

    @overload
    def __getitem__(self, index: SupportsIndex, /) -> Node: ...

    @overload
    def __getitem__(self, index: slice, /) -> Elements: ...

    def __getitem__(self, index: SupportsIndex | slice, /) -> Node | Elements:
        if isinstance(index, slice):
            if index.start is None and index.stop == _PAIR and len(self) < _PAIR:
                raise Asn1Error("an element is missing")
            return Elements(super().__getitem__(index))
        try:
            return super().__getitem__(index)
        except IndexError:
            raise Asn1Error("an element is missing") from None


_PAIR = 2
_MAX_OID_OCTETS = 128  # one number over many octets costs the square of their count


def read(data: bytes, position: int = 0, limit: int | None = None, depth: int = 0) -> Node:
    """Return the element that starts at ``position`` and must end at or before ``limit``."""
    limit = len(data) if limit is None else limit
    if depth > MAX_DEPTH:
        raise Asn1Error("nested too deeply")
    if position + 2 > limit:
        raise Asn1Error("ends too early")
    tag = data[position]
    if tag & _HIGH_TAG == _HIGH_TAG:
        raise Asn1Error("tag numbers above 30 are not used here")
    length, body = data[position + 1], position + 2
    if length == 0x80:
        return _indefinite(data, tag, position, limit, depth)
    if length > 0x80:
        count = length & 0x7F
        if count > _MAX_LENGTH_BYTES or body + count > limit:
            raise Asn1Error("length out of bounds")
        length = int.from_bytes(data[body : body + count], "big")
        body += count
    end = body + length
    if end > limit:
        raise Asn1Error("runs over its container")
    return Node(data, tag, position, body, end, end, depth)


def _indefinite(data: bytes, tag: int, start: int, limit: int, depth: int) -> Node:
    if not tag & _CONSTRUCTED:
        raise Asn1Error("an indefinite length needs a constructed value")
    position = start + 2
    while data[position : position + 2] != b"\x00\x00":
        position = read(data, position, limit, depth + 1).end
    if position + 2 > limit:
        raise Asn1Error("ends too early")
    return Node(data, tag, start, start + 2, position, position + 2, depth)


def read_all(data: bytes, tag: int = SEQUENCE) -> Node:
    """Return the one element that ``data`` consists of, with the given tag and nothing behind it."""
    node = read(data).expect(tag)
    if node.end != len(data):
        raise Asn1Error("something follows the structure")
    return node


@lru_cache(maxsize=4096)
def decode_oid(octets: bytes) -> str:
    """Return dotted numbers for the content octets of an OBJECT IDENTIFIER."""
    if not octets or len(octets) > _MAX_OID_OCTETS or octets[-1] & 0x80:
        raise Asn1Error("malformed object identifier")
    numbers, value = [], 0
    for octet in octets:
        value = value << 7 | octet & 0x7F
        if not octet & 0x80:
            numbers.append(value)
            value = 0
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:])))


def decode_time(tag: int, octets: bytes) -> dt.datetime:
    """Return a UTCTime (X.509 sliding century) or GeneralizedTime as an aware moment in UTC."""
    pattern = {UTC_TIME: _UTC, GENERALIZED_TIME: _GENERALIZED}.get(tag)
    match = pattern.fullmatch(octets) if pattern is not None else None
    if match is None:
        raise Asn1Error("malformed time")
    if tag == UTC_TIME:
        year, fraction, zone = int(match[1]), b"", match[7]
        year += 2000 if year < 50 else 1900
    else:
        year, fraction, zone = int(match[1]), match[7] or b"", match[8]
    try:
        moment = dt.datetime(
            year, int(match[2]), int(match[3]), int(match[4]), int(match[5]), int(match[6] or 0),
            int(fraction[:6].ljust(6, b"0")) if fraction else 0, tzinfo=dt.UTC,
        )  # fmt: skip
        return moment - _offset(zone)
    except (ValueError, OverflowError):
        raise Asn1Error("malformed time") from None


def _offset(zone: bytes | None) -> dt.timedelta:
    if not zone or zone == b"Z":
        return dt.timedelta()
    span = dt.timedelta(hours=int(zone[1:3]), minutes=int(zone[3:5]))
    return -span if zone.startswith(b"-") else span


def decode_text(tag: int, octets: bytes) -> str:
    """Return the text of any ASN.1 string type; undecodable octets are replaced, never refused."""
    if tag == BMP_STRING:
        return octets.decode("utf-16-be", "replace")
    if tag == UNIVERSAL_STRING:
        return octets.decode("utf-32-be", "replace")
    if tag == T61_STRING:
        return octets.decode("latin-1")
    return octets.decode("utf-8", "replace")


def encode(tag: int, *parts: bytes) -> bytes:
    """Return the DER encoding of ``parts`` joined under ``tag``."""
    body = b"".join(parts)
    if len(body) < 0x80:
        return bytes((tag, len(body))) + body
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(size))) + size + body


def encode_integer(value: int) -> bytes:
    """Return a DER INTEGER."""
    return encode(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def encode_oid(dotted: str) -> bytes:
    """Return a DER OBJECT IDENTIFIER."""
    numbers = [int(part) for part in dotted.split(".")]
    body = bytearray()
    for number in (numbers[0] * 40 + numbers[1], *numbers[2:]):
        groups = [number & 0x7F]
        while number := number >> 7:
            groups.append(number & 0x7F | 0x80)
        body += bytes(reversed(groups))
    return encode(OID, bytes(body))
