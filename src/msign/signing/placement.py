"""Where on which page a visible signature goes (ISO 32000-1 clauses 7.7.3 and 12.5.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from msign.kernel.errors import invalid
from msign.pdf.lean import LeanPdf
from msign.pdf.rawsyntax import UnusualError, array, integer, reference
from msign.signing.appearance import DEFAULT_SIZE, VisibleSignature
from msign.signing.fields import is_page

_MARGIN = 28.0  # from the edges of the page, for the default place
_MAX_SIDE = 14_400.0  # points: the largest page that readers show (annex C)
_MAX_DEPTH = 64
_MAX_PAGES = 100_000

Rectangle = tuple[float, float, float, float]
A4: Rectangle = (0.0, 0.0, 595.0, 842.0)


@dataclass(frozen=True, slots=True)
class Placement:
    """The page's object number, the rectangle in its coordinates, the size as the reader sees it, the rotation."""

    page: int
    rectangle: Rectangle
    size: tuple[float, float]
    angle: int


def place(pdf: LeanPdf, look: VisibleSignature) -> Placement:
    """Return the place that ``look`` asks for. Raises ``MSignError(INVALID_PARAMETER)`` for what is not there."""
    page = find_page(pdf, look.page)
    angle = rotation(pdf, page)
    media, crop = (_numbers(pdf, _inherited(pdf, page, key)) for key in (b"MediaBox", b"CropBox"))
    return chosen_place(look, page, visible_area(media, crop), angle)


def visible_area(media: Rectangle | None, crop: Rectangle | None) -> Rectangle:
    """Return what is seen of a page: where its boxes overlap (clause 14.11.2.1); A4 if it has none."""
    whole = _sorted(media or A4)
    cut = _sorted(crop or whole)
    common = (max(whole[0], cut[0]), max(whole[1], cut[1]), min(whole[2], cut[2]), min(whole[3], cut[3]))
    return common if common[0] < common[2] and common[1] < common[3] else whole


def chosen_place(look: VisibleSignature, page: int, area: Rectangle, angle: int) -> Placement:
    """Return the place that ``look`` names on a page with this visible area and rotation, or the default one.

    The default one shrinks on a small page. Raises ``MSignError(INVALID_PARAMETER)`` for a box that is too small or
    that no reader of the page would see.
    """
    if look.box is None:
        return upright(page, _lower_right(area, angle), angle)
    left, bottom, width, height = look.box
    box = (left, bottom, left + width, bottom + height)
    on_page = box[0] < area[2] and box[1] < area[3] and box[2] > area[0] and box[3] > area[1]
    if not (20 <= width <= _MAX_SIDE and 10 <= height <= _MAX_SIDE and on_page):
        raise invalid("box", "a visible signature is at least 20 by 10 points and lies on the page")
    return upright(page, box, angle)


def upright(page: int, rectangle: Rectangle, angle: int) -> Placement:
    """Return the placement for a rectangle in page coordinates on a page that is shown rotated."""
    across, up = rectangle[2] - rectangle[0], rectangle[3] - rectangle[1]
    return Placement(page, rectangle, (up, across) if angle % 180 else (across, up), angle)


def rotation(pdf: LeanPdf, page: int) -> int:
    """Return by how many degrees a page is shown turned clockwise: 0, 90, 180 or 270."""
    raw = _inherited(pdf, page, b"Rotate")
    return integer(pdf.resolve(raw)) % 360 // 90 * 90 if raw else 0


def rectangle_of(pdf: LeanPdf, raw: bytes | None) -> Rectangle | None:
    """Return the rectangle of a widget with its corners in order, or ``None`` if it is empty or none."""
    return ordered(_numbers(pdf, raw))


def ordered(numbers: Rectangle | None) -> Rectangle | None:
    """Return a rectangle with its corners in order, or ``None`` if nothing could be seen in it."""
    if numbers is None:
        return None
    left, bottom, right, top = _sorted(numbers)
    return (left, bottom, right, top) if 20 <= right - left <= _MAX_SIDE and 10 <= top - bottom <= _MAX_SIDE else None


def _sorted(numbers: Rectangle) -> Rectangle:
    (left, right), (bottom, top) = sorted((numbers[0], numbers[2])), sorted((numbers[1], numbers[3]))
    return left, bottom, right, top


def find_page(pdf: LeanPdf, number: int) -> int:
    """Return the object number of a page, counted from 1, or from the end if negative."""
    found = next(islice(_pages(pdf, backwards=number < 0), abs(number) - 1, None), None) if number else None
    if found is None:
        raise invalid("page", f"the document has no page {number}")
    return found


def _pages(pdf: LeanPdf, *, backwards: bool) -> Iterator[int]:
    waiting: list[tuple[bytes | None, int]] = [(pdf.catalogue.get(b"Pages"), 0)]
    for _ in range(_MAX_PAGES):
        if not waiting:
            return
        node, depth = waiting.pop()
        entries, number = pdf.entries(node), reference(node)
        if number is None or depth > _MAX_DEPTH:
            raise UnusualError("pages that are direct or nested too deeply")
        if is_page(pdf, entries):
            yield number
            continue
        kids = pdf.members(entries.get(b"Kids"))
        waiting += [(kid, depth + 1) for kid in (kids if backwards else reversed(kids))]


def _inherited(pdf: LeanPdf, page: int, key: bytes) -> bytes | None:
    node: bytes | None = b"%d 0 R" % page
    for _ in range(_MAX_DEPTH):
        entries = pdf.entries(node)
        if key in entries or b"Parent" not in entries:
            return entries.get(key)
        node = entries[b"Parent"]
    raise UnusualError("pages nested too deeply")


def _numbers(pdf: LeanPdf, raw: bytes | None) -> Rectangle | None:
    if raw is None:
        return None
    try:
        left, bottom, right, top = (float(pdf.resolve(one)) for one in array(pdf.resolve(raw)))
    except ValueError:
        raise UnusualError("a rectangle without four numbers") from None
    return left, bottom, right, top


def _lower_right(area: Rectangle, angle: int) -> Rectangle:
    """Return the default rectangle: in the lower right corner as the reader sees the page."""
    left, bottom, right, top = area
    across, up = (top - bottom, right - left) if angle % 180 else (right - left, top - bottom)
    margin = min(_MARGIN, across / 10, up / 10)
    width, height = min(DEFAULT_SIZE[0], across - 2 * margin), min(DEFAULT_SIZE[1], up - 2 * margin)
    match angle:
        case 90:
            return right - margin - height, top - margin - width, right - margin, top - margin
        case 180:
            return left + margin, top - margin - height, left + margin + width, top - margin
        case 270:
            return left + margin, bottom + margin, left + margin + height, bottom + margin + width
        case _:
            return right - margin - width, bottom + margin, right - margin, bottom + margin + height
