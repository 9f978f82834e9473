"""The structure tree of a paper (ISO 32000-1, 14.7 and 14.8): headings, paragraphs and tables for screen readers.

reportlab draws but knows no structure. Here each piece of text is drawn between marks that name its place, and the
tree is built from the places when the paper is closed. Lines, page numbers and repeated table heads are artifacts.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from reportlab.pdfbase import pdfdoc
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, Table


@dataclass(frozen=True, slots=True)
class Place:
    """Where a piece of text stands in reading order; ``table`` and ``row`` for cells."""

    order: int
    tag: str
    table: int | None = None
    row: int = 0


@dataclass(frozen=True, slots=True)
class _Mark:
    place: Place
    page: int
    number: int  # the marked-content identifier, counted on each page


class Piece(Paragraph):
    """A paragraph that knows its place; both halves of a split one stand in the same place."""

    def __init__(self, *arguments: Any, place: Place | None = None, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.place = place

    def split(self, width: float, height: float) -> list[Any]:
        """Return the halves, each with the place of the whole."""
        halves: list[Any] = list(super().split(width, height))
        for half in halves:
            half.place = self.place
        return halves

    def draw(self) -> None:
        """Draw between marks."""
        canvas: Any = self.canv
        with canvas.marked(self.place):
            super().draw()


class Grid(Table):
    """A table whose lines are decoration."""

    def _drawLines(self) -> None:  # noqa: N802  (reportlab's name)
        canvas: Any = self.canv
        with canvas.marked(None):
            super()._drawLines()  # type: ignore[misc]  # the stubs leave it out


class StructuredCanvas(Canvas):
    """A canvas that remembers what it drew where, and writes the tree when it is saved."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._marks: list[_Mark] = []

    @contextlib.contextmanager
    def marked(self, place: Place | None) -> Iterator[None]:
        """Draw as content of ``place``; as an artifact without one, and where a table head is drawn again."""
        page = self.getPageNumber() - 1
        again = (
            place is not None and place.tag == "TH" and any(m.place == place and m.page != page for m in self._marks)
        )
        if place is None or again:
            self._operate("/Artifact BMC")
        else:
            number = sum(mark.page == page for mark in self._marks)
            self._marks.append(_Mark(place, page, number))
            self._operate(f"/{place.tag} <</MCID {number}>> BDC")
        yield
        self._operate("EMC")

    def _operate(self, operator: str) -> None:
        """reportlab has no public way to write an operator into a page."""
        vars(self)["_code"].append(operator)

    def save(self) -> None:
        """Write the structure tree, then the file."""
        _Tree(vars(self)["_doc"]).write(self._marks)
        super().save()


class _Tree:
    """Builds the dictionaries of the tree in one document."""

    def __init__(self, document: Any) -> None:
        self._document = document
        self._parents: dict[tuple[int, int], Any] = {}

    def write(self, marks: Sequence[_Mark]) -> None:
        root, catalog = self._element("StructTreeRoot", None), self._document.Catalog
        root.dict.update({"Type": pdfdoc.PDFName("StructTreeRoot")})
        del root.dict["S"]
        body = self._child(root, "Document")
        for _key, group in itertools.groupby(sorted(marks, key=_reading_order), key=lambda one: one.place.table or 0):
            listed = list(group)
            if listed[0].place.table is None:
                self._texts(body, listed)
            else:
                self._table(body, listed)
        root.dict["ParentTree"] = self._parent_tree()
        catalog.MarkInfo = pdfdoc.PDFDictionary({"Marked": "true"})
        catalog.StructTreeRoot = root

    def _texts(self, parent: Any, marks: Sequence[_Mark]) -> None:
        for place, group in itertools.groupby(marks, key=lambda one: one.place):
            element = self._child(parent, place.tag)
            if place.tag == "TH":
                attributes = {"O": pdfdoc.PDFName("Table"), "Scope": pdfdoc.PDFName("Column")}
                element.dict["A"] = pdfdoc.PDFDictionary(attributes)
            for mark in group:
                self._content(element, mark)

    def _table(self, parent: Any, marks: Sequence[_Mark]) -> None:
        table = self._child(parent, "Table")
        for _row, group in itertools.groupby(marks, key=lambda one: one.place.row):
            self._texts(self._child(table, "TR"), list(group))

    def _element(self, tag: str, parent: Any) -> Any:
        element = pdfdoc.PDFDictionary({"S": pdfdoc.PDFName(tag), "K": pdfdoc.PDFArray([])})
        if parent is not None:
            element.dict["P"] = self._reference(parent)
        return element

    def _child(self, parent: Any, tag: str) -> Any:
        element = self._element(tag, parent)
        parent.dict["K"].sequence.append(self._reference(element))
        return element

    def _content(self, element: Any, mark: _Mark) -> None:
        page = self._document.Pages.pages[mark.page]
        facts = {"Type": pdfdoc.PDFName("MCR"), "Pg": self._reference(page), "MCID": mark.number}
        element.dict["K"].sequence.append(pdfdoc.PDFDictionary(facts))
        self._parents[mark.page, mark.number] = self._reference(element)

    def _parent_tree(self) -> Any:
        numbers: list[Any] = []
        for place, page in enumerate(self._document.Pages.pages):
            page.StructParents, page.Tabs = place, pdfdoc.PDFName("S")
            page.__NoDefault__ = [*page.__NoDefault__, "StructParents", "Tabs"]
            owners = [self._parents[key] for key in sorted(self._parents) if key[0] == place]
            numbers += [place, pdfdoc.PDFArray(owners)]
        return self._reference(pdfdoc.PDFDictionary({"Nums": pdfdoc.PDFArray(numbers)}))

    def _reference(self, thing: Any) -> Any:
        return self._document.Reference(thing)


def _reading_order(mark: _Mark) -> tuple[int, int, int]:
    return mark.place.order, mark.page, mark.number
