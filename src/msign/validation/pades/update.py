"""Examines one incremental update against the revision before it: what changed, and is every change accounted for?

The method is an allow-list. Every object that the update defines, replaces or frees must be explained by a rule
(validation data, form, annotations, metadata, …); what no rule explains is ``OTHER``, unless nothing refers to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property

from msign.pdf.errors import PdfError, Refusal
from msign.pdf.reader import PdfFile
from msign.pdf.values import FREE, Entry, InFile, InStream, Ref, Stream, as_dict, as_list
from msign.validation.pades.compare import same
from msign.validation.pades.form import Form, PageTree, read_pages
from msign.validation.pades.kinds import Change, ChangeKind
from msign.validation.pades.references import ReferenceIndex, references_in

MAX_CHANGES = 10_000  # in all updates; what people do to a document, they do some hundred times
_MOST_TOLD = 200  # objects that nothing explains; one is enough for the verdict
# A reader that rebuilds a file may find these in a comment, too.
_READ_IN_COMMENTS = re.compile(rb"obj|stream|xref|trailer")


class Update:
    """The state of one examination, shared by the rules. ``old`` and ``new`` are revision indices."""

    def __init__(
        self, pdf: PdfFile, new: int, before: Form, after: Form, index: ReferenceIndex, trees: dict[int, PageTree]
    ) -> None:
        self.pdf, self.new, self.old = pdf, new, new - 1
        self.before, self.after, self.index = before, after, index
        self.changes: list[Change] = []
        self.explained: set[int] = set()
        self.lawful: set[tuple[int, int]] = set()  # (holder, object) references that a rule has looked at
        self.added: set[int] = set()
        self.redefined: set[int] = set()
        self.freed: set[int] = set()
        self.told: set[str] = set()  # fields whose inherited value was noted
        self._renumbered: list[int] = []
        self._pages: tuple[PageTree, PageTree] | None = None
        self._trees = trees
        self._sort()

    def _sort(self) -> None:
        for number, entry in self.pdf.revisions[self.new].entries.items():
            previous = self.pdf.entry(number, self.old)
            if entry == previous and not isinstance(entry, InStream):
                continue
            if previous is FREE:
                if entry is not FREE:
                    self.added.add(number)
            elif entry is FREE:
                self.freed.add(number)
            elif _generation(entry) != _generation(previous):
                self.redefined.add(number)
                self._renumbered.append(number)
            elif not same(self.pdf, self.was(number), self.now(number)):
                self.redefined.add(number)

    @cached_property
    def touched(self) -> frozenset[int]:
        """Every object that exists differently than before."""
        return frozenset(self.added | self.redefined | self.freed)

    def was(self, value: int | object) -> object:
        """Return an object by number, or a value behind a reference, as of the revision before."""
        return self._get(value, self.old)

    def now(self, value: int | object) -> object:
        """Return an object by number, or a value behind a reference, as of this revision."""
        return self._get(value, self.new)

    def _get(self, value: object, revision: int) -> object:
        if isinstance(value, int) and not isinstance(value, bool):
            return self.pdf.get(value, revision)
        return self.pdf.resolve(value, revision)

    def pages(self) -> tuple[dict[int, int], dict[int, int]]:
        """Return page numbers by page object, before and after."""
        before, after = self.page_trees()
        return before.pages, after.pages

    def page_trees(self) -> tuple[PageTree, PageTree]:
        """Return the page trees before and after."""
        if self._pages is None:
            before = self._trees.get(self.old) or read_pages(self.pdf, self.old)
            after = before if self._same_tree(before) else read_pages(self.pdf, self.new)
            self._trees |= {self.old: before, self.new: after}
            self._pages = before, after
        return self._pages

    def _same_tree(self, before: PageTree) -> bool:
        """Whether the update leaves the page tree alone; pages themselves may change, but not into inner nodes."""
        if self.pdf.root(self.new).get("Pages") != before.root or before.nodes & self.touched:
            return False
        return all(
            "Kids" not in as_dict(self.now(n)) and n not in self.freed for n in before.pages.keys() & self.touched
        )

    def page_of(self, number: int) -> int | None:
        """Return the page on which an annotation or page object is shown, as far as it is easily known."""
        value = as_dict(self.now(number)) or as_dict(self.was(number))
        page = value.get("P")
        known = self.pages()[1]
        return known.get(number) or (known.get(page.number) if isinstance(page, Ref) else None)

    def note(
        self, kind: ChangeKind, code: str, number: int = 0, name: str = "", *,
        visible: bool = False, on: int = 0, blind: bool = False, beneath: bool = False,
    ) -> None:  # fmt: skip
        """Remember a change to an object; ``on`` is the page object where it shows, if known.

        ``blind`` and ``beneath`` say how its look is to be compared (see ``Change``).
        """
        if len(self.changes) >= MAX_CHANGES:
            raise PdfError(Refusal.TOO_MUCH_WORK, f"an update with more than {MAX_CHANGES} changes")
        page = (self.pages()[1].get(on) if on else None) or (self.page_of(number) if number else None)
        box = self._box(number) if visible and number else None
        visible = visible and (box is not None or not number)
        born = self._born(number)
        self.changes.append(Change(kind, code, self.new, number, page, name[:80], visible, box, born, blind, beneath))

    def _box(self, number: int) -> tuple[float, float, float, float] | None:
        """Return the place that an object takes on its page, where it was and where it is."""
        now, was = self.rectangle(number, self.new), self.rectangle(number, self.old)
        if now is None or was is None:
            return now or was
        return min(now[0], was[0]), min(now[1], was[1]), max(now[2], was[2]), max(now[3], was[3])

    def rectangle(self, number: int, revision: int) -> tuple[float, float, float, float] | None:
        """Return the /Rect of an object as of a revision; its numbers may be objects of their own."""
        items = as_list(self.pdf.resolve(as_dict(self.pdf.get(number, revision)).get("Rect"), revision))
        return box_of([self.pdf.resolve(item, revision) for item in items[:4]])

    def _born(self, number: int) -> int:
        """Return the first revision in which an object exists; this one for those written inline."""
        if not number:
            return self.new
        return next((r.index for r in self.pdf.revisions if self.pdf.entry(number, r.index) is not FREE), self.new)

    def explain(self, number: int) -> None:
        """Mark an object as accounted for."""
        self.explained.add(number)

    def adopt(self, holder: int, value: object) -> None:
        """Explain the new objects below a value that a rule allows; objects that existed before are never adopted."""
        stack = [(holder, value)]
        while stack:
            owner, item = stack.pop()
            for number in references_in(item):
                if number not in self.added:
                    continue
                self.lawful.add((owner, number))
                if number not in self.explained:
                    self.explain(number)
                    stack.append((number, self.now(number)))

    def private(self, number: int, owners: Iterable[int]) -> bool:
        """Explain a replaced object if only ``owners`` have referred to it, before and now; tell whether it is so."""
        allowed = set(owners)
        if self.index.holders(number, self.old) | self.index.holders(number, self.new) <= allowed:
            self.explain(number)
            return True
        return False

    # What is left when all rules have spoken

    def settle(self) -> None:
        """Explain structure, then note every object that nothing explains and something refers to."""
        self._structure()
        for number in sorted(self.pdf.revisions[self.new].hidden):
            if number not in self.touched:  # the same for us, and gone for readers that know no hybrids
                self.note(ChangeKind.OTHER, "object-removed", number)
        for number in self._renumbered:  # references under the old generation lead nowhere for strict readers
            self.note(ChangeKind.OTHER, "object-changed", number)
        for number in sorted(self.touched & self.index.containers(self.old)):
            # What was packed in it is something else now, without being listed.
            self.note(ChangeKind.OTHER, "object-changed", number)
        for number in sorted(self.added & self.explained):
            strangers = {
                holder for holder in self.index.holders(number, self.old)
                if (holder, number) not in self.lawful and holder not in self.freed
            }  # fmt: skip
            if strangers:
                self.note(ChangeKind.OTHER, "dangling-reference-filled", number)
        for number in sorted(self._live(self.touched - self.explained))[:_MOST_TOLD]:
            self._unexplained(number)
        if self.touched - self.explained and not self.changes:
            self.note(ChangeKind.UNSEEN, "unreferenced-objects")

    def _structure(self) -> None:
        """The update's own cross-reference and object streams are no content, unless somebody refers to them."""
        revision = self.pdf.revisions[self.new]
        containers = {entry.container for entry in revision.entries.values() if isinstance(entry, InStream)}
        starts = {start for start, _ in revision.extents}
        for number in self.touched:
            entry = revision.entries[number]
            own = number in containers or (isinstance(entry, InFile) and entry.offset in starts)
            if own and number in self.added and not self.index.holders(number, self.new):
                self.explain(number)

    def _live(self, numbers: frozenset[int]) -> set[int]:
        """Return those objects that something outside the set refers to, and whatever hangs on them."""
        live: set[int] = set()
        below: dict[int, list[int]] = {}
        for number in numbers:
            for holder in self.index.holders(number, self.new):
                if holder in numbers:
                    below.setdefault(holder, []).append(number)
                else:
                    live.add(number)
        growing = list(live)
        while growing:
            found = [number for number in below.get(growing.pop(), ()) if number not in live]
            live.update(found)
            growing += found
        return live

    def _unexplained(self, number: int) -> None:
        value = self.now(number) if number not in self.freed else self.was(number)
        kind = str(as_dict(value).get("Type", ""))
        code = {"Font": "font-changed", "FontDescriptor": "font-changed", "Page": "page-content-changed"}.get(kind)
        if code is None and any(as_dict(self.was(h)).get("Type") == "Page" for h in self._holders(number)):
            code = "page-content-changed"
        if code is None:
            code = "object-removed" if number in self.freed else "object-changed"
        if code == "object-changed" and isinstance(value, Stream) and value.entries.get("Subtype") == "Form":
            code = "appearance-changed"
        page = next((self.pages()[1][h] for h in sorted(self._holders(number)) if h in self.pages()[1]), None)
        self.changes.append(Change(ChangeKind.OTHER, code, self.new, number, page or self.page_of(number)))

    def _holders(self, number: int) -> set[int]:
        return self.index.holders(number, self.old) - {0}


