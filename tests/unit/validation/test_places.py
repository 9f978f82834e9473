"""Where signatures are seen on the pages, and when their makers say they signed."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from msign.pdf.reader import PdfFile
from msign.validation.engine import Validator
from msign.validation.model import Place
from msign.validation.pades.dates import moment_of
from tests.support import attacks, verifying
from tests.support.pdfmaker import update
from tests.support.pdfsign import sign
from tests.support.pki import Pki


def seen(validator: Validator, tmp_path: Path, pdf: bytes) -> list[tuple[Place, ...]]:
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf)
    return [one.places for one in validator.pdf(path).signatures]


def test_each_visible_signature_has_its_place(validator: Validator, pki: Pki, tmp_path: Path) -> None:
    report = validator.pdf(verifying.signed(pki, tmp_path, "ion-p256", "maria"))
    [[first], [second]] = [one.places for one in report.signatures]
    assert (first.page, second.page) == (1, 1)
    assert first.left < first.left + first.width < second.left
    assert first.top == second.top
    assert (first.page_width, first.page_height) == (595, 842)


def test_an_invisible_signature_has_none(validator: Validator, tmp_path: Path) -> None:
    assert seen(validator, tmp_path, attacks.victim()) == [()]


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        (b"", (1000, 8000, 2000, 1000)),
        (b"/Rotate 90", (1000, 1000, 1000, 2000)),
        (b"/Rotate 180", (7000, 1000, 2000, 1000)),
        (b"/Rotate -90", (8000, 7000, 1000, 2000)),
        (b"/CropBox [0 0 1000 500]", (1000, 6000, 2000, 2000)),
        (b"/CropBox [500 500 1000 1000]", None),
    ],
)
def test_the_place_is_that_of_the_page_as_shown(
    validator: Validator, tmp_path: Path, entries: bytes, expected: tuple[int, ...] | None
) -> None:
    pdf = sign(attacks.victim(), name="Second", rect=(100, 100, 300, 200))
    with PdfFile.open(pdf) as opened:
        [annotations] = [opened.get(5)["Annots"]]  # type: ignore[index]
    refs = b" ".join(b"%d 0 R" % one.number for one in annotations)
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 1000 1000]/Annots[%s]%s>>" % (refs, entries)
    place = seen(validator, tmp_path, update(pdf, {5: page}))[1]
    found = [(one.left, one.top, one.width, one.height) for one in place]
    assert found == ([expected] if expected else [])


@pytest.mark.parametrize("rect", [b"[1e30 0 2e30 9]", b"[0 0 0 0]", b"[(a) 1 2 3]", b"7 0 R"])
def test_a_place_that_is_none_is_left_out(validator: Validator, tmp_path: Path, rect: bytes) -> None:
    pdf = sign(attacks.victim(), name="Second", rect=(100, 100, 300, 200)).replace(b"[100 100 300 200]", rect, 1)
    assert all(places == () for places in seen(validator, tmp_path, pdf))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"D:20260302111530+02'00'", dt.datetime(2026, 3, 2, 9, 15, 30, tzinfo=dt.UTC)),
        (b"D:20260302091530Z", dt.datetime(2026, 3, 2, 9, 15, 30, tzinfo=dt.UTC)),
        (b"D:20260302091530Z00'00'", dt.datetime(2026, 3, 2, 9, 15, 30, tzinfo=dt.UTC)),
        (b"D:202603020915", dt.datetime(2026, 3, 2, 9, 15, tzinfo=dt.UTC)),
        (b"D:20261302091530Z", None),
        (b"D:00010101000000+23'59'", None),
        (b"yesterday", None),
        (17, None),
    ],
)
def test_dates_of_pdf_are_read(text: object, expected: dt.datetime | None) -> None:
    assert moment_of(text) == expected


def test_the_claimed_time_of_a_pdf_is_told(validator: Validator, pki: Pki, tmp_path: Path) -> None:
    [signature] = validator.pdf(verifying.expired(pki, tmp_path)).signatures
    assert signature.signed_at is None
    assert signature.claimed_time == dt.datetime(2026, 1, 1, 9, 15, 30, tzinfo=dt.UTC)
