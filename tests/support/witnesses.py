"""What a failed test of a whole installation or of pages can tell: the open pages, the ends of the logs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from tests.support.installation import Installation

TEXT, LOG = 600, 1500  # characters of a page, of a log


def heard(fixtures: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return titled sections about the pages and installations among the fixtures of a test."""
    found = []
    for name, value in fixtures.items():
        if isinstance(value, Installation):
            found += list(_logs(value))
        elif hasattr(value, "inner_text"):
            found += list(_page(name, value))
    return found


def _logs(installation: Installation) -> Iterator[tuple[str, str]]:
    for path in sorted((installation.options.data_path / "log").glob("*.log")):
        if text := path.read_text("utf-8", "replace")[-LOG:].strip():
            yield f"end of {path.name}", text


def _page(name: str, page: Any) -> Iterator[tuple[str, str]]:
    with contextlib.suppress(Exception):  # a page may be closed or in the middle of something
        for one in page.context.pages:
            yield f"{name} at {one.url}", one.locator("body").inner_text(timeout=2000)[:TEXT]