def _generation(entry: Entry) -> int:
    return entry.generation if isinstance(entry, InFile) else 0


def box_of(items: list[object]) -> tuple[float, float, float, float] | None:
    """Return a rectangle with its corners in order; ``None`` if it is none or has no area."""
    numbers = [float(item) for item in items if isinstance(item, int | float)]
    if len(numbers) != 4:
        return None
    left, right = sorted((numbers[0], numbers[2]))
    low, high = sorted((numbers[1], numbers[3]))
    return (left, low, right, high) if right - left > 0.5 and high - low > 0.5 else None


def unaccounted(pdf: PdfFile, revision: int) -> Change | None:
    """Return a change if the update holds bytes that are neither its objects nor its cross-references nor blank.

    Such bytes are invisible to a reader that follows the cross-references and visible to one that rebuilds them.
    """
    update = pdf.revisions[revision]
    extents = list(update.extents)
    for number, entry in update.entries.items():
        if isinstance(entry, InFile) and update.start <= entry.offset < update.end:
            located = pdf.locate(number, revision)
            if located is not None and located.start < update.end:
                extents.append(pdf.extent(located, revision))
    position = update.start
    for start, end in sorted(extents):
        if start > position and not _blank(pdf, position, start):
            return Change(ChangeKind.OTHER, "bytes-unaccounted", revision, name=str(position))
        position = max(position, end)
    if not _blank(pdf, position, update.end, tail=True):
        return Change(ChangeKind.OTHER, "bytes-unaccounted", revision, name=str(position))
    return None


def _blank(pdf: PdfFile, start: int, end: int, *, tail: bool = False) -> bool:
    if end - start > 65_536:
        return not pdf.read(start, end).strip(b"\x00\t\n\x0c\r ")
    for line in pdf.read(start, end).replace(b"\r", b"\n").split(b"\n"):
        word = line.strip(b"\x00\t\x0c ")
        if not word or (word.startswith(b"%") and not _READ_IN_COMMENTS.search(word)):
            continue
        if tail and (word == b"startxref" or word.isdigit() or word.startswith(b"startxref ")):
            continue
        return False
    return True
