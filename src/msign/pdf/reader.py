"""The lean PDF reader: opens a file by its cross-references, reads only what is asked for, remembers what was odd.

    with PdfFile.open(path) as pdf:
        pdf.catalog, pdf.trailer, pdf.revisions, pdf.get(12), pdf.get(12, revision=0)

It serves judging and signing alike. It inflates cross-reference and object streams only, never page content, and
keeps the file mapped, not loaded: memory stays flat with the file's size. Nothing here decides whether a document is
trustworthy; ``anomalies`` tells what a strict reader would have refused.
"""

from __future__ import annotations

import contextlib
import mmap
import re
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from msign.kernel.limits import MAX_PDF_BYTES
from msign.pdf.bytefile import OBJECT, ByteFile
from msign.pdf.crypt import Decryptor, open_with_empty_password
from msign.pdf.errors import Anomaly, AnomalyKind, PdfError, Refusal
from msign.pdf.filters import decode
from msign.pdf.limits import (
    HEADER_WINDOW,
    MAX_INFLATED,
    MAX_REFERENCE_CHAIN,
    MAX_STRUCTURE_STREAM,
    OBJECT_CACHE,
    TAIL_WINDOW,
)
from msign.pdf.revisions import History, Revision, read_revisions, size_of
from msign.pdf.syntax import Buffer, Keyword, Parser
from msign.pdf.values import (
    FREE,
    Entry,
    Free,
    InFile,
    InStream,
    Located,
    Ref,
    Stream,
    as_dict,
    as_int,
    as_list,
)
from msign.pdf.xref import Source, XrefKind

_WS = rb"[\x00\t\n\x0c\r ]"
_HEADER = re.compile(rb"%PDF-(\d\.\d)")
_STARTXREF = re.compile(rb"startxref" + _WS + rb"*(\d{1,19})" + _WS + rb"*(?:%|\Z)")


