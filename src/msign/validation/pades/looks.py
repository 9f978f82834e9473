"""A second opinion by eye: the page as it was signed and as it is now are drawn and compared.

Asked only where structure alone cannot tell: does a new annotation, or the look of a further signature, hide content
that was signed? Few pages are drawn, at screen size; what could not be drawn is not known.
"""

from __future__ import annotations

from dataclasses import replace

from msign.pdf.drawing import Drawing, draw_page
from msign.pdf.reader import PdfFile
from msign.validation.pades.kinds import Change, ChangeKind

MAX_DRAWINGS = 40
_INK = 110  # darker than this is ink, lighter than _PAPER is none
_PAPER = 190
_MIN_HIDDEN = 24  # pixels at 72 dots an inch: a letter or two


class LookComparison:
    """Draws pages of signed revisions and of the newest one, and keeps the drawings while a document is judged."""

    def __init__(self, pdf: PdfFile) -> None:
        self._pdf = pdf
        self._drawn: dict[tuple[int, int], Drawing | None] = {}

    def seen(self, change: Change, signed: int) -> Change:
        """Return the change with the answer whether it hides what a signature over ``signed`` covers."""
        asks = change.visible and change.kind in (ChangeKind.ANNOTATION, ChangeKind.SIGNATURE, ChangeKind.TIMESTAMP)
        if not asks or change.box is None or change.page is None:
            return change
        before = self._draw(self._pdf.revisions[signed].end, change.page)
        after = self._draw(self._pdf.size, change.page)
        if before is None or after is None or (before.width, before.height) != (after.width, after.height):
            return change
        return replace(change, covers=_hidden(before, after, change.box) >= _MIN_HIDDEN)

    def _draw(self, end: int, page: int) -> Drawing | None:
        key = (end, page)
        if key not in self._drawn:
            full = len(self._drawn) >= MAX_DRAWINGS
            self._drawn[key] = None if full else draw_page(self._pdf.buffer, end, page)
        return self._drawn[key]


def _hidden(before: Drawing, after: Drawing, box: tuple[float, float, float, float]) -> int:
    """Count the pixels in a box (page units from below) where ink was and is no more; on dark ground the reverse."""
    width, height = before.width, before.height
    left, right = max(0, int(box[0])), min(width, int(box[2]) + 1)
    lost = found = dark = area = 0
    for y in range(max(0, height - int(box[3]) - 1), min(height, height - int(box[1]))):
        row = slice(y * width + left, y * width + max(left, right))
        was, now = before.pixels[row], after.pixels[row]
        area += len(was)
        dark += sum(value < _INK for value in was)
        lost += sum(a < _INK and b > _PAPER for a, b in zip(was, now, strict=True))
        found += sum(a > _PAPER and b < _INK for a, b in zip(was, now, strict=True))
    return lost if dark * 2 < area else found
