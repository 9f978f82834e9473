"""Where a signature shows itself: its widgets on the pages as shown now. For pictures; no verdict hangs on it."""

from __future__ import annotations

from functools import cached_property

from msign.pdf.errors import PdfError
from msign.pdf.reader import PdfFile
from msign.pdf.values import Ref, as_dict, as_int, as_list
from msign.validation.model import PLACE_UNITS, Place
from msign.validation.pades.form import Field, read_pages
from msign.validation.pades.update import box_of

Box = tuple[float, float, float, float]
_LETTER: Box = (0.0, 0.0, 612.0, 792.0)  # ISO 32000-1 table 30 asks for a box; readers take this where it is missing
_MAX_DEPTH = 64
_MAX_SEARCHED = 500  # pages looked through for a widget that does not say where it is
_MAX_PLACES = 20
_MAX_SIDE = 100_000


class PlaceFinder:
    """Finds widgets on the pages of the newest revision; the page tree is read when the first one takes room."""

    def __init__(self, pdf: PdfFile) -> None:
        self._pdf = pdf

    def places(self, field: Field) -> tuple[Place, ...]:
        """Return where the widgets of a field are seen; nothing for those without room or outside of every page."""
        try:
            found = [self._place(number) for number in field.widgets[:_MAX_PLACES] if number]
        except PdfError:  # an oversized page tree: the picture is left out, the verdict stands
            return ()
        return tuple(place for place in found if place is not None)

    def _place(self, number: int) -> Place | None:
        widget = as_dict(self._pdf.get(number))
        box = self._box(widget.get("Rect"))
        page = self._page_of(number, widget) if box else None
        return None if box is None or page is None else self._shown(box, page)

    def _shown(self, box: Box, page: int) -> Place | None:
        """Return the box in parts of the page as a reader shows it: cropped, turned, counted from above."""
        left, low, right, high = self._visible_part(page)
        width, height = right - left, high - low
        x0, x1 = ((_within(x, left, right) - left) / width for x in (box[0], box[2]))
        y0, y1 = ((high - _within(y, low, high)) / height for y in (box[3], box[1]))
        if x1 <= x0 or y1 <= y0:
            return None
        angle = as_int(self._pdf.resolve(self._inherited(page, "Rotate")), 0) % 360 // 90 * 90
        x0, y0, x1, y1 = _turned((x0, y0, x1, y1), angle)
        if angle % 180:
            width, height = height, width
        left_, top, across, down = (round(part * PLACE_UNITS) for part in (x0, y0, x1 - x0, y1 - y0))
        return Place(self._numbers[page], left_, top, across, down, round(width), round(height))

    def _visible_part(self, page: int) -> Box:
        media = self._box(self._inherited(page, "MediaBox")) or _LETTER
        crop = self._box(self._inherited(page, "CropBox")) or media
        left, low = max(media[0], crop[0]), max(media[1], crop[1])
        right, high = min(media[2], crop[2]), min(media[3], crop[3])
        return (left, low, right, high) if right - left > 1 and high - low > 1 else media

    def _page_of(self, number: int, widget: dict[str, object]) -> int | None:
        page = widget.get("P")
        if isinstance(page, Ref) and page.number in self._numbers:
            return page.number
        for candidate in list(self._numbers)[:_MAX_SEARCHED]:
            annotations = as_list(self._pdf.resolve(as_dict(self._pdf.get(candidate)).get("Annots")))
            if any(isinstance(one, Ref) and one.number == number for one in annotations):
                return candidate
        return None

    @cached_property
    def _numbers(self) -> dict[int, int]:
        return read_pages(self._pdf, len(self._pdf.revisions) - 1).pages

    def _inherited(self, page: int, key: str) -> object:
        node = as_dict(self._pdf.get(page))
        for _ in range(_MAX_DEPTH):
            if key in node:
                return node[key]
            node = as_dict(self._pdf.resolve(node.get("Parent")))
        return None

    def _box(self, value: object) -> Box | None:
        items = [self._pdf.resolve(item) for item in as_list(self._pdf.resolve(value))[:4]]
        box = box_of(items)
        return box if box and max(map(abs, box)) <= _MAX_SIDE else None


def _within(value: float, least: float, most: float) -> float:
    return min(max(value, least), most)


def _turned(box: Box, angle: int) -> Box:
    """Turn parts of a page clockwise; both corners stay in order."""
    x0, y0, x1, y1 = box
    match angle:
        case 90:
            return (1 - y1, x0, 1 - y0, x1)
        case 180:
            return (1 - x1, 1 - y1, 1 - x0, 1 - y0)
        case 270:
            return (y0, 1 - x1, y1, 1 - x0)
        case _:
            return box
