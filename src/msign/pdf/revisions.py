"""A PDF's saved states: each incremental update as a value (ISO 32000-1 clause 7.5.6)."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

from msign.kernel.limits import KIB
from msign.pdf.errors import Anomaly, AnomalyKind, PdfError, Refusal
from msign.pdf.limits import MAX_OBJECTS, MAX_REVISIONS
from msign.pdf.syntax import SKIP, Buffer
from msign.pdf.values import FREE, Entry, as_int
from msign.pdf.xref import Section, Source, XrefKind, find_section, read_section

_STARTXREF = re.compile(rb"startxref[\x00\t\n\x0c\r ]*(\d{1,19})")
_EOF = re.compile(rb"%%EOF")
_END_WINDOW = 64 * KIB  # startxref stands right behind its trailer; this is far enough for the slipshod


@dataclass(frozen=True, slots=True)
class Revision:
    """One saved state. It owns the bytes ``start`` to ``end``; ``end`` lies behind its %%EOF mark, before any line end.

    ``entries`` are the cross-reference entries that it adds; ``trailer`` is its own. ``clean`` tells that its startxref
    points at its own section and its end mark stands right behind.
    """

    index: int
    start: int
    end: int
    xref_kind: XrefKind
    xref_offset: int
    startxref: int
    entries: dict[int, Entry]
    trailer: dict[str, object]
    extents: tuple[tuple[int, int], ...]
    clean: bool
    hidden: frozenset[int] = frozenset()
    """Objects of a hybrid that its table calls free: readers that know no hybrids do not see them."""

    @property
    def defined(self) -> frozenset[int]:
        """Numbers of the objects that this revision defines, anew or for the first time."""
        return frozenset(number for number, entry in self.entries.items() if entry is not FREE)

    @property
    def freed(self) -> frozenset[int]:
        """Numbers of the objects that this revision calls free."""
        return frozenset(number for number, entry in self.entries.items() if entry is FREE)


def read_revisions(source: Source, last_startxref: int) -> list[Revision]:
    """Follow the chain of sections from ``last_startxref`` and return the revisions, oldest first.

    A broken or looping chain ends where it breaks, and is remembered as an anomaly. Raises PdfError when even the
    newest section cannot be read, and for limits.
    """
    groups = _grouped(source, _chain(source, last_startxref))
    revisions: list[Revision] = []
    start = 0
    for group in groups:
        revision = _revision(source, len(revisions), start, group)
        revisions.append(revision)
        start = revision.end
    return revisions


def _chain(source: Source, pointer: int) -> list[Section]:
    sections: list[Section] = []
    seen: set[int] = set()
    total = 0
    while pointer >= 0:
        try:
            offset = find_section(source, pointer)
            if offset in seen:
                source.note(Anomaly(AnomalyKind.XREF_LOOP, offset))
                break
            seen.add(offset)
            section = read_section(source, offset)
        except PdfError as error:
            if not sections or error.refusal in (Refusal.TOO_MANY_OBJECTS, Refusal.INFLATES_TOO_FAR):
                raise
            source.note(Anomaly(AnomalyKind.XREF_PREV_UNREADABLE, pointer, error.message))
            break
        sections.append(section)
        total += len(section.entries)
        if len(sections) > MAX_REVISIONS or total > MAX_OBJECTS:
            raise PdfError(Refusal.TOO_MANY_REVISIONS, f"more than {MAX_REVISIONS} revisions or {MAX_OBJECTS} entries")
        previous = section.trailer.get("Prev")
        pointer = int(previous) if isinstance(previous, int | float) and previous > 0 else -1
    return sections


def _grouped(source: Source, sections: list[Section]) -> list[list[Section]]:
    """Sort oldest first and join the two sections of a linearised file, whose newer half stands first in the file."""
    groups: list[list[Section]] = []
    for section in reversed(sections):
        if groups and section.offset < groups[-1][-1].offset:
            if len(groups) > 1 or not _linearised(source.buffer):
                source.note(Anomaly(AnomalyKind.XREF_ORDER, section.offset))
            groups[-1].append(section)
        else:
            groups.append([section])
    return groups


def _linearised(buffer: Buffer) -> bool:
    return b"/Linearized" in buffer[:2048]


def _revision(source: Source, index: int, start: int, group: list[Section]) -> Revision:
    newest = group[-1]
    entries: dict[int, Entry] = {}
    for section in group:
        entries.update(section.entries)
    tail = max(section.end for section in group)
    end, startxref, tidy = _end_mark(source, tail)
    points_here = startxref in (newest.offset, newest.offset - source.shift) or (
        _skipped(source.buffer, startxref) == newest.offset
    )
    if not points_here:
        source.note(Anomaly(AnomalyKind.STARTXREF_MISMATCH, tail, f"says {startxref}, section is at {newest.offset}"))
    extents = tuple(extent for section in group for extent in section.extents)
    return Revision(
        index=index,
        start=start,
        end=max(start, end),
        xref_kind=newest.kind,
        xref_offset=newest.offset,
        startxref=startxref,
        entries=entries,
        trailer=newest.trailer,
        extents=extents,
        clean=points_here and tidy,
        hidden=frozenset[int]().union(*(section.hidden for section in group)),
    )


def _skipped(buffer: Buffer, position: int) -> int:
    match = SKIP.match(buffer, position) if 0 <= position < len(buffer) else None
    return match.end() if match else -1


def _end_mark(source: Source, tail: int) -> tuple[int, int, bool]:
    """Return the end of the revision whose section ends at ``tail``, its startxref, and whether all is in its place."""
    here = _skipped(source.buffer, tail)
    match = _STARTXREF.match(source.buffer, max(here, 0))
    tidy = match is not None
    match = match or _STARTXREF.search(source.buffer, tail, min(source.size, tail + _END_WINDOW))
    if match is None:
        source.note(Anomaly(AnomalyKind.EOF_MARK_MISSING, tail))
        return tail, -1, False
    eof = _EOF.search(source.buffer, match.end(), min(source.size, match.end() + 1024))
    if eof is None:
        source.note(Anomaly(AnomalyKind.EOF_MARK_MISSING, match.end()))
        return match.end(), int(match[1]), False
    between = source.buffer[match.end() : eof.start()]
    return eof.end(), int(match[1]), tidy and not between.strip(b"\x00\t\n\x0c\r ")


class History:
    """Where each object is in each revision, without copying the whole table for each of them."""

    def __init__(self, revisions: list[Revision]) -> None:
        self._first = revisions[0].entries if revisions else {}
        self._later: dict[int, tuple[list[int], list[Entry]]] = {}
        for revision in revisions[1:]:
            for number, entry in revision.entries.items():
                indices, entries = self._later.setdefault(number, ([], []))
                indices.append(revision.index)
                entries.append(entry)

    def entry(self, number: int, revision: int) -> Entry:
        """Return the entry of an object as of a revision."""
        later = self._later.get(number)
        place = bisect_right(later[0], revision) if later is not None else 0
        return later[1][place - 1] if later is not None and place else self._first.get(number, FREE)

    def numbers(self, revision: int) -> set[int]:
        """Return the numbers of all objects that exist in a revision."""
        found = {number for number, entry in self._first.items() if entry is not FREE}
        for number in self._later:
            if self.entry(number, revision) is FREE:
                found.discard(number)
            else:
                found.add(number)
        return found


def size_of(revisions: list[Revision]) -> int:
    """Return the next free object number: above every entry and every trailer's /Size."""
    sizes = [as_int(revision.trailer.get("Size"), 0) for revision in revisions]
    highest = [max(revision.entries, default=0) + 1 for revision in revisions]
    return max([*sizes, *highest], default=1)