class PdfFile(ByteFile):
    """One PDF document, open for reading. Use as a context manager, or close it.

    Raises PdfError from ``open`` for files that cannot be read at all; later reads raise it only for limits, other
    unreadable objects read as null and leave an anomaly. Not safe for use by several threads at once.
    """

    def __init__(self, buffer: Buffer) -> None:
        super().__init__(buffer)
        self._decryptor: Decryptor | None = None
        self._cache: OrderedDict[tuple[int, int], object] = OrderedDict()
        self._containers: OrderedDict[int, tuple[bytes, list[int], list[int]]] = OrderedDict()
        self._parsed: dict[int, Located] = {}
        self._inflated = 0
        self._encrypt_number = -1
        self.version, shift = self._header()
        self._source = Source(buffer, self.size, shift, self.object_at, self._decode_structure, self.extent, self.note)
        self.revisions, self.last_startxref = self._read_chain()
        self._history = History(self.revisions)
        self._open_encryption()
        if not isinstance(self.resolve(self.trailer.get("Root")), dict):
            raise PdfError(Refusal.NO_CATALOG, "the document has no catalogue")

    @classmethod
    def open(cls, source: Path | bytes, *, max_bytes: int = MAX_PDF_BYTES) -> Self:
        """Open a file (mapped into memory) or bytes. Raises PdfError; the message says what is wrong."""
        if isinstance(source, bytes):
            size, buffer = len(source), source
            _check_size(size, max_bytes)
            return cls(buffer)
        with source.open("rb") as handle:
            size = handle.seek(0, 2)
            _check_size(size, max_bytes)
            mapped = mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ)
        try:
            return cls(mapped)
        except BaseException:
            mapped.close()
            raise

    # What a reader and a writer ask first

    @property
    def trailer(self) -> dict[str, object]:
        """The newest trailer dictionary."""
        return self.revisions[-1].trailer

    @property
    def catalog(self) -> dict[str, object]:
        """The document catalogue of the newest revision."""
        return self.root()

    @property
    def xref_kind(self) -> XrefKind:
        """How the newest revision lists its objects."""
        return self.revisions[-1].xref_kind

    @property
    def next_number(self) -> int:
        """The lowest object number that no revision has used."""
        return size_of(self.revisions)

    @property
    def shift(self) -> int:
        """Length of the junk before the header, which offsets may or may not count."""
        return self._source.shift

    @property
    def encrypted(self) -> bool:
        """Whether the document is encrypted (and opened with the empty password)."""
        return self._decryptor is not None

    @property
    def newest(self) -> int:
        """Index of the newest revision."""
        return len(self.revisions) - 1

    def root(self, revision: int | None = None) -> dict[str, object]:
        """Return the document catalogue as of a revision."""
        index = self.newest if revision is None else revision
        return as_dict(self.resolve(self.revisions[index].trailer.get("Root"), index))

    # Objects

    def entry(self, number: int, revision: int | None = None) -> Entry:
        """Return where an object is as of a revision (newest by default)."""
        return self._history.entry(number, self.newest if revision is None else revision)

    def numbers(self, revision: int | None = None) -> set[int]:
        """Return the numbers of all objects that exist as of a revision."""
        return self._history.numbers(self.newest if revision is None else revision)

    def get(self, number: int | Ref, revision: int | None = None) -> object:
        """Return an object as of a revision; null (None) when it does not exist or cannot be read."""
        wanted = number.number if isinstance(number, Ref) else number
        entry = self.entry(wanted, revision)
        if isinstance(entry, Free):
            return None
        if isinstance(number, Ref) and isinstance(entry, InFile) and entry.generation != number.generation:
            return None
        key = self._place(entry, revision)
        if key in self._cache:
            self._cache.move_to_end(key)
            return self._cache[key]
        value = self._load(wanted, entry, revision)
        self._cache[key] = value
        if len(self._cache) > OBJECT_CACHE:
            self._cache.popitem(last=False)
        return value

    def _place(self, entry: InFile | InStream, revision: int | None) -> tuple[int, int]:
        """Return what tells two definitions apart: an object stream may itself be replaced by a later revision."""
        if isinstance(entry, InFile):
            return entry.offset, -1
        container = self.entry(entry.container, revision)
        return (container.offset if isinstance(container, InFile) else -1), entry.slot

    def resolve(self, value: object, revision: int | None = None) -> object:
        """Follow references until a value; a chain without end reads as null."""
        for _ in range(MAX_REFERENCE_CHAIN):
            if not isinstance(value, Ref):
                return value
            value = self.get(value, revision)
        return None

    def extent(self, located: Located, revision: int | None = None) -> tuple[int, int]:
        """Return the bytes that an object takes, stream data and closing words included."""
        if not isinstance(located.value, Stream):
            return located.start, located.end
        return located.start, self.closing_words(located.value.start + self._stream_length(located.value, revision))

    def stream_data(self, stream: Stream, *, limit: int = MAX_STRUCTURE_STREAM, revision: int | None = None) -> bytes:
        """Return a stream's decoded content. Raises PdfError for limits and unknown filters."""
        length = self._stream_length(stream, revision)
        if length > 2 * limit:
            raise PdfError(Refusal.OBJECT_TOO_LARGE, f"stream of {length} bytes")
        raw = self._buffer[stream.start : stream.start + length]
        if self._decryptor and stream.entries.get("Type") != "XRef":
            raw = self._decryptor.stream(raw, stream.number, stream.generation)
        filters = self._deep(stream.entries.get("Filter"), revision)
        parameters = self._deep(stream.entries.get("DecodeParms"), revision)
        data = decode(raw, filters, parameters, min(limit, MAX_INFLATED - self._inflated))
        self._inflated += len(data)
        return data

    def raw_stream(self, stream: Stream, revision: int | None = None) -> tuple[int, int]:
        """Return start and end of a stream's stored bytes."""
        return stream.start, stream.start + self._stream_length(stream, revision)

    # Opening

    def _header(self) -> tuple[str, int]:
        match = _HEADER.search(self._buffer, 0, min(self.size, HEADER_WINDOW))
        if match is None:
            raise PdfError(Refusal.NOT_A_PDF, "the file does not begin like a PDF")
        if match.start():
            self.note(Anomaly(AnomalyKind.HEADER_NOT_FIRST, match.start()))
        return match[1].decode("ascii"), match.start()

    def _read_chain(self) -> tuple[list[Revision], int]:
        """Read from the last startxref; when that update is unreadable, from the one before, and remember it."""
        first_error: PdfError | None = None
        for match in self._startxrefs():
            try:
                revisions = read_revisions(self._source, int(match[1]))
            except PdfError as error:
                if error.refusal in (Refusal.TOO_MANY_OBJECTS, Refusal.INFLATES_TOO_FAR, Refusal.TOO_MANY_REVISIONS):
                    raise
                self.note(Anomaly(AnomalyKind.LAST_REVISION_UNREADABLE, match.start(), error.message))
                first_error = first_error or error
                continue
            return revisions, int(match[1])
        raise first_error or PdfError(Refusal.NO_CROSS_REFERENCE, "the word startxref is missing")

    def _startxrefs(self) -> Iterator[re.Match[bytes]]:
        """Yield the startxref pointers, last first, at most eight: more broken updates in a row are no accident."""
        stop = self.size
        low = max(0, self.size - TAIL_WINDOW)
        for _ in range(8):
            position = self._buffer.rfind(b"startxref", low, stop)
            if position < 0 and low:
                low = 0
                position = self._buffer.rfind(b"startxref", 0, stop)
            if position < 0:
                return
            match = _STARTXREF.match(self._buffer, position)
            if match is not None:
                yield match
            stop = position

    def _open_encryption(self) -> None:
        encrypt = self.trailer.get("Encrypt")
        if encrypt is None:
            return
        if isinstance(encrypt, Ref):
            self._encrypt_number = encrypt.number
        settings = self._deep(encrypt, None)
        first = as_list(self.resolve(self.trailer.get("ID")))
        first_id = first[0] if first and isinstance(first[0], bytes) else b""
        self._decryptor = open_with_empty_password(settings, first_id)
        self._cache.clear()
        self._containers.clear()

    # Reading objects

    def _load(self, number: int, entry: InFile | InStream, revision: int | None) -> object:
        try:
            if isinstance(entry, InStream):
                return self._load_packed(number, entry, revision)
            located = self._located(number, entry)
        except PdfError as error:
            if error.refusal in (Refusal.INFLATES_TOO_FAR, Refusal.OBJECT_TOO_LARGE, Refusal.TOO_DEEP):
                raise
            self.note(Anomaly(AnomalyKind.OBJECT_UNREADABLE, getattr(entry, "offset", 0), f"object {number}"))
            return None
        if self._decryptor and number != self._encrypt_number:
            return self._decrypted(located.value, number, located.generation)
        return located.value

    def locate(self, number: int, revision: int | None = None) -> Located | None:
        """Return a top-level object with its place in the file; None when it is packed, free or unreadable."""
        entry = self.entry(number, revision)
        return self.located_at(number, entry) if isinstance(entry, InFile) else None

    def located_at(self, number: int, entry: InFile) -> Located | None:
        """Return the object that an entry of any revision points at; None when it is unreadable."""
        with contextlib.suppress(PdfError):
            return self._located(number, entry)
        return None

    def _located(self, number: int, entry: InFile) -> Located:
        known = self._parsed.get(entry.offset)
        if known is not None and known.number == number:
            return known
        found = self._searched(number, entry)
        if len(self._parsed) >= OBJECT_CACHE:
            self._parsed.clear()
        self._parsed[entry.offset] = found
        return found

    def _searched(self, number: int, entry: InFile) -> Located:
        for offset in dict.fromkeys((entry.offset, entry.offset + self._source.shift)):
            match = OBJECT.match(self._buffer, offset) if offset < self.size else None
            if match and int(match[1]) == number:
                if match.start(1) != offset or int(match[2]) != entry.generation:
                    self.note(Anomaly(AnomalyKind.OBJECT_MISPLACED, offset, f"object {number}"))
                return self.object_at(offset)
        self.note(Anomaly(AnomalyKind.OBJECT_ASTRAY, entry.offset, f"object {number}"))
        return self.object_at(self._nearby(number, entry.offset))

    def _nearby(self, number: int, offset: int) -> int:
        """Find an object that lies a few bytes beside its entry, as slipshod producers write it."""
        pattern = re.compile(rb"(?<!\d)%d" % number + _WS + rb"+\d{1,5}" + _WS + rb"+obj")
        match = pattern.search(self._buffer, max(0, offset - 32), min(self.size, max(0, offset) + 64))
        if match is None:
            raise PdfError(Refusal.BAD_SYNTAX, f"object {number} is not at byte {offset}")
        return match.start()

    def _load_packed(self, number: int, entry: InStream, revision: int | None) -> object:
        data, numbers, offsets = self.packed(entry.container, revision)
        index, place = entry.slot, self._place(entry, revision)[0]
        if index >= len(numbers) or numbers[index] != number:
            self.note(Anomaly(AnomalyKind.OBJECT_STREAM_BROKEN, place, f"object {number} in {entry.container}"))
            if number not in numbers:
                return None
            index = numbers.index(number)
        if offsets[index] >= len(data):
            return None
        parser = Parser(data, offsets[index], len(data))
        value = parser.value()
        for key in parser.duplicates:
            self.note(Anomaly(AnomalyKind.DUPLICATE_KEY, place, f"object {number} /{key}"))
        return None if isinstance(value, Keyword) else value

    def packed(self, container: int, revision: int | None = None) -> tuple[bytes, list[int], list[int]]:
        """Return an object stream's content with the numbers and offsets of its objects (ISO 32000-1 7.5.7).

        Raises PdfError when it is none.
        """
        entry = self.entry(container, revision)
        if not isinstance(entry, InFile):
            raise PdfError(Refusal.BAD_SYNTAX, f"object stream {container} does not exist")
        if entry.offset not in self._containers:
            self._containers[entry.offset] = self._unpack(self._located(container, entry).value, revision)
            if len(self._containers) > 16:
                self._containers.popitem(last=False)
        return self._containers[entry.offset]

    def _unpack(self, stream: object, revision: int | None) -> tuple[bytes, list[int], list[int]]:
        if not isinstance(stream, Stream) or stream.entries.get("Type") != "ObjStm":
            raise PdfError(Refusal.BAD_SYNTAX, "not an object stream")
        data = self.stream_data(stream, revision=revision)
        count = as_int(self.resolve(stream.entries.get("N"), revision), 0)
        first = as_int(self.resolve(stream.entries.get("First"), revision), 0)
        words = data[:first].split()[: 2 * max(0, count)]
        if len(words) < 2 * count or not all(word.isdigit() for word in words):
            self.note(Anomaly(AnomalyKind.OBJECT_STREAM_BROKEN, stream.start))
            words = words[: next((i for i, word in enumerate(words) if not word.isdigit()), len(words)) // 2 * 2]
        figures = [int(word[:12]) for word in words]
        return data, figures[::2], [first + offset for offset in figures[1::2]]

    def _decode_structure(self, stream: Stream) -> bytes:
        return self.stream_data(stream)

    def _stream_length(self, stream: Stream, revision: int | None) -> int:
        return self.data_length(stream, as_int(self._length_value(stream.entries.get("Length"), revision)))

    def _length_value(self, value: object, revision: int | None) -> object:
        # While the chain is still being read there is no table to look a reference up in.
        return self.resolve(value, revision) if hasattr(self, "_history") else value

    def _deep(self, value: object, revision: int | None, depth: int = 0) -> object:
        """Resolve a small value with everything in it; filter settings and the like."""
        value = self.resolve(value, revision) if hasattr(self, "_history") else value
        if depth > 4:
            return None
        if isinstance(value, dict):
            return {key: self._deep(item, revision, depth + 1) for key, item in value.items()}
        if isinstance(value, list):
            return [self._deep(item, revision, depth + 1) for item in value[:256]]
        return value

    def _decrypted(self, value: object, number: int, generation: int) -> object:
        worker = self._decryptor
        if worker is None:
            return value
        if isinstance(value, bytes):
            return worker.string(value, number, generation)
        if isinstance(value, list):
            return [self._decrypted(item, number, generation) for item in value]
        if isinstance(value, Stream):
            entries = as_dict(self._decrypted(value.entries, number, generation))
            return Stream(entries, value.start, value.number, value.generation)
        if isinstance(value, dict):
            signature = "ByteRange" in value  # its Contents are never encrypted (ISO 32000-1 7.6.1)
            return {
                key: item if signature and key == "Contents" else self._decrypted(item, number, generation)
                for key, item in value.items()
            }
        return value


def _check_size(size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise PdfError(Refusal.TOO_LARGE, f"the file has {size} bytes, at most {max_bytes} are read")
    if size == 0:
        raise PdfError(Refusal.NOT_A_PDF, "the file is empty")


__all__ = ["FREE", "PdfFile"]
