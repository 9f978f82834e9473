"""Small bar charts as inline SVG: no script, no style attributes, the same figures in a table beside them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

WIDTH, HEIGHT, FLOOR = 640, 140, 120
_GAP = 0.25  # of a bar's place


@dataclass(frozen=True, slots=True)
class Series:
    """One kind of thing counted by day; ``tone`` is a class of the style sheet."""

    name: str
    tone: str
    by_day: Mapping[dt.date, int]


def bars(days: Sequence[dt.date], series: Sequence[Series], label: str) -> SafeString:
    """Return a stacked bar chart over days; ``label`` says in words what it shows."""
    top = max([sum(one.by_day.get(day, 0) for one in series) for day in days] + [1])
    place = WIDTH / max(1, len(days))
    pieces: list[tuple[object, ...]] = []
    for number, day in enumerate(days):
        floor = float(FLOOR)
        for one in series:
            count = one.by_day.get(day, 0)
            if not count:
                continue
            height = max(2.0, count / top * (FLOOR - 20))
            floor -= height
            left, width = number * place + place * _GAP / 2, place * (1 - _GAP)
            pieces.append(
                (
                    one.tone,
                    f"{left:.1f}",
                    f"{floor:.1f}",
                    f"{width:.1f}",
                    f"{height:.1f}",
                    f"{day:%d.%m.%Y}",
                    one.name,
                    count,
                )
            )
    drawn = format_html_join(
        "",
        '<rect class="{}" x="{}" y="{}" width="{}" height="{}" rx="1.5"><title>{}: {} {}</title></rect>',
        pieces,
    )
    return format_html(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}" preserveAspectRatio="none">'
        '<line class="axis" x1="0" y1="{}" x2="{}" y2="{}"></line>'
        '<line class="grid" x1="0" y1="20" x2="{}" y2="20"></line>'
        "{}</svg>",
        WIDTH, HEIGHT - 16, label, FLOOR, WIDTH, FLOOR, WIDTH, drawn,
    )  # fmt: skip
