"""A second opinion by eye: the page as it was signed and as it is now are drawn and compared.

Asked only where structure alone cannot tell: does a new annotation, or the look of a further signature, hide content
that was signed? Few pages are drawn, at screen size; what could not be drawn is not known.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property

from msign.pdf.drawing import Drawing, draw_page
from msign.pdf.reader import PdfFile
from msign.pdf.values import Ref, as_dict, as_list
from msign.validation.pades.form import read_pages
from msign.validation.pades.kinds import Change, ChangeKind

MAX_DRAWINGS = 40
MAX_COMPARED = 8_000_000  # pixels, for one document: about a second
_INK = 110  # darker than this is ink
_STEP = 80  # grey values that make a difference to the eye
_FAINT = 30  # … and that make none
_ROWS, _PIXELS = 4, 6  # a digit in small print: so many rows in a run, so many pixels in them
_ASKED = (ChangeKind.ANNOTATION, ChangeKind.SIGNATURE, ChangeKind.TIMESTAMP, ChangeKind.FORM_FILL)
_NO_INK, _LIGHT = bytes(range(_INK, 256)), bytes(range(255 - _STEP, 256))
Box = tuple[float, float, float, float]


class LookComparison:
    """Draws pages of signed revisions and of the newest one, and keeps the drawings while a document is judged."""

    def __init__(self, pdf: PdfFile, alike: Callable[[int], int] = lambda revision: revision) -> None:
        """``alike`` tells the earliest revision that looks like a given one: five hundred signers, one drawing."""
        self._pdf, self._alike = pdf, alike
        self._told: dict[tuple[Change, int], Change] = {}
        self._drawn: dict[tuple[int, int, bool], Drawing | None] = {}
        self._budget = MAX_COMPARED

    def seen(self, change: Change, signed: int) -> Change:
        """Return the change with the answer whether it hides (or uncovers) what a signature over ``signed`` covers."""
        if not change.visible or change.kind not in _ASKED or change.box is None:
            return change
        key = change, self._alike(signed)
        if key not in self._told:
            self._told[key] = self._compared(change, change.box, self._pdf.revisions[key[1]].end)
        return self._told[key]

    def _compared(self, change: Change, box: Box, end: int) -> Change:
        pages = self._listed.get(change.number) or ([change.page] if change.page else [])
        said = [self._on_page(change, box, page, end) for page in pages]
        unknown = not said or None in said
        return replace(change, covers=True if True in said else None if unknown else False)

    @cached_property
    def _listed(self) -> dict[int, list[int]]:
        """Pages by the annotations that they list now: what an annotation says of its page may be a lie."""
        pdf, found = self._pdf, dict[int, list[int]]()
        for number, page in read_pages(pdf, len(pdf.revisions) - 1).pages.items():
            for item in as_list(pdf.resolve(as_dict(pdf.get(number)).get("Annots"))):
                if isinstance(item, Ref) and page not in found.setdefault(item.number, []):
                    found[item.number].append(page)
        return found

    def _on_page(self, change: Change, box: Box, page: int, end: int) -> bool | None:
        before, after = self._draw(end, page), self._draw(self._pdf.size, page)
        if before is None or after is None or (before.width, before.height) != (after.width, after.height):
            return None
        if not self._affordable(before, box):
            return None
        if not change.beneath:
            return _hidden(before, after, box, blind=change.blind)
        bare = self._draw(end, page, bare=True)
        if bare is None or (bare.width, bare.height) != (before.width, before.height):
            return None
        disturbed = _run(_disturbed(*rows) for rows in _rows((bare, before, after), box))
        return disturbed or (change.blind and _hidden(bare, bare, box, blind=True))

    def _affordable(self, drawing: Drawing, box: Box) -> bool:
        """Thousands of notes over whole pages are nothing that anybody needs to have compared."""
        left, top, right, low = drawing.area(box)
        self._budget -= max(0, right - left) * max(0, low - top)
        return self._budget >= 0

    def _draw(self, end: int, page: int, *, bare: bool = False) -> Drawing | None:
        key = (end, page, bare)
        if key not in self._drawn:
            full = len(self._drawn) >= MAX_DRAWINGS
            self._drawn[key] = None if full else draw_page(self._pdf.buffer, end, page, bare=bare)
        return self._drawn[key]


def _rows(drawings: tuple[Drawing, ...], box: Box) -> Iterator[tuple[bytes, ...]]:
    """Yield the pixel rows of a box (page units from below) in several drawings of a page, side by side."""
    left, top, right, low = drawings[0].area(box)
    for y in range(top, low):
        row = slice(y * drawings[0].width + left, y * drawings[0].width + max(left, right))
        yield tuple(drawing.pixels[row] for drawing in drawings)


def _hidden(before: Drawing, after: Drawing, box: Box, *, blind: bool) -> bool:
    """Tell whether something that could be read in a box cannot be read any more; ``blind``: whatever is there."""
    rows = list(_rows((before, after), box))
    dark = sum(len(was.translate(None, _NO_INK)) for was, _ in rows)
    ground = -1 if dark * 2 >= sum(len(was) for was, _ in rows) else 1  # white on black counts the other way round
    if blind:
        return _run(_edges(was) for was, _ in rows)
    return _run(0 if was == now or _even(was) else _lost(was, now, ground) for was, now in rows)


def _even(row: bytes) -> bool:
    """Tell quickly whether a row has nothing to read."""
    return not row or row.count(row[0]) == len(row)


def _lost(was: bytes, now: bytes, ground: int) -> int:
    """Count the pixels of a row where ink went into the ground, and the edges that are none any more."""
    faded = sum((b - a) * ground > _STEP for a, b in zip(was, now, strict=True))
    pairs = zip(was, was[1:], now, now[1:], strict=False)
    return faded + sum(abs(a - b) > _STEP and abs(c - d) < _FAINT for a, b, c, d in pairs)


def _edges(row: bytes) -> int:
    return sum(abs(a - b) > _STEP for a, b in itertools.pairwise(row))


def _disturbed(bare: bytes, was: bytes, now: bytes) -> int:
    """Count the pixels of a row where the page itself was visible and is not, or was hidden and comes out."""
    if was == now or not bare.translate(None, _LIGHT):
        return 0
    count = 0
    for page, before, after in zip(bare, was, now, strict=True):
        ink = page < 255 - _STEP
        hidden = abs(before - page) < _FAINT and after - page > _STEP
        uncovered = before - page > _STEP and abs(after - page) < _FAINT
        count += ink and (hidden or uncovered)
    return count


def _run(rows: Iterator[int]) -> bool:
    """Tell whether rows one below the other have something, enough to read: a line drawn through text has not."""
    run = total = 0
    for count in rows:
        run, total = (run + 1, total + count) if count else (0, 0)
        if run >= _ROWS and total >= _PIXELS:
            return True
    return False
