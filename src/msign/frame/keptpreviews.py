"""Drawn pages kept for a few minutes in the memory of the process, so that scrolling back draws nothing anew.

What is kept is found only by the file itself: its path, which nobody but the views knows who check access, and its
number, size and time of change. A file that is gone or written anew is never answered from here, and nothing outlives
the process.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, cast

from msign.frame.previews import Outline, PageImages
from msign.kernel.clock import monotonic
from msign.kernel.errors import Code, MSignError
from msign.kernel.limits import MIB

KEPT_BYTES = 48 * MIB
KEPT_SECONDS = 300.0
_SMALL = 512  # what a short answer is counted as, with its place in the table

T = TypeVar("T")
_Key = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class _Kept:
    value: object  # the answer, or the refusal of a document that cannot be drawn
    size: int
    until: float


class KeptPageImages:
    """Page images that remember; see ``PageImages``. Bounded in bytes and in time, the longest unused go first."""

    def __init__(
        self,
        images: PageImages,
        *,
        most_bytes: int = KEPT_BYTES,
        seconds: float = KEPT_SECONDS,
        now: Callable[[], float] = monotonic,
    ) -> None:
        self._images = images
        self._most_bytes = most_bytes
        self._seconds = seconds
        self._now = now
        self._lock = threading.Lock()
        self._kept: OrderedDict[_Key, _Kept] = OrderedDict()
        self._bytes = 0

    def outline(self, document: Path) -> Outline:
        """Return number and sizes of the pages."""
        return self._answer(document, ("outline",), lambda: self._images.outline(document), lambda _found: _SMALL)

    def image(self, document: Path, page: int) -> bytes:
        """Return one page as PNG."""
        return self._answer(document, ("image", page), lambda: self._images.image(document, page), len)

    def text(self, document: Path) -> Sequence[str]:
        """Return the words of every page."""
        return self._answer(
            document, ("text",), lambda: self._images.text(document), lambda found: sum(map(len, found))
        )

    def _answer(self, document: Path, what: _Key, draw: Callable[[], T], size: Callable[[T], int]) -> T:
        try:
            state = document.stat()
        except OSError:
            return draw()  # says in its own words what is wrong
        key = (str(document), state.st_ino, state.st_size, state.st_mtime_ns, *what)
        if (kept := self._find(key)) is not None:
            if isinstance(kept.value, MSignError):
                raise MSignError(kept.value.code, kept.value.message)
            return cast(T, kept.value)
        try:
            found = draw()
        except MSignError as error:
            if error.code is Code.UNREADABLE_DOCUMENT:  # it will not become readable, and drawing may have taken long
                self._keep(key, error, _SMALL)
            raise
        self._keep(key, found, size(found) + _SMALL)
        return found

    def _find(self, key: _Key) -> _Kept | None:
        with self._lock:
            kept = self._kept.get(key)
            if kept is None:
                return None
            if kept.until < self._now():
                self._drop(key)
                return None
            self._kept.move_to_end(key)
            return kept

    def _keep(self, key: _Key, value: object, size: int) -> None:
        with self._lock:
            self._drop(key)
            now = self._now()
            for old in [one for one, kept in self._kept.items() if kept.until < now]:
                self._drop(old)
            if size > self._most_bytes:
                return
            while self._bytes + size > self._most_bytes:
                self._drop(next(iter(self._kept)))
            self._kept[key] = _Kept(value, size, now + self._seconds)
            self._bytes += size

    def _drop(self, key: _Key) -> None:
        if (kept := self._kept.pop(key, None)) is not None:
            self._bytes -= kept.size
