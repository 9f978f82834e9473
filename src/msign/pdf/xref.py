"""Cross-reference tables, streams and hybrids (ISO 32000-1 clauses 7.5.4, 7.5.5, 7.5.8): one section at a time."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable
from dataclasses import dataclass

from msign.pdf.errors import Anomaly, AnomalyKind, PdfError, Refusal
from msign.pdf.limits import MAX_OBJECT_NUMBER, MAX_OBJECTS, MIN_OBJECT_BYTES
from msign.pdf.syntax import SKIP, Buffer, Parser
from msign.pdf.values import FREE, Entry, InFile, InStream, Located, Stream, as_int, as_list

_WS = rb"[\x00\t\n\x0c\r ]"
_TABLE = re.compile(rb"xref(?=" + _WS + rb"|\d)")
_SUBSECTION = re.compile(_WS + rb"*(\d{1,10})" + _WS + rb"+(\d{1,10})(?=" + _WS + rb")")
_ROW = re.compile(_WS + rb"*(\d{1,10})" + _WS + rb"+(\d{1,5})" + _WS + rb"*([nf])")
_TRAILER = re.compile(_WS + rb"*trailer")
_OBJECT = re.compile(rb"(\d{1,10})" + _WS + rb"+(\d{1,5})" + _WS + rb"+obj")
_NEAR = re.compile(rb"(?<!start)xref|(?<!\d)\d{1,10}" + _WS + rb"+\d{1,5}" + _WS + rb"+obj")
_SEARCH_BEFORE, _SEARCH_AFTER = 64, 128


class XrefKind(enum.StrEnum):
    """How a revision says where its objects are; an incremental update should use the kind of its forerunner."""

    TABLE = "table"
    STREAM = "stream"
    HYBRID = "hybrid"


@dataclass(frozen=True, slots=True)
class Section:
    """One cross-reference section with its trailer. ``end`` is the first byte behind the trailer or stream."""

    kind: XrefKind
    offset: int
    end: int
    entries: dict[int, Entry]
    trailer: dict[str, object]
    extents: tuple[tuple[int, int], ...]  # the bytes that the section itself takes, hybrid stream included
    hidden: frozenset[int] = frozenset()  # objects of a hybrid that its table calls free


@dataclass(frozen=True, slots=True)
class Source:
    """What reading a section needs from the file."""

    buffer: Buffer
    size: int
    shift: int  # length of junk before %PDF- that all offsets leave out
    read_object: Callable[[int], Located]
    decode: Callable[[Stream], bytes]
    extent: Callable[[Located], tuple[int, int]]
    note: Callable[[Anomaly], None]


def find_section(source: Source, offset: int) -> int:
    """Return where a section really begins when a pointer says ``offset``; a near miss is remembered.

    Raises PdfError NO_CROSS_REFERENCE when there is none within a line or two.
    """
    for candidate in (offset, offset + source.shift):
        start = _after_space(source, candidate)
        if 0 <= candidate < source.size and (_TABLE.match(source.buffer, start) or _OBJECT.match(source.buffer, start)):
            return start
    low = min(max(0, offset + source.shift - _SEARCH_BEFORE), source.size)
    best = None
    for match in _NEAR.finditer(source.buffer, low, min(source.size, low + _SEARCH_BEFORE + _SEARCH_AFTER)):
        if match[0].startswith(b"xref") and (best is None or abs(match.start() - offset) < abs(best - offset)):
            best = match.start()
    if best is None:
        raise PdfError(Refusal.NO_CROSS_REFERENCE, f"no cross-reference section at byte {offset}")
    source.note(Anomaly(AnomalyKind.STARTXREF_WRONG, best, f"pointer says {offset}"))
    return best


def _after_space(source: Source, position: int) -> int:
    match = SKIP.match(source.buffer, position) if 0 <= position < source.size else None
    return match.end() if match else position


def read_section(source: Source, offset: int) -> Section:
    """Return the section at ``offset`` (as found by :func:`find_section`). Raises PdfError where it cannot be read."""
    if _TABLE.match(source.buffer, offset):
        return _with_hybrid(source, _read_table(source, offset))
    return _read_stream(source, offset)


def _read_table(source: Source, offset: int) -> Section:
    entries: dict[int, Entry] = {}
    position = offset + 4
    while not (trailer := _TRAILER.match(source.buffer, position)):
        head = _SUBSECTION.match(source.buffer, position)
        if head is None:
            raise PdfError(Refusal.BAD_CROSS_REFERENCE, f"cross-reference table broken at byte {position}")
        position = _read_rows(source, head, entries)
    parser = Parser(source.buffer, trailer.end(), source.size)
    value = parser.value()
    if not isinstance(value, dict):
        raise PdfError(Refusal.BAD_CROSS_REFERENCE, f"no trailer dictionary at byte {trailer.end()}")
    for key in parser.duplicates:
        source.note(Anomaly(AnomalyKind.DUPLICATE_KEY, trailer.end(), f"trailer /{key}"))
    extents = ((offset, parser.position),)
    return Section(XrefKind.TABLE, offset, parser.position, entries, value, extents)


def _read_rows(source: Source, head: re.Match[bytes], entries: dict[int, Entry]) -> int:
    first, count, position = int(head[1]), int(head[2]), head.end()
    if count > MAX_OBJECTS or len(entries) + count > MAX_OBJECTS or first + count > MAX_OBJECT_NUMBER + 1:
        raise PdfError(Refusal.TOO_MANY_OBJECTS, f"cross-reference table with {count} entries from {first}")
    if first == 1 and (row := _ROW.match(source.buffer, position)) and row[3] == b"f" and row[2] == b"65535":
        # A slip of several producers: numbering starts at 1 although the first row is that of object 0.
        source.note(Anomaly(AnomalyKind.XREF_NUMBERING_SHIFTED, position))
        first = 0
    for number in range(first, first + count):
        row = _ROW.match(source.buffer, position)
        if row is None:
            source.note(Anomaly(AnomalyKind.XREF_ENTRY_MALFORMED, position, f"object {number}"))
            break
        position = row.end()
        _add(source, entries, number, _row_entry(row), position)
    return position


def _row_entry(row: re.Match[bytes]) -> Entry:
    offset = int(row[1])
    return InFile(offset, int(row[2])) if row[3] == b"n" and offset else FREE


def _add(source: Source, entries: dict[int, Entry], number: int, entry: Entry, position: int) -> None:
    if number in entries and entries[number] != entry:
        source.note(Anomaly(AnomalyKind.XREF_CONTRADICTION, position, f"object {number} listed twice"))
    entries[number] = entry


def _with_hybrid(source: Source, table: Section) -> Section:
    """Add the stream that /XRefStm names; it speaks for objects that the table calls free (ISO 32000-1 7.5.8.4)."""
    pointer = as_int(table.trailer.get("XRefStm"))
    if pointer < 0:
        return table
    try:
        stream = _read_stream(source, find_section(source, pointer))
    except PdfError as error:
        source.note(Anomaly(AnomalyKind.XREF_PREV_UNREADABLE, pointer, f"XRefStm: {error.message}"))
        return table
    merged, hidden = dict(table.entries), set[int]()
    for number, entry in stream.entries.items():
        own = merged.get(number, FREE)
        if own is FREE:
            merged[number] = entry
            if number in table.entries and entry is not FREE:
                hidden.add(number)
        elif entry not in (FREE, own):
            source.note(Anomaly(AnomalyKind.XREF_CONTRADICTION, pointer, f"object {number} in table and stream"))
    extents = table.extents + stream.extents
    return Section(XrefKind.HYBRID, table.offset, table.end, merged, table.trailer, extents, frozenset(hidden))


def _read_stream(source: Source, offset: int) -> Section:
    located = source.read_object(offset)
    stream = located.value
    if not isinstance(stream, Stream) or stream.entries.get("Type") != "XRef":
        raise PdfError(Refusal.NO_CROSS_REFERENCE, f"no cross-reference stream at byte {offset}")
    widths = [as_int(width, 0) for width in as_list(stream.entries.get("W"))]
    if len(widths) < 3 or any(not 0 <= width <= 8 for width in widths) or not sum(widths[:3]):
        raise PdfError(Refusal.BAD_CROSS_REFERENCE, f"cross-reference stream at byte {offset} has no usable /W")
    entries: dict[int, Entry] = {}
    _read_fields(source, stream, widths, entries, offset)
    start, end = source.extent(located)
    return Section(XrefKind.STREAM, offset, end, entries, stream.entries, ((start, end),))


def _read_fields(source: Source, stream: Stream, widths: list[int], entries: dict[int, Entry], offset: int) -> None:
    one, two, row = widths[0], widths[0] + widths[1], sum(widths)
    index = [as_int(item, -1) for item in as_list(stream.entries.get("Index"))]
    index = index or [0, as_int(stream.entries.get("Size"), 0)]
    most = min(MAX_OBJECTS, source.size // MIN_OBJECT_BYTES + 1_000)
    if sum(count for count in index[1::2] if count > 0) > 2 * most:  # before anything is inflated
        raise PdfError(Refusal.TOO_MANY_OBJECTS, f"cross-reference stream with more than {most} entries")
    data = source.decode(stream)
    position, number_of = 0, int.from_bytes
    for first, count in zip(index[::2], index[1::2], strict=False):
        if first < 0 or count < 0 or first + count > MAX_OBJECT_NUMBER + 1 or len(entries) + count > most:
            raise PdfError(Refusal.TOO_MANY_OBJECTS, f"cross-reference stream with {count} entries from {first}")
        for number in range(first, first + count):
            if position + row > len(data):
                source.note(Anomaly(AnomalyKind.XREF_ENTRY_MALFORMED, offset, f"object {number}"))
                return
            kind = number_of(data[position : position + one], "big") if one else 1
            second = number_of(data[position + one : position + two], "big")
            third = number_of(data[position + two : position + row], "big")
            position += row
            # Types above 2 are references to the null object (ISO 32000-1 7.5.8.3).
            entry = InFile(second, third) if kind == 1 else InStream(second, third) if kind == 2 else FREE
            if number in entries:
                _add(source, entries, number, entry, offset)
            else:
                entries[number] = entry
