"""The form of a document as of one revision: fields, widgets, signature values (ISO 32000-1 clause 12.7)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from msign.pdf.errors import PdfError, Refusal
from msign.pdf.limits import MAX_TREE_NODES
from msign.pdf.reader import PdfFile
from msign.pdf.values import Entry, InFile, Ref, as_dict, as_int, as_list, text_of

MAX_FIELD_DEPTH = 64


@dataclass(frozen=True, slots=True)
class Field:
    """A terminal field, or a widget's field. ``number`` is its object, 0 if it is written inline."""

    name: str
    number: int
    kind: str  # Sig, Tx, Btn, Ch or ""
    entries: dict[str, object]
    value: object  # as written: a reference or a value; inherited where the field has none
    widgets: tuple[int, ...]
    parents: tuple[int, ...]

    @property
    def value_number(self) -> int:
        """Object number of an indirect value, 0 for a direct one."""
        return self.value.number if isinstance(self.value, Ref) else 0


@dataclass(frozen=True)
class Form:
    """All fields of one revision; ``numbers`` are the objects of every node of the tree."""

    fields: tuple[Field, ...]
    numbers: frozenset[int]
    acroform: dict[str, object]

    @cached_property
    def field_of(self) -> dict[int, Field]:
        """Fields by every object that belongs to them alone: own object and widgets."""
        return {n: field for field in self.fields for n in (field.number, *field.widgets) if n}


Memo = dict[tuple[Entry, str, str, object, tuple[int, ...]], Field]
"""Simple fields by where they are written; the revisions of a document share most of them."""


def read_form(pdf: PdfFile, revision: int, memo: Memo | None = None) -> Form:
    """Return the form as of a revision; loops in the tree end, oversized trees raise PdfError TOO_MUCH_WORK."""
    acroform = as_dict(pdf.resolve(pdf.root(revision).get("AcroForm"), revision))
    walk = _Walk(pdf, revision, {} if memo is None else memo)
    for item in as_list(pdf.resolve(acroform.get("Fields"), revision)):
        walk.node(item, "", "", None, ())
    return Form(tuple(walk.fields), frozenset(walk.seen), acroform)


class _Walk:
    def __init__(self, pdf: PdfFile, revision: int, memo: Memo) -> None:
        self.pdf, self.revision, self.memo = pdf, revision, memo
        self.fields: list[Field] = []
        self.seen: set[int] = set()
        self._nodes = 0

    def node(self, item: object, prefix: str, kind: str, value: object, parents: tuple[int, ...]) -> None:
        number = item.number if isinstance(item, Ref) else 0
        self._nodes += 1
        if self._nodes > MAX_TREE_NODES:
            raise PdfError(Refusal.TOO_MUCH_WORK, f"a form of more than {MAX_TREE_NODES} nodes")
        if number in self.seen or len(parents) > MAX_FIELD_DEPTH:
            return
        if number:
            self.seen.add(number)
        key = (self.pdf.entry(number, self.revision), prefix, kind, _hashable(value), parents)
        if number and key in self.memo:
            self.fields.append(self.memo[key])
            return
        entries = as_dict(self.pdf.resolve(item, self.revision))
        name = _full_name(prefix, self.pdf.resolve(entries.get("T"), self.revision))
        kind = str(self.pdf.resolve(entries.get("FT"), self.revision) or kind)
        value = entries.get("V", value)
        kids = as_list(self.pdf.resolve(entries.get("Kids"), self.revision))
        below = [kid for kid in kids if "T" in as_dict(self.pdf.resolve(kid, self.revision))]
        for kid in below:
            self.node(kid, name, kind, value, (*parents, number))
        if not below:
            self._terminal(name, number, kind, entries, value, kids, parents)
            if number and entries and isinstance(key[0], InFile) and _simple(entries):
                self.memo[key] = self.fields[-1]

    def _terminal(
        self,
        name: str,
        number: int,
        kind: str,
        entries: dict[str, object],
        value: object,
        kids: list[object],
        parents: tuple[int, ...],
    ) -> None:
        widgets = tuple(kid.number for kid in kids if isinstance(kid, Ref) and kid.number not in self.seen)
        self.seen.update(widgets)
        if entries:
            self.fields.append(Field(name, number, kind, entries, value, widgets or (number,), parents))


def _simple(entries: dict[str, object]) -> bool:
    """Whether a field hangs on no other object than itself: its reading is then the same in every revision."""
    return "Kids" not in entries and not isinstance(entries.get("T"), Ref) and not isinstance(entries.get("FT"), Ref)


def _hashable(value: object) -> object:
    return value if isinstance(value, Ref | bytes | str | int | None) else id(value)


