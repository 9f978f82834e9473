"""Pages with the places of the signatures marked on them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from msign.faces.verifypages.cards import Card
from msign.validation.model import PLACE_UNITS, DocumentReport, Place

_IMAGE_WIDTH = 1100  # as the page images are drawn; only their proportion matters here
_MOST_PAGES = 3  # with marks on the result page; all of them are a click away


@dataclass(frozen=True, slots=True)
class Mark:
    """A frame with a number, in points of the page from its top left corner."""

    number: int
    name: str
    kind: str
    x: int
    y: int
    width: int
    height: int

    @property
    def label(self) -> tuple[int, int]:
        """Centre of the number, kept on the page."""
        return max(self.x, 20), max(self.y, 20)


@dataclass(frozen=True, slots=True)
class MarkedPage:
    """One page: the image's size, the page's size in points, and what is marked."""

    number: int
    width: int
    height: int
    points: tuple[int, int]
    marks: tuple[Mark, ...]

    @property
    def names(self) -> str:
        """Whose signatures are seen here."""
        return ", ".join(f"{mark.number} – {mark.name}" for mark in self.marks)


def marked_pages(report: DocumentReport, cards: list[Card]) -> list[MarkedPage]:
    """Return the first pages on which signatures are seen."""
    sizes: dict[int, Place] = {}
    for signature in report.signatures:
        for place in signature.places:
            sizes.setdefault(place.page, place)
    return [_page(sizes[number], report, cards) for number in sorted(sizes)[:_MOST_PAGES]]


def marks_on(page: int, report: DocumentReport, cards: list[Card], until: int | None = None) -> tuple[Mark, ...]:
    """Return the marks of one page; with ``until`` only those of signatures up to that revision."""
    return tuple(_marks(page, report, cards, until))


def points_of(page: int, report: DocumentReport) -> tuple[int, int]:
    """Return the size of a page on which something is marked, in points; of any other page it does not matter."""
    places = (place for signature in report.signatures for place in signature.places if place.page == page)
    return next(((max(1, place.page_width), max(1, place.page_height)) for place in places), (1, 1))


def _page(place: Place, report: DocumentReport, cards: list[Card]) -> MarkedPage:
    width, height = points_of(place.page, report)
    marks = marks_on(place.page, report, cards)
    return MarkedPage(place.page, _IMAGE_WIDTH, round(_IMAGE_WIDTH * height / width), (width, height), marks)


def _marks(page: int, report: DocumentReport, cards: list[Card], until: int | None) -> Iterator[Mark]:
    for card, signature in zip(cards, report.signatures, strict=True):
        if until is not None and (signature.revision is None or signature.revision > until):
            continue
        for place in signature.places:
            if place.page == page:
                across, down = place.page_width / PLACE_UNITS, place.page_height / PLACE_UNITS
                x, y = round(place.left * across), round(place.top * down)
                width, height = max(2, round(place.width * across)), max(2, round(place.height * down))
                yield Mark(card.number, card.name, card.verdict.kind, x, y, width, height)
