"""Page images through the limited worker: few at a time, each within its bounds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from msign.kernel.errors import Code, MSignError

_MODULE = "msign.frame.pageimage"


@dataclass(frozen=True, slots=True)
class Outline:
    """Pages of a document as (width, height) in pixels of the images; ``total`` may exceed what is drawn."""

    pages: tuple[tuple[int, int], ...]
    total: int


class PageImages(Protocol):
    """Draws pages of a PDF, in a process that may die without harm."""

    def outline(self, document: Path) -> Outline:
        """Return number and sizes of the pages. Raises ``MSignError`` (``UNREADABLE_DOCUMENT``, ``UNAVAILABLE``)."""
        ...

    def image(self, document: Path, page: int) -> bytes:
        """Return one page (0-based) as PNG. Raises as ``outline``."""
        ...

    def text(self, document: Path) -> Sequence[str]:
        """Return the words of every page, for people who cannot see the images. Raises as ``outline``."""
        ...


class LimitedPageImages:
    """Draws pages in short-lived processes. A document that hangs or breaks one costs its reader a sentence."""

    def __init__(self, *, at_once: int = 2, seconds: float = 15.0) -> None:
        self._slots = threading.BoundedSemaphore(at_once)
        self._seconds = seconds

    def outline(self, document: Path) -> Outline:
        """Return number and sizes of the pages."""
        answer = json.loads(self._ask("outline", document))
        return Outline(tuple((int(width), int(height)) for width, height in answer["pages"]), int(answer["total"]))

    def image(self, document: Path, page: int) -> bytes:
        """Return one page as PNG."""
        return self._ask("image", document, str(page))

    def text(self, document: Path) -> Sequence[str]:
        """Return the words of every page."""
        return [str(words) for words in json.loads(self._ask("text", document))]

    def _ask(self, verb: str, document: Path, *more: str) -> bytes:
        if not self._slots.acquire(timeout=self._seconds):
            raise MSignError(Code.UNAVAILABLE, "too many previews at once", retry=True)
        try:
            return self._run([sys.executable, "-I", "-m", _MODULE, verb, str(document), *more])
        finally:
            self._slots.release()

    def _run(self, command: list[str]) -> bytes:
        bare = {"PATH": os.defpath, "LANG": "C.UTF-8"}  # no secrets of ours in a process that reads strange files
        try:
            done = subprocess.run(  # noqa: S603  (fixed command; the path is our own content store's)
                command, capture_output=True, timeout=self._seconds, check=False, env=bare
            )
        except subprocess.TimeoutExpired as error:
            raise MSignError(Code.UNREADABLE_DOCUMENT, "the preview took too long") from error
        if done.returncode != 0 or not done.stdout:
            raise MSignError(Code.UNREADABLE_DOCUMENT, "the document cannot be drawn")
        return done.stdout
