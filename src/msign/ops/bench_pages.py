"""The first view of a sign page beside an empty page of the same server: time, and bytes on the wire."""

from __future__ import annotations

import re

import httpx

from msign.kernel.errors import Code, MSignError
from msign.ops.bench_rows import BenchRow, median_ms

_EMPTY = "/no-such-page"  # the frame of every page, with two sentences in it and no request behind it
_PARTS = re.compile(r'(?:href|src)="(/static/[^"]+\.(?:css|js|svg))"')
MAX_RATIO = 5.0
MAX_BYTES = 60_000


def rows(web_url: str, request_id: str) -> list[BenchRow]:
    """Measure over one kept connection. ``request_id`` is a request that nobody has begun to sign."""
    headers = {"Accept-Encoding": "gzip", "Accept-Language": "ro"}
    with httpx.Client(base_url=web_url, headers=headers, trust_env=False, timeout=60) as client:
        first = median_ms(lambda: _page(client, f"/{request_id}", httpx.codes.OK), runs=60, warm=10)
        empty = median_ms(lambda: _page(client, _EMPTY, httpx.codes.NOT_FOUND), runs=60, warm=10)
        weight = _weight(client, f"/{request_id}")
    return [
        BenchRow("An empty page", empty, None, "the frame alone, same server"),
        BenchRow("First view of the sign page", first, first / empty, f"of an empty page; limit {MAX_RATIO:g}"),
        BenchRow("First view, 1000 bytes", weight / 1000, weight / MAX_BYTES, "of the limit: compressed, fonts aside"),
    ]


def _page(client: httpx.Client, path: str, wanted: int) -> httpx.Response:
    answer = client.get(path)
    if answer.status_code != wanted:
        raise MSignError(Code.INTERNAL, f"{path} answered {answer.status_code}")
    return answer


def _weight(client: httpx.Client, path: str) -> int:
    """Return the bytes of the page and of what it loads, as they travel."""
    page = _page(client, path, httpx.codes.OK)
    parts = [client.get(address) for address in sorted(set(_PARTS.findall(page.text)))]
    return sum(one.num_bytes_downloaded for one in (page, *parts))
