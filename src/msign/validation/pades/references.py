"""Who refers to whom: finds the objects that hold a reference to given objects, in any revision, in one pass.

A changed object is harmless only if nothing but its lawful owner refers to it; an attacker's favourite is an object
that the signed pages use under a second name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msign.pdf.bytefile import OBJECT
from msign.pdf.errors import PdfError
from msign.pdf.reader import PdfFile
from msign.pdf.syntax import Keyword, Parser
from msign.pdf.values import Entry, InFile, InStream, Ref, Stream

_WS = rb"[\x00\t\n\x0c\r ]"
_REFERENCE = re.compile(rb"(?<!\d)(\d{1,10})" + _WS + rb"+\d{1,5}" + _WS + rb"+R(?![^\x00\t\n\x0c\r ()<>\[\]{}/%])")
_HEX = re.compile(rb"<[0-9A-Fa-f]{32,}>")
_BEFORE_END = b"\x00\t\n\x0c\r >])"
_QUICK_WINDOW = 65_536
TRAILER = 0
"""Stands for the trailer among the holders."""
STRANGER = -1
"""Stands for holders that were not looked for: an object outside the targets is never private."""
# An office suite's pointer to its own source document; no viewer follows it.
_UNREAD = frozenset({"AdditionalStreams", "DocChecksum"})


def references_in(value: object) -> Iterator[int]:
    """Yield the numbers of all objects that a value refers to."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, Ref):
            yield item.number
        elif isinstance(item, dict):
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)
        elif isinstance(item, Stream):
            stack.extend(item.entries.values())


class ReferenceIndex:
    """The holders of references to ``targets``; built when first asked, over every definition of every revision."""

    def __init__(self, pdf: PdfFile, targets: Iterable[int]) -> None:
        self._pdf = pdf
        self._targets = frozenset(targets)
        self._holders: dict[int, list[tuple[int, Entry]]] | None = None
        self._trailers: dict[int, frozenset[int]] = {}
        self._containers: list[frozenset[int]] = []

    def holders(self, number: int, revision: int) -> set[int]:
        """Return the objects (and TRAILER) that refer to ``number`` as of a revision; STRANGER if nobody counted."""
        if number not in self._targets:
            return {STRANGER}
        if self._holders is None:
            self._holders = self._build()
        pdf = self._pdf
        found = {
            holder for holder, entry in self._holders.get(number, ()) if pdf.entry(holder, revision) == entry
        }  # fmt: skip
        if number in self._trailer(revision):
            found.add(TRAILER)
        return found

    def containers(self, revision: int) -> frozenset[int]:
        """Return the numbers of all object streams that any revision up to this one speaks of."""
        while len(self._containers) <= revision:
            entries = self._pdf.revisions[len(self._containers)].entries.values()
            own = {entry.container for entry in entries if isinstance(entry, InStream)}
            self._containers.append(self._containers[-1] | own if self._containers else frozenset(own))
        return self._containers[revision]

    def _trailer(self, revision: int) -> frozenset[int]:
        if revision not in self._trailers:
            items = self._pdf.revisions[revision].trailer.items()
            found = (n for key, value in items if key not in _UNREAD for n in references_in(value))
            self._trailers[revision] = frozenset(found)
        return self._trailers[revision]

    def _build(self) -> dict[int, list[tuple[int, Entry]]]:
        table: dict[int, list[tuple[int, Entry]]] = {}
        seen: set[tuple[int, Entry]] = set()
        sections = {start for revision in self._pdf.revisions for start, _ in revision.extents}
        for revision in self._pdf.revisions:
            containers: set[int] = set()
            for number, entry in revision.entries.items():
                if isinstance(entry, InStream):
                    containers.add(entry.container)
                elif isinstance(entry, InFile) and (number, entry) not in seen and entry.offset not in sections:
                    seen.add((number, entry))
                    self._note(table, number, entry, self._in_file(number, entry))
            for container in containers:
                self._in_container(table, container, revision.index)
        return table

    def _note(self, table: dict[int, list[tuple[int, Entry]]], holder: int, entry: Entry, found: Iterable[int]) -> None:
        for number in set(found) & self._targets:
            table.setdefault(number, []).append((holder, entry))

    def _in_file(self, number: int, entry: InFile) -> Iterable[int]:
        """References of one object: quickly by pattern where no string or comment can mislead, else by parsing."""
        buffer, start = self._pdf.buffer, entry.offset
        head = OBJECT.match(buffer, start) if start < len(buffer) and not self._pdf.shift else None
        if head is not None and int(head[1]) == number:
            end = buffer.find(b"endobj", start, start + _QUICK_WINDOW)
            text = _HEX.sub(b" ", buffer[start:end]) if end > 0 and buffer[end - 1] in _BEFORE_END else b"("
            if b"(" not in text and b"%" not in text and b"stream" not in text:
                return map(int, _REFERENCE.findall(text))
        located = self._pdf.located_at(number, entry)
        return references_in(located.value) if located else ()

    def _in_container(self, table: dict[int, list[tuple[int, Entry]]], container: int, revision: int) -> None:
        try:
            data, numbers, offsets = self._pdf.packed(container, revision)
        except PdfError:
            return
        order = sorted(zip(offsets, range(len(offsets)), strict=True))
        starts = [offset for offset, _ in order]
        for place, (offset, index) in enumerate(order):
            stop = starts[place + 1] if place + 1 < len(starts) else len(data)
            text = data[offset:stop]
            if b"(" in text or b"%" in text:
                found: Iterable[int] = _parsed(data, offset)
            else:
                found = map(int, _REFERENCE.findall(text))
            entry = self._pdf.entry(numbers[index], revision)
            if isinstance(entry, InStream) and entry.container == container:
                self._note(table, numbers[index], entry, found)


def _parsed(data: bytes, offset: int) -> Iterable[int]:
    try:
        value = Parser(data, offset, len(data)).value()
    except PdfError:
        return ()
    return () if isinstance(value, Keyword) else references_in(value)
