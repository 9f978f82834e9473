"""A document's newest state, looked up lazily: what an incremental update needs, in microseconds at any file size.

Nothing is read that is not asked for: a cross-reference table of fixed rows is indexed by arithmetic, not parsed.
Only plain, unencrypted documents; everything else raises ``UnusualError``. It judges nothing: use ``reader`` for that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from msign.pdf.leanxref import Place, Section, Table, XrefStream, decode_stream
from msign.pdf.rawsyntax import (
    Buffer,
    UnusualError,
    array,
    dictionary,
    integer,
    iterate,
    name,
    reference,
    skip_space,
    value_end,
)

_TAIL = 2048  # where startxref stands, trailing junk included
_MAX_SECTIONS = 4096
_MAX_REFERENCES = 32
_ROW = 20  # bytes of a table row (ISO 32000-1 clause 7.5.4)
_STARTXREF = re.compile(rb"startxref[\x00\t\n\x0c\r ]+(\d{1,19})[\x00\t\n\x0c\r ]+%%EOF")
_TABLE = re.compile(rb"xref[ \t]*(?:\r\n|\r|\n)")
_SUBSECTION = re.compile(rb"(\d{1,10}) (\d{1,10})[ \t]*(?:\r\n|\r|\n)")
_TRAILER = re.compile(rb"[\x00\t\n\x0c\r ]*trailer")
_OBJECT = re.compile(rb"[\x00\t\n\x0c\r ]*(\d{1,10})[\x00\t\n\x0c\r ]+(\d{1,5})[\x00\t\n\x0c\r ]+obj")
_STREAM = re.compile(rb"[\x00\t\n\x0c\r ]*stream(?:\r\n|\n)")


@dataclass
class LeanPdf:
    """The newest state of a document in a buffer (bytes or a mapped file)."""

    buffer: Buffer
    _sections: dict[int, Section] = field(default_factory=dict)
    _dictionaries: dict[bytes, Mapping[bytes, bytes]] = field(default_factory=dict)
    _containers: dict[int, list[tuple[int, bytes]]] = field(default_factory=dict)
    _places: dict[int, Place | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.buffer[:5] != b"%PDF-":
            raise UnusualError("it does not begin with %PDF-")
        if b"Encrypt" in self.trailer:
            raise UnusualError("it is encrypted")
        if self._section(self.startxref).highest() >= self.size:
            raise UnusualError("it has objects beyond its /Size")

    @cached_property
    def startxref(self) -> int:
        """Offset of the newest cross-reference section."""
        low = max(0, len(self.buffer) - _TAIL)
        tail = self.buffer[low:]
        position = tail.rfind(b"startxref")
        match = _STARTXREF.match(tail, position) if position >= 0 else None
        if match is None:
            raise UnusualError("no startxref at its end")
        return int(match[1])

    @cached_property
    def trailer(self) -> dict[bytes, bytes]:
        """Raw entries of the newest trailer."""
        return self._section(self.startxref).trailer

    @property
    def uses_streams(self) -> bool:
        """Whether the newest cross-reference section is a stream, so that an update must use one too."""
        return isinstance(self._section(self.startxref), XrefStream)

    @cached_property
    def size(self) -> int:
        """The lowest object number that is not used."""
        return integer(self.trailer.get(b"Size"))

    @cached_property
    def root(self) -> int:
        """Object number of the catalogue."""
        number = reference(self.trailer.get(b"Root"))
        if number is None:
            raise UnusualError("no /Root")
        return number

    def generation(self, number: int) -> int:
        """Return the generation of an object (0 for members of object streams)."""
        place = self._place(number)
        return place.generation if place else 0

    def raw(self, number: int) -> bytes:
        """Return an object's value as it is written; of a stream, its dictionary. Raises ``UnusualError`` if absent."""
        place = self._place(number)
        if place is None or place.free:
            return b"null"
        if place.container:
            return self._packed(number, place)
        start, end, _ = self._span(number, place.offset)
        return bytes(self.buffer[start:end])

    def stream(self, number: int) -> bytes:
        """Return a stream's content, plain or inflated. Raises ``UnusualError`` for other filters or if it is none."""
        place = self._place(number)
        if place is None or place.free or place.container:
            raise UnusualError(f"object {number} is no stream")
        return self._stream(number, place.offset)[1]

    def resolve(self, value: bytes | None) -> bytes:
        """Return a raw value with references followed; ``null`` for a missing one."""
        for _ in range(_MAX_REFERENCES):
            number = reference(value)
            if number is None:
                return value if value is not None else b"null"
            value = self.raw(number)
        raise UnusualError("references in a circle")

    def entries(self, value: bytes | None) -> Mapping[bytes, bytes]:
        """Return the entries of a dictionary, direct or referred to; empty if there is none."""
        if value is None:
            return {}
        if value not in self._dictionaries:
            found = self.resolve(value)
            self._dictionaries[value] = {} if found == b"null" else dictionary(found)
        return self._dictionaries[value]

    @property
    def catalogue(self) -> Mapping[bytes, bytes]:
        """The document catalogue."""
        return self.entries(b"%d 0 R" % self.root)

    def each(self, value: bytes | None) -> Iterator[bytes]:
        """Yield the members of an array, direct or referred to; nothing if there is none."""
        found = self.resolve(value)
        return iter(()) if found == b"null" else iterate(found)

    def members(self, value: bytes | None) -> list[bytes]:
        """Return the members of an array, direct or referred to; empty if there is none."""
        found = self.resolve(value)
        return [] if found == b"null" else array(found)

    def _place(self, number: int) -> Place | None:
        if number not in self._places:
            self._places[number] = self._find(number)
        return self._places[number]

    def _find(self, number: int) -> Place | None:
        position: int | None = self.startxref
        for _ in range(_MAX_SECTIONS):
            if position is None:
                return None
            section = self._section(position)
            place = section.find(number)
            if (place is None or place.free) and b"XRefStm" in section.trailer:
                place = self._section(integer(section.trailer[b"XRefStm"])).find(number) or place
            if place is not None:
                return place
            position = integer(section.trailer[b"Prev"]) if b"Prev" in section.trailer else None
        raise UnusualError("too many updates, or updates in a circle")

    def _section(self, offset: int) -> Section:
        if offset not in self._sections:
            if not 0 < offset < len(self.buffer):
                raise UnusualError(f"cross-reference pointer to byte {offset}")
            table = _TABLE.match(self.buffer, offset)
            self._sections[offset] = self._read_table(table.end()) if table else self._read_stream(offset)
        return self._sections[offset]

    def _read_table(self, position: int) -> Table:
        parts: list[tuple[int, int, int]] = []
        while (trailer := _TRAILER.match(self.buffer, position)) is None:
            head = _SUBSECTION.match(self.buffer, position)
            if head is None:
                raise UnusualError(f"cross-reference table at byte {position}")
            parts.append((int(head[1]), int(head[2]), head.end()))
            position = head.end() + _ROW * int(head[2])
        return Table(self.buffer, tuple(parts), dictionary(self.buffer, trailer.end()))

    def _read_stream(self, offset: int) -> XrefStream:
        head = _OBJECT.match(self.buffer, offset)
        if head is None:
            raise UnusualError(f"no cross-reference section at byte {offset}")
        entries, data = self._stream(int(head[1]), offset)
        widths = tuple(integer(width) for width in array(entries.get(b"W", b"[]")))
        if name(entries.get(b"Type", b"/")) != b"XRef" or len(widths) != 3 or not 0 < sum(widths) <= 24:
            raise UnusualError("no usable cross-reference stream")
        index = [integer(one) for one in array(entries.get(b"Index", b"[0 %s]" % entries.get(b"Size", b"0")))]
        parts = tuple(zip(index[::2], index[1::2], strict=False))
        return XrefStream(data, (widths[0], widths[1], widths[2]), parts, entries)

    def _span(self, number: int, offset: int) -> tuple[int, int, int]:
        """Return start and end of an object's value and where its stream data starts (0 if it has none)."""
        head = _OBJECT.match(self.buffer, offset)
        if head is None or int(head[1]) != number:
            raise UnusualError(f"object {number} is not where the cross-reference says")
        start = skip_space(self.buffer, head.end())
        end = value_end(self.buffer, start)
        stream = _STREAM.match(self.buffer, end)
        return start, end, stream.end() if stream else 0

    def _stream(self, number: int, offset: int) -> tuple[dict[bytes, bytes], bytes]:
        start, _, begin = self._span(number, offset)
        entries = dictionary(self.buffer, start)
        if not begin:
            raise UnusualError(f"object {number} is no stream")
        length = integer(
            self.resolve(entries[b"Length"]) if reference(entries.get(b"Length")) else entries.get(b"Length")
        )
        return entries, decode_stream(bytes(self.buffer[begin : begin + length]), entries)

    def _packed(self, number: int, place: Place) -> bytes:
        if place.container not in self._containers:
            self._containers[place.container] = self._unpack(place.container)
        members = self._containers[place.container]
        if place.index >= len(members) or members[place.index][0] != number:
            raise UnusualError(f"object {number} is not in its object stream")
        return members[place.index][1]

    def _unpack(self, container: int) -> list[tuple[int, bytes]]:
        place = self._place(container)
        if place is None or place.free or place.container:
            raise UnusualError("no such object stream")
        entries, data = self._stream(container, place.offset)
        first, count = integer(entries.get(b"First")), integer(entries.get(b"N"))
        figures = [integer(word) for word in data[:first].split()][: 2 * count]
        starts = [skip_space(data, first + offset) for offset in figures[1::2]]
        spans = ((number, start) for number, start in zip(figures[::2], starts, strict=True))
        return [(number, data[start : value_end(data, start)]) for number, start in spans]
