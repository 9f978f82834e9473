"""Cross-reference sections for ``lean``: looked up, never walked (ISO 32000-1 clauses 7.5.4 and 7.5.8)."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from typing import Protocol

from msign.pdf.rawsyntax import Buffer, UnusualError, array, dictionary, integer, name

_MAX_INFLATED = 64 * 1024 * 1024
_ROW = 20  # bytes of a table row (ISO 32000-1 clause 7.5.4)
_TABLE_ROW = re.compile(rb"(\d{10}) (\d{5}) ([nf])(?: \r| \n|\r\n)")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an object is: at an offset of the file, or as member ``index`` of an object stream; or it is free."""

    offset: int = 0
    container: int = 0
    index: int = 0
    free: bool = False
    generation: int = 0


class Section(Protocol):
    """One cross-reference section with its trailer."""

    @property
    def trailer(self) -> dict[bytes, bytes]:
        """Raw entries of the trailer."""
        ...

    def find(self, number: int) -> Place | None:
        """Return where an object is, ``None`` if this section does not say."""
        ...

    def highest(self) -> int:
        """Return the highest object number that it lists."""
        ...


@dataclass(frozen=True, slots=True)
class Table:
    """A table of rows of fixed size, looked up by arithmetic."""

    buffer: Buffer
    parts: tuple[tuple[int, int, int], ...]  # first number, count, offset of the first row
    trailer: dict[bytes, bytes]

    def find(self, number: int) -> Place | None:
        """Return where an object is, ``None`` if this section does not say."""
        for first, count, rows in self.parts:
            if first <= number < first + count:
                row = _TABLE_ROW.match(self.buffer, rows + _ROW * (number - first))
                if row is None:
                    raise UnusualError(f"cross-reference row of object {number}")
                return Place(int(row[1]), generation=int(row[2]), free=row[3] == b"f")
        return None

    def highest(self) -> int:
        """Return the highest object number that it lists."""
        return max((first + count - 1 for first, count, _ in self.parts), default=0)


@dataclass(frozen=True, slots=True)
class XrefStream:
    """A cross-reference stream, inflated."""

    data: bytes
    widths: tuple[int, int, int]
    parts: tuple[tuple[int, int], ...]
    trailer: dict[bytes, bytes]

    def find(self, number: int) -> Place | None:
        """Return where an object is, ``None`` if this section does not say."""
        skipped = 0
        for first, count in self.parts:
            if first <= number < first + count:
                return self._place(skipped + number - first)
            skipped += count
        return None

    def _place(self, row: int) -> Place:
        one, two, _ = self.widths
        start = row * sum(self.widths)
        fields = self.data[start : start + sum(self.widths)]
        if len(fields) < sum(self.widths):
            raise UnusualError("cross-reference stream too short")
        kind = int.from_bytes(fields[:one], "big") if one else 1
        second, third = int.from_bytes(fields[one : one + two], "big"), int.from_bytes(fields[one + two :], "big")
        match kind:
            case 0:
                return Place(free=True)
            case 1:
                return Place(second, generation=third)
            case 2:
                return Place(container=second, index=third)
        raise UnusualError("cross-reference entry of an unknown type")

    def highest(self) -> int:
        """Return the highest object number that it lists."""
        return max((first + count - 1 for first, count in self.parts), default=0)


def decode_stream(raw: bytes, entries: dict[bytes, bytes]) -> bytes:
    """Return a stream's content, plain or inflated. Raises ``UnusualError`` for other filters."""
    filters = entries.get(b"Filter")
    if filters is None:
        return raw
    plain = array(filters) if filters.startswith(b"[") else [filters]
    if [name(one) for one in plain] != [b"FlateDecode"]:
        raise UnusualError("a filter other than FlateDecode")
    worker = zlib.decompressobj()
    try:
        data = worker.decompress(raw, _MAX_INFLATED)
    except zlib.error:
        raise UnusualError("a damaged compressed stream") from None
    if worker.unconsumed_tail:
        raise UnusualError("a stream that inflates too far")
    parameters = entries.get(b"DecodeParms", b"null")
    if parameters.startswith(b"["):
        parameters = array(parameters)[0]
    return data if parameters == b"null" else _unpredict(data, dictionary(parameters))


def _unpredict(data: bytes, parameters: dict[bytes, bytes]) -> bytes:
    """Undo PNG prediction None and Up (clause 7.4.4.4), the only ones that cross-reference streams use."""
    if integer(parameters.get(b"Predictor"), 1) == 1:
        return data
    columns = integer(parameters.get(b"Columns"), 1)
    if integer(parameters.get(b"Colors"), 1) != 1 or integer(parameters.get(b"BitsPerComponent"), 8) != 8:
        raise UnusualError("predicted samples of another depth")
    if integer(parameters.get(b"Predictor")) < 10 or not 0 < columns <= 32:
        raise UnusualError("another predictor than PNG")
    above, rows = bytes(columns), bytearray()
    for start in range(0, len(data) - columns, columns + 1):
        row = data[start + 1 : start + 1 + columns]
        if data[start] == 2:
            row = bytes((a + b) & 0xFF for a, b in zip(row, above, strict=True))
        elif data[start] != 0:
            raise UnusualError("another PNG predictor than Up")
        rows += row
        above = row
    return bytes(rows)
