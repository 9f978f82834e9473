"""The objects of a PDF by number and revision: found through the cross-references, parsed, unpacked, decrypted."""

from __future__ import annotations

import contextlib
import re
from collections import OrderedDict

from msign.pdf.bytefile import OBJECT, ByteFile
from msign.pdf.crypt import Decryptor
from msign.pdf.errors import Anomaly, AnomalyKind, PdfError, Refusal
from msign.pdf.filters import decode
from msign.pdf.kept import Kept
from msign.pdf.limits import MAX_CACHED, MAX_INFLATED, MAX_REFERENCE_CHAIN, MAX_STRUCTURE_STREAM, MIN_CACHED
from msign.pdf.revisions import History
from msign.pdf.syntax import Buffer, Keyword, Parser
from msign.pdf.values import FREE, Entry, Free, InFile, InStream, Located, Ref, Stream, as_dict, as_int

_WS = rb"[\x00\t\n\x0c\r ]"


class ObjectFile(ByteFile):
    """Answers "what is object N as of revision R". Until the cross-references are read, every object is null."""

    def __init__(self, buffer: Buffer) -> None:
        super().__init__(buffer)
        self.shift = 0
        """Length of the junk before the header, which offsets may or may not count."""
        self.newest = 0
        """Index of the newest revision."""
        self._history: History | None = None
        self._decryptor: Decryptor | None = None
        octets = max(MIN_CACHED, min(MAX_CACHED, 2 * self.size))
        self._cache: Kept[tuple[int, int], object] = Kept(octets)
        self._containers: OrderedDict[int, tuple[bytes, list[int], list[int]]] = OrderedDict()
        self._parsed: Kept[int, Located] = Kept(octets)
        self._octets = 0  # what the object that was read last takes in the file
        self._inflated = 0
        self._encrypt_number = -1

    def _index(self, history: History, newest: int) -> None:
        self._history, self.newest = history, newest

    def forget(self) -> None:
        """Drop what was read so far: it was read without the key."""
        self._cache.clear()
        self._containers.clear()

    def entry(self, number: int, revision: int | None = None) -> Entry:
        """Return where an object is as of a revision (newest by default)."""
        if self._history is None:
            return FREE
        return self._history.entry(number, self.newest if revision is None else revision)

    def numbers(self, revision: int | None = None) -> set[int]:
        """Return the numbers of all objects that exist as of a revision."""
        return self._history.numbers(self.newest if revision is None else revision) if self._history else set()

    def get(self, number: int | Ref, revision: int | None = None) -> object:
        """Return an object as of a revision; null (None) when it does not exist or cannot be read."""
        wanted = number.number if isinstance(number, Ref) else number
        entry = self.entry(wanted, revision)
        if isinstance(entry, Free):
            return None
        if isinstance(number, Ref) and isinstance(entry, InFile) and entry.generation != number.generation:
            return None
        key = self._place(entry, revision)
        kept = self._cache.get(key)
        if kept is not None:
            return kept[0]
        self._octets = 0
        value = self._load(wanted, entry, revision)
        self._cache.put(key, value, self._octets)
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
        filters = self.deep(stream.entries.get("Filter"), revision)
        parameters = self.deep(stream.entries.get("DecodeParms"), revision)
        data = decode(raw, filters, parameters, min(limit, MAX_INFLATED - self._inflated))
        self._inflated += len(data)
        return data

    def raw_stream(self, stream: Stream, revision: int | None = None) -> tuple[int, int]:
        """Return start and end of a stream's stored bytes."""
        return stream.start, stream.start + self._stream_length(stream, revision)

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
        kept = self._parsed.get(entry.offset)
        if kept is not None and kept[0].number == number:
            self._octets = kept[1]
            return kept[0]
        found = self._searched(number, entry)
        self._octets = found.end - found.start
        self._parsed.put(entry.offset, found, self._octets)
        return found

    def _searched(self, number: int, entry: InFile) -> Located:
        for offset in dict.fromkeys((entry.offset, entry.offset + self.shift)):
            match = OBJECT.match(self._buffer, offset) if offset < self.size else None
            if match and int(match[1]) == number:
                self._remark(number, entry, offset, match)
                return self.object_at(offset)
        self.note(Anomaly(AnomalyKind.OBJECT_ASTRAY, entry.offset, f"object {number}"))
        return self.object_at(self._nearby(number, entry.offset))

    def _remark(self, number: int, entry: InFile, offset: int, head: re.Match[bytes]) -> None:
        """Remember what another reader may take otherwise: its generation, or its place."""
        if int(head[2]) != entry.generation:  # strict readers find nothing here
            self.note(Anomaly(AnomalyKind.OBJECT_ASTRAY, offset, f"object {number}"))
        elif head.start(1) != offset:
            self.note(Anomaly(AnomalyKind.OBJECT_MISPLACED, offset, f"object {number}"))

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
        self._octets = parser.position - offsets[index]
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

    def _stream_length(self, stream: Stream, revision: int | None) -> int:
        return self.data_length(stream, as_int(self._length_value(stream.entries.get("Length"), revision)))

    def _length_value(self, value: object, revision: int | None) -> object:
        # While the chain is still being read there is no table to look a reference up in.
        return self.resolve(value, revision) if self._history is not None else value

    def deep(self, value: object, revision: int | None, depth: int = 0) -> object:
        """Resolve a small value with everything in it; filter settings and the like."""
        value = self.resolve(value, revision) if self._history is not None else value
        if depth > 4:
            return None
        if isinstance(value, dict):
            return {key: self.deep(item, revision, depth + 1) for key, item in value.items()}
        if isinstance(value, list):
            return [self.deep(item, revision, depth + 1) for item in value[:256]]
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
