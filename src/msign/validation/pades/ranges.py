"""ByteRange, recomputed: what a signature really covers (ISO 32000-1 clause 12.8.1, EN 319 142-1 clause 5.2)."""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from msign.pdf.reader import PdfFile
from msign.pdf.values import InFile, as_list

_HEX = re.compile(rb"<[0-9A-Fa-f\x00\t\n\x0c\r ]*>")
_BLANK = b"\x00\t\n\x0c\r "


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a signature covers: everything up to ``end`` but the gap ``gap_start`` to ``gap_end``.

    ``defects`` are codes of reasons, each a structural lie; ``revision`` is the index of the revision that ends where
    the range ends, ``None`` if none does.
    """

    gap_start: int
    gap_end: int
    end: int
    revision: int | None
    defects: tuple[str, ...]


def measure(pdf: PdfFile, byte_range: object, contents: tuple[int, int] | None) -> Coverage:
    """Return the coverage that ``byte_range`` claims, with every way in which it lies.

    ``contents`` is where the hex string of /Contents stands in the file, angle brackets included.
    """
    numbers = [item for item in as_list(byte_range) if isinstance(item, int) and not isinstance(item, bool)]
    if len(numbers) != 4 or len(as_list(byte_range)) != 4:
        return Coverage(0, 0, 0, None, ("byte-range-malformed",))
    first, length, second, tail = numbers
    end = second + tail
    if min(numbers) < 0 or end > pdf.size or second < first + length or not length or not tail:
        return Coverage(0, 0, 0, None, ("byte-range-out-of-file",))
    defects = []
    if first != 0:
        defects.append("byte-range-start")
    if contents != (length, second) or not _HEX.fullmatch(pdf.read(length, second)):
        defects.append("byte-range-gap")
    revision = _revision_ending(pdf, end)
    if revision is None:
        defects.append("byte-range-end")
    return Coverage(first + length, second, end, revision, tuple(defects))


def _revision_ending(pdf: PdfFile, end: int) -> int | None:
    """Return the revision whose end mark, with at most a line end or blanks behind it, is the end of the range."""
    for revision in reversed(pdf.revisions):
        if revision.end <= end:
            blank = end - revision.end <= 16 and not pdf.read(revision.end, end).strip(_BLANK)
            return revision.index if blank else None
    return None


def contents_place(pdf: PdfFile, number: int, entry: InFile) -> tuple[tuple[int, int] | None, tuple[str, ...]]:
    """Return where the /Contents string of a signature dictionary written at an entry stands in the file.

    With it come the keys that the dictionary has twice: readers differ in which one they take.
    """
    spans: dict[str, tuple[int, int]] = {}
    doubled: list[str] = []
    located = pdf.object_at(entry.offset, spans=spans, doubled=doubled)
    return (spans.get("Contents") if located.number == number else None), tuple(doubled)


class RangeDigests:
    """Digests of signed ranges. All of them begin alike, so one pass over the file serves fifty signatures.

    ``starts`` are the places where gaps begin; the state of the running digest is kept at each of them.
    """

    def __init__(self, pdf: PdfFile, starts: Iterable[int]) -> None:
        self._pdf = pdf
        self._starts = sorted(set(starts))
        self._known: dict[tuple[str, int, int, int], bytes] = {}
        self._states: dict[str, tuple[list[int], list[hashlib._Hash]]] = {}

    def digest(self, algorithm: str, coverage: Coverage) -> bytes:
        """Return the digest of the covered bytes. Raises KeyError for algorithms that we cannot compute."""
        key = (algorithm, coverage.gap_start, coverage.gap_end, coverage.end)
        if key not in self._known:
            hasher = self._prefix(algorithm, coverage.gap_start)
            for piece in self._pdf.chunks(coverage.gap_end, coverage.end):
                hasher.update(piece)
            self._known[key] = hasher.digest(64) if algorithm == "shake256" else hasher.digest()  # type: ignore[call-arg]
        return self._known[key]

    def _prefix(self, algorithm: str, stop: int) -> hashlib._Hash:
        """Return a running digest of everything before ``stop``."""
        places, states = self._states.setdefault(algorithm, ([0], [_hasher(algorithm)]))
        nearest = bisect_right(places, stop) - 1
        position, hasher = places[nearest], states[nearest].copy()
        for goal in (*(start for start in self._starts if position < start < stop), stop):
            for piece in self._pdf.chunks(position, goal):
                hasher.update(piece)
            if goal not in places:
                place = bisect_right(places, goal)
                places.insert(place, goal)
                states.insert(place, hasher.copy())
            position = goal
        return hasher


_NAMES = {
    name: name.replace("sha3-", "sha3_")
    for name in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3-224", "sha3-256", "sha3-384", "sha3-512")
}


def _hasher(algorithm: str) -> hashlib._Hash:
    if algorithm == "shake256":
        return hashlib.shake_256()
    return hashlib.new(_NAMES[algorithm], usedforsecurity=False)
