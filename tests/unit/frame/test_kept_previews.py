"""Drawn pages are kept a little while: never for another file, never past their bounds."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from msign.frame.keptpreviews import KeptPageImages
from msign.frame.previews import Outline
from msign.kernel.errors import Code, MSignError


@dataclass
class Drawing:
    """Draws nothing, counts how often it was asked to."""

    asked: list[str] = field(default_factory=list)
    refuses: Code | None = None

    def _note(self, what: str) -> None:
        self.asked.append(what)
        if self.refuses:
            raise MSignError(self.refuses, "the document cannot be drawn")

    def outline(self, document: Path) -> Outline:
        self._note("outline")
        return Outline(((1, 1),), 1)

    def image(self, document: Path, page: int) -> bytes:
        self._note(f"{document.name} {page}")
        return b"x" * 1000

    def text(self, document: Path) -> Sequence[str]:
        self._note("text")
        return ["words"]


@dataclass
class Watch:
    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def drawing() -> Drawing:
    return Drawing()


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "a"
    path.write_bytes(b"%PDF")
    return path


def test_a_page_is_drawn_once(drawing: Drawing, document: Path) -> None:
    kept = KeptPageImages(drawing)
    assert [kept.image(document, 0), kept.image(document, 0)] == [b"x" * 1000] * 2
    assert kept.outline(document) == kept.outline(document)
    assert kept.text(document) == kept.text(document)
    kept.image(document, 1)
    assert drawing.asked == ["a 0", "outline", "text", "a 1"]


def test_another_file_and_a_file_written_anew_are_drawn(drawing: Drawing, document: Path) -> None:
    kept, other = KeptPageImages(drawing), document.with_name("b")
    other.write_bytes(b"%PDF")
    kept.image(document, 0)
    kept.image(other, 0)
    os.utime(document, ns=(1, 1))
    kept.image(document, 0)
    assert drawing.asked == ["a 0", "b 0", "a 0"]


def test_a_file_that_is_gone_is_not_answered_from_memory(drawing: Drawing, document: Path) -> None:
    kept = KeptPageImages(drawing)
    kept.image(document, 0)
    document.unlink()
    drawing.refuses = Code.UNREADABLE_DOCUMENT
    with pytest.raises(MSignError):
        kept.image(document, 0)


def test_the_longest_unused_go_first_when_there_is_no_room(drawing: Drawing, document: Path) -> None:
    kept = KeptPageImages(drawing, most_bytes=3500)
    for page in (0, 1, 0, 2, 0, 1):
        kept.image(document, page)
    assert drawing.asked == ["a 0", "a 1", "a 2", "a 1"]


def test_nothing_is_kept_that_would_fill_everything(drawing: Drawing, document: Path) -> None:
    kept = KeptPageImages(drawing, most_bytes=900)
    kept.image(document, 0)
    kept.image(document, 0)
    assert drawing.asked == ["a 0", "a 0"]


def test_after_a_while_it_is_drawn_anew(drawing: Drawing, document: Path) -> None:
    watch = Watch()
    kept = KeptPageImages(drawing, seconds=60, now=watch)
    kept.image(document, 0)
    watch.seconds = 61
    kept.image(document, 0)
    assert drawing.asked == ["a 0", "a 0"]


def test_a_document_that_cannot_be_drawn_is_tried_once_and_a_busy_worker_again(
    drawing: Drawing, document: Path
) -> None:
    kept = KeptPageImages(drawing)
    for code, times in ((Code.UNAVAILABLE, 2), (Code.UNREADABLE_DOCUMENT, 1)):
        drawing.refuses, drawing.asked = code, []
        for _ in range(2):
            with pytest.raises(MSignError) as caught:
                kept.image(document, 0)
            assert caught.value.code is code
        assert len(drawing.asked) == times