def _full_name(prefix: str, part: object) -> str:
    own = text_of(part)
    return f"{prefix}.{own}" if prefix and own else prefix or own


@dataclass(frozen=True, slots=True)
class PageTree:
    """Page numbers (from 1) by page object, in reading order; ``nodes`` are the objects between root and pages.

    ``parents`` are the nodes that list the pages (what pages inherit comes from there); ``odd`` are kids that are
    listed twice or written inline: some viewers show them as pages of their own.
    """

    pages: dict[int, int]
    nodes: frozenset[int]
    root: object
    parents: dict[int, int]
    odd: tuple[object, ...]


def read_pages(pdf: PdfFile, revision: int) -> PageTree:
    """Return the page tree as of a revision. Loops end; huge trees raise PdfError TOO_MUCH_WORK."""
    pages: dict[int, int] = {}
    parents: dict[int, int] = {}
    seen: set[int] = set()
    odd: list[object] = []
    root = pdf.root(revision).get("Pages")
    stack: list[tuple[object, int]] = [(root, 0)]
    while stack:
        item, parent = stack.pop()
        number = item.number if isinstance(item, Ref) else 0
        if number in seen or not number:
            odd.append(item)
        if number in seen or len(odd) > MAX_TREE_NODES:
            continue
        if number:
            seen.add(number)
        if len(seen) > MAX_TREE_NODES:
            raise PdfError(Refusal.TOO_MUCH_WORK, f"a page tree of more than {MAX_TREE_NODES} nodes")
        node = as_dict(pdf.resolve(item, revision))
        kids = pdf.resolve(node.get("Kids"), revision)
        if isinstance(kids, list):
            stack.extend((kid, number) for kid in reversed(kids))
        elif number:
            pages[number] = len(pages) + 1
            parents[number] = parent
    return PageTree(pages, frozenset(seen - pages.keys()), root, parents, tuple(odd))


def permission_level(pdf: PdfFile, signature: dict[str, object], revision: int) -> int | None:
    """Return the DocMDP level of a certification signature, ``None`` for an ordinary one (ISO 32000-1 12.8.2.2).

    The strictest counts if there are several; one that is none of 1, 2 and 3 allows nothing.
    """
    levels = []
    for reference in _references(pdf, signature, revision):
        if reference.get("TransformMethod") == "DocMDP":
            parameters = as_dict(pdf.resolve(reference.get("TransformParams"), revision))
            level = as_int(pdf.resolve(parameters.get("P"), revision), 2)
            levels.append(level if level in (1, 2, 3) else 1)
    return min(levels, default=None)


@dataclass(frozen=True, slots=True)
class FieldLock:
    """Fields that may not change any more (ISO 32000-1 clauses 12.7.4.5 and 12.8.2.4)."""

    action: str  # All, Include or Exclude
    names: frozenset[str]

    def locks(self, field: str) -> bool:
        """Tell whether a field, or one that it belongs to, is locked."""
        if self.action == "All":
            return True
        named = any(field == name or field.startswith(f"{name}.") for name in self.names)
        return named if self.action == "Include" else not named


def field_locks(pdf: PdfFile, field: Field, signature: dict[str, object], revision: int) -> tuple[FieldLock, ...]:
    """Return the locks that a signature puts on: its FieldMDP transforms and its field's /Lock."""
    sources = [
        as_dict(pdf.resolve(reference.get("TransformParams"), revision))
        for reference in _references(pdf, signature, revision)
        if reference.get("TransformMethod") == "FieldMDP"
    ]
    sources.append(as_dict(pdf.resolve(field.entries.get("Lock"), revision)))
    locks = []
    for source in sources:
        action = str(pdf.resolve(source.get("Action"), revision) or "")
        names = as_list(pdf.resolve(source.get("Fields"), revision))
        if source and action not in ("All", "Include", "Exclude"):
            action = "All"  # a lock that says nothing readable locks everything
        if action:
            locks.append(FieldLock(action, frozenset(text_of(pdf.resolve(name, revision)) for name in names)))
    return tuple(locks)


def lock_level(pdf: PdfFile, field: Field, revision: int) -> int | None:
    """Return the /P of the field's /Lock (ISO 32000-2 table 233), ``None`` if it has none."""
    level = as_int(pdf.resolve(as_dict(pdf.resolve(field.entries.get("Lock"), revision)).get("P"), revision), 0)
    return level if level in (1, 2, 3) else None


def _references(pdf: PdfFile, signature: dict[str, object], revision: int) -> list[dict[str, object]]:
    items = as_list(pdf.resolve(signature.get("Reference"), revision))
    return [as_dict(pdf.resolve(item, revision)) for item in items[:64]]
