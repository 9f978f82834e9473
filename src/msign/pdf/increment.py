"""Incremental updates (ISO 32000-1 clause 7.5.6): new and changed objects put behind a document's own bytes."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from msign.kernel.errors import Code, MSignError
from msign.pdf.lean import LeanPdf
from msign.pdf.limits import MAX_OBJECT_NUMBER
from msign.pdf.rawsyntax import array, dictionary, join_array

_KEPT = (b"Root", b"Info")
_ROW_WIDTHS = b"[1 5 2]"


@dataclass
class Update:
    """Collects objects for one update of ``pdf``, then renders the bytes to append."""

    pdf: LeanPdf
    _objects: dict[int, bytes] = field(default_factory=dict)
    _next: int = 0

    def __post_init__(self) -> None:
        self._next = self.pdf.size

    def reserve(self) -> int:
        """Return a new object number; give it its value later. Raises ``MSignError`` beyond what readers accept."""
        if self._next > MAX_OBJECT_NUMBER:
            text = f"the PDF leaves no object numbers below {MAX_OBJECT_NUMBER} for a signature"
            raise MSignError(Code.UNREADABLE_DOCUMENT, text)
        self._next += 1
        return self._next - 1

    def add(self, value: bytes) -> int:
        """Add a new object; return its number."""
        number = self.reserve()
        self._objects[number] = value
        return number

    def put(self, number: int, value: bytes) -> None:
        """Set the value of a reserved or an existing object."""
        self._objects[number] = value

    def current(self, number: int) -> bytes:
        """Return an object's raw value, with what this update has changed already."""
        return self._objects[number] if number in self._objects else self.pdf.raw(number)

    def entries(self, number: int) -> Mapping[bytes, bytes]:
        """Return the entries of an object that is a dictionary, with what this update has changed already."""
        return dictionary(self._objects[number]) if number in self._objects else self.pdf.entries(b"%d 0 R" % number)

    def render(self) -> tuple[bytes, dict[int, int]]:
        """Return the update and, for each object, where its value starts inside it."""
        start = len(self.pdf.buffer)
        pieces = [b"" if self.pdf.buffer[-1:] in (b"\n", b"\r") else b"\n"]
        position, offsets, values = len(pieces[0]), {}, {}
        for number, value in self._objects.items():
            head = b"%d %d obj\n" % (number, self._generation(number))
            offsets[number], values[number] = start + position, position + len(head)
            pieces += (head, value, b"\nendobj\n")
            position += len(head) + len(value) + 8
        pieces.append(self._closing(offsets, start + position))
        return b"".join(pieces), values

    def _closing(self, offsets: dict[int, int], here: int) -> bytes:
        if self.pdf.uses_streams:
            section = self._xref_stream({**offsets, self._next: here})
        else:
            section = self._table(offsets) + b"trailer\n<<" + self._trailer(self._next) + b">>\n"
        return section + b"startxref\n%d\n%%%%EOF\n" % here

    def _table(self, offsets: dict[int, int]) -> bytes:
        lines = [b"xref\n"]
        for first, count in _runs(offsets):
            lines.append(b"%d %d\n" % (first, count))
            for number in range(first, first + count):
                lines.append(b"%010d %05d n \n" % (offsets[number], self._generation(number)))
        return b"".join(lines)

    def _xref_stream(self, offsets: dict[int, int]) -> bytes:
        runs = _runs(offsets)
        rows = b"".join(
            b"\1" + offsets[number].to_bytes(5, "big") + self._generation(number).to_bytes(2, "big")
            for first, count in runs
            for number in range(first, first + count)
        )
        index = join_array([b"%d %d" % run for run in runs])
        return b"%d 0 obj\n<</Type/XRef/W%s/Index%s/Length %d%s>>\nstream\n%s\nendstream\nendobj\n" % (
            self._next, _ROW_WIDTHS, index, len(rows), self._trailer(self._next + 1), rows,
        )  # fmt: skip

    def _generation(self, number: int) -> int:
        return self.pdf.generation(number) if number < self.pdf.size else 0

    def _trailer(self, size: int) -> bytes:
        kept = [b"/%s %s" % (key, self.pdf.trailer[key]) for key in _KEPT if key in self.pdf.trailer]
        written = b"".join(kept) + b"/Size %d/Prev %d" % (size, self.pdf.startxref)
        identity = self.pdf.trailer.get(b"ID")
        if identity is None:
            return written
        # The first part names the document for ever, the second this state of it (clause 14.4).
        first = array(self.pdf.resolve(identity))[:1] or [b"<>"]
        return written + b"/ID[%s<%s>]" % (first[0], secrets.token_hex(16).encode("ascii"))


def _runs(offsets: dict[int, int]) -> list[tuple[int, int]]:
    """Return the numbers as runs of neighbours: first number and count, in ascending order."""
    runs: list[tuple[int, int]] = []
    for number in sorted(offsets):
        if runs and sum(runs[-1]) == number:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((number, 1))
    return runs
