"""What the operator's lists share: search boxes, pages, exports."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.http import urlencode

from msign.connections.queries.paging import Page
from msign.faces.desk.views.documents import download

_MAX_PAGE = 1_000_000


@dataclass(frozen=True, slots=True)
class Pager:
    """Links to the pages around the present one; empty where there is none."""

    number: int
    pages: int
    total: int
    previous: str
    next: str


def pager(page: Page[Any], query: Mapping[str, str]) -> Pager:
    """Return the links under a list; ``query`` is what the page was asked for."""
    kept = {name: value for name, value in query.items() if value}

    def link(number: int) -> str:
        return "?" + urlencode({**kept, "page": str(number)}) if 1 <= number <= page.pages else ""

    return Pager(page.number, page.pages, page.total, link(page.number - 1), link(page.number + 1))


def page_number(request: HttpRequest) -> int:
    """Return the page asked for, the first one when it is no number."""
    text = request.GET.get("page", "1")
    return min(int(text), _MAX_PAGE) if text.isdecimal() and len(text) < 8 else 1


def csv_file(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> HttpResponse:
    """Return a table for spreadsheets: UTF-8 with a byte order mark, and no cell that would run as a formula."""
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(head)
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return download(name, ("\ufeff" + out.getvalue()).encode(), "text/csv; charset=utf-8")


def _harmless(cell: object) -> str:
    """A cell that a spreadsheet would run as a formula is shown as text instead."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
