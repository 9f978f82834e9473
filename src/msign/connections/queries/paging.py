"""Lists by the page, counted and cut in the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Model, QuerySet

Row = TypeVar("Row")
M = TypeVar("M", bound=Model)
PAGE_ROWS = 25


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page of a list."""

    rows: tuple[Row, ...]
    number: int  # from 1
    pages: int
    total: int


def paged(rows: QuerySet[M], view: Callable[[M], Row], number: int) -> Page[Row]:
    """Return page ``number`` of an ordered query; a number past the end is the last page."""
    total = rows.count()
    pages = max(1, -(-total // PAGE_ROWS))
    number = min(max(1, number), pages)
    first = (number - 1) * PAGE_ROWS
    return Page(tuple(map(view, rows[first : first + PAGE_ROWS])), number, pages, total)


def every(rows: QuerySet[M], view: Callable[[M], Row]) -> Iterator[Row]:
    """Yield every row of an ordered query for an export, a few hundred in memory at a time."""
    yield from map(view, rows.iterator(chunk_size=500))
