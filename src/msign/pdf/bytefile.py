"""The bytes of a PDF, mapped, and the objects written in them. Knows nothing of cross-references and revisions."""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from msign.kernel.limits import MIB
from msign.pdf.errors import Anomaly, AnomalyKind, PdfError, Refusal
from msign.pdf.limits import MAX_SEARCHED
from msign.pdf.syntax import Buffer, Keyword, Parser
from msign.pdf.values import Located, Stream

_WS = rb"[\x00\t\n\x0c\r ]"
OBJECT = re.compile(_WS + rb"*(\d{1,10})" + _WS + rb"+(\d{1,5})" + _WS + rb"+obj")
_STREAM = re.compile(_WS + rb"*(?:%[^\r\n]*" + _WS + rb"+)*stream(\r\n|\n|\r)?")
_ENDSTREAM = re.compile(_WS + rb"*endstream")
_ENDOBJ = re.compile(_WS + rb"*(?:%[^\r\n]*" + _WS + rb"+)*endobj")
_CHUNK = MIB
_MAX_ANOMALIES = 200


class ByteFile:
    """A buffer with PDF objects in it. ``anomalies`` collects what a strict reader would have refused."""

    def __init__(self, buffer: Buffer) -> None:
        self._buffer = buffer
        self.size = len(buffer)
        self.anomalies: list[Anomaly] = []
        self._known: set[Anomaly] = set()
        self._beyond: dict[AnomalyKind, int] = {}
        self._searched_bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _t: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Give the mapping back. Values already read stay usable."""
        if isinstance(self._buffer, mmap.mmap):
            self._buffer.close()

    def note(self, anomaly: Anomaly) -> None:
        """Remember an anomaly, once, and not more than a few hundred of them.

        Beyond that the farthest one of each kind is kept: a flood inside the signed part must not hide what a later
        update does.
        """
        if anomaly in self._known:
            return
        place = self._beyond.get(anomaly.kind)
        if place is not None:
            if anomaly.offset > self.anomalies[place].offset:
                self.anomalies[place] = anomaly
            return
        if len(self.anomalies) >= _MAX_ANOMALIES:
            self._beyond[anomaly.kind] = len(self.anomalies)
        self._known.add(anomaly)
        self.anomalies.append(anomaly)

    def read(self, start: int, end: int) -> bytes:
        """Return a copy of some bytes of the file."""
        return self._buffer[start:end]

    def find(self, what: bytes, start: int, end: int) -> int:
        """Return where some bytes occur first, or -1."""
        return self._buffer.find(what, start, end)

    def chunks(self, start: int, end: int) -> Iterator[memoryview]:
        """Yield the bytes from start to end in pieces and give mapped pages back, so that memory stays flat."""
        with memoryview(self._buffer) as view:
            for position in range(start, end, _CHUNK):
                stop = min(end, position + _CHUNK)
                with view[position:stop] as piece:
                    yield piece
                self._release(position, stop)

    @property
    def buffer(self) -> Buffer:
        """The mapped file, for searches by regular expression."""
        return self._buffer

    def _release(self, start: int, stop: int) -> None:
        if isinstance(self._buffer, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
            page = mmap.PAGESIZE
            first = -(-start // page) * page
            if stop - first >= page:
                self._buffer.madvise(mmap.MADV_DONTNEED, first, (stop - first) // page * page)

    def object_at(
        self, offset: int, *, spans: dict[str, tuple[int, int]] | None = None, doubled: list[str] | None = None
    ) -> Located:
        """Parse the object written at ``offset``, undecrypted; ``spans`` receives where its values lie.

        ``doubled`` receives the keys that its dictionaries define twice. Raises PdfError when there is none.
        """
        head = OBJECT.match(self._buffer, offset)
        if head is None:
            raise PdfError(Refusal.BAD_SYNTAX, f"no object at byte {offset}")
        number, generation = int(head[1]), int(head[2])
        parser = Parser(self._buffer, head.end(), self.size, want_spans=spans is not None)
        value = parser.value()
        if isinstance(value, Keyword):
            value, parser.position = None, head.end()
        for key in parser.duplicates:
            self.note(Anomaly(AnomalyKind.DUPLICATE_KEY, offset, f"object {number} /{key}"))
        if spans is not None:
            spans.update(parser.spans)
        if doubled is not None:
            doubled.extend(parser.duplicates)
        stream = _STREAM.match(self._buffer, parser.position) if isinstance(value, dict) else None
        if stream is not None and isinstance(value, dict):
            value = Stream(value, stream.end(), number, generation)
            return Located(number, generation, value, head.start(1), stream.end())
        closing = _ENDOBJ.match(self._buffer, parser.position)
        return Located(number, generation, value, head.start(1), closing.end() if closing else parser.position)

    def data_length(self, stream: Stream, stated: int) -> int:
        """Return how many bytes a stream stores; where its /Length lies, the word endstream decides."""
        if 0 <= stated <= self.size - stream.start and _ENDSTREAM.match(self._buffer, stream.start + stated):
            return stated
        found = self._buffer.find(b"endstream", stream.start)
        self.note(Anomaly(AnomalyKind.STREAM_LENGTH_WRONG, stream.start))
        self._searched_bytes += (found if found >= 0 else self.size) - stream.start
        if self._searched_bytes > MAX_SEARCHED:
            raise PdfError(Refusal.TOO_MUCH_WORK, "too many streams without a usable length")
        if found < 0:
            return max(0, min(stated, self.size - stream.start))
        for line_end in (b"\r\n", b"\n", b"\r"):
            if self._buffer[found - len(line_end) : found] == line_end:
                return max(0, found - len(line_end) - stream.start)
        return found - stream.start

    def closing_words(self, end: int) -> int:
        """Return the byte behind the endstream and endobj that follow a stream's data."""
        for pattern in (_ENDSTREAM, _ENDOBJ):
            match = pattern.match(self._buffer, end)
            end = match.end() if match else end
        return end
