"""What the operator's lists share: numbers of pages and the links between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.http import urlencode

from msign.connections.queries.paging import Page

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
