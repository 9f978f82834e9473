"""Where a visible signature goes on pages of every kind."""

from __future__ import annotations

import pytest

from msign.kernel.errors import MSignError
from msign.pdf.lean import LeanPdf
from msign.signing.appearance import VisibleSignature
from msign.signing.placement import place, visible_area
from tests.support import pdfmaker

A4 = (0.0, 0.0, 595.0, 842.0)


def page(entries: bytes, parent: bytes = b"") -> LeanPdf:
    objects = pdfmaker.sample()
    objects[2] = b"<< /Type /Pages /Count 1 /Kids [5 0 R] %s >>" % parent
    objects[5] = b"<< /Type /Page /Parent 2 0 R %s >>" % entries
    return LeanPdf(pdfmaker.write(objects))


@pytest.mark.parametrize(
    ("media", "crop", "seen"),
    [
        (A4, None, A4),
        (None, None, A4),
        ((595, 842, 0, 0), None, A4),
        (A4, (100, 200, 500, 700), (100, 200, 500, 700)),
        (A4, (-100, -200, 900, 1700), A4),
        (A4, (300, 400, 900, 1700), (300, 400, 595, 842)),
        (A4, (1000, 1000, 1200, 1200), A4),
    ],
)
def test_what_is_seen_of_a_page(
    media: tuple[float, float, float, float] | None,
    crop: tuple[float, float, float, float] | None,
    seen: tuple[float, float, float, float],
) -> None:
    assert visible_area(media, crop) == seen


@pytest.mark.parametrize(
    ("entries", "parent", "rectangle"),
    [
        (b"/MediaBox [0 0 595 842] /CropBox [-100 -200 900 1700]", b"", (317, 28, 567, 94)),
        (b"/CropBox [0 0 400 500]", b"/MediaBox [0 0 595 842]", (122, 28, 372, 94)),
        (b"/MediaBox [0 0 595 842] /UserUnit 2", b"", (317, 28, 567, 94)),
        (b"/MediaBox [0 0 60 40]", b"", (4, 4, 56, 36)),
        (b"/MediaBox [0 0 40 60]", b"/Rotate 90", (4, 4, 36, 56)),
    ],
)
def test_the_default_place_is_in_sight(
    entries: bytes, parent: bytes, rectangle: tuple[float, float, float, float]
) -> None:
    assert place(page(entries, parent), VisibleSignature()).rectangle == rectangle


@pytest.mark.parametrize(
    "box",
    [(5000, 5000, 100, 50), (-500, 0, 100, 50), (595, 0, 100, 50), (0, 0, -100, 50), (0, 0, 20_000, 50),
     (float("nan"), 0, 100, 50), (float("inf"), 0, 100, 50), (0, 0, float("inf"), 50)],
)  # fmt: skip
def test_a_box_that_nobody_would_see_is_refused(box: tuple[float, float, float, float]) -> None:
    with pytest.raises(MSignError, match="lies on the page"):
        place(page(b"/MediaBox [0 0 595 842]"), VisibleSignature(box=box))


@pytest.mark.parametrize("kind", [b"", b"/Type 4 0 R"])
def test_a_page_that_hardly_says_so_is_one(kind: bytes) -> None:
    objects = pdfmaker.sample()
    objects[4] = b"/Page"
    objects[5] = b"<< %s /Parent 2 0 R /MediaBox [0 0 595 842] >>" % kind
    assert place(LeanPdf(pdfmaker.write(objects)), VisibleSignature()).page == 5
