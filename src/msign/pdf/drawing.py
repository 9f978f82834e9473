"""Draws pages with PDFium, which is no library for two threads at once: everybody goes through this door.

Hostile pages may take long or crash the library; callers that judge strangers' files run in worker processes.
"""

from __future__ import annotations

import io
import threading
from dataclasses import dataclass
from typing import cast

from msign.pdf.syntax import Buffer

PDFIUM = threading.Lock()
"""Hold it for every call into PDFium."""
MAX_PAGE_UNITS = 3_000  # longer pages are not drawn: a plan of three metres is no letter


@dataclass(frozen=True, slots=True)
class Drawing:
    """A page in grey values, one byte a pixel, rows from the top; one pixel a unit (1/72 inch).

    ``left`` and ``bottom`` are the page's corner in its own units, ``turn`` its rotation clockwise in degrees.
    """

    pixels: bytes
    width: int
    height: int
    left: float = 0
    bottom: float = 0
    turn: int = 0

    def area(self, box: tuple[float, float, float, float]) -> tuple[int, int, int, int]:
        """Return the pixels (left, top, right, bottom) that a box in page units takes, cut to the page."""
        corners = [self._turned(box[i] - self.left, box[j] - self.bottom) for i, j in ((0, 1), (2, 3))]
        (x1, x2), (y1, y2) = sorted(c[0] for c in corners), sorted(c[1] for c in corners)
        return max(0, int(x1)), max(0, int(y1) - 1), min(self.width, int(x2) + 1), min(self.height, int(y2) + 1)

    def _turned(self, x: float, y: float) -> tuple[float, float]:
        match self.turn % 360:
            case 90:
                return y, x
            case 180:
                return self.width - x, y
            case 270:
                return self.width - y, self.height - x
            case _:
                return x, self.height - y


class Prefix(io.RawIOBase):
    """The first bytes of a buffer as a file of its own, without a copy: a signed revision is such a file."""

    def __init__(self, buffer: Buffer, end: int) -> None:
        self._buffer, self._end, self._position = buffer, end, 0

    def seekable(self) -> bool:
        """Tell that one may move about."""
        return True

    def readable(self) -> bool:
        """Tell that one may read."""
        return True

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Move, as files do."""
        base = (0, self._position, self._end)[whence]
        self._position = max(0, base + offset)
        return self._position

    def tell(self) -> int:
        """Return the position."""
        return self._position

    def readinto(self, target: object, /) -> int:
        """Fill a buffer; return how much was there."""
        view = memoryview(cast("bytearray", target)).cast("B")
        size = max(0, min(len(view), self._end - self._position))
        view[:size] = self._buffer[self._position : self._position + size]
        self._position += size
        return size


def draw_page(buffer: Buffer, end: int, page: int, *, bare: bool = False) -> Drawing | None:
    """Return page ``page`` (from 1) of the document that ends at ``end``; ``None`` where PDFium cannot draw it.

    Annotations and fields are drawn with the looks they carry, or not at all if ``bare``; encrypted documents open
    with the empty password.
    """
    import pypdfium2  # loads a large library, and few judgements need it

    with PDFIUM:
        try:
            document = pypdfium2.PdfDocument(Prefix(buffer, end))
        except (pypdfium2.PdfiumError, ValueError):
            return None
        try:
            if not bare:
                document.init_forms()  # widgets are drawn by the form module only; scripts are not built in
            sheet = document[page - 1]
            if max(sheet.get_size()) > MAX_PAGE_UNITS:
                return None
            bitmap = sheet.render(scale=1, grayscale=True, may_draw_forms=not bare, draw_annots=not bare)
            left, bottom, *_ = sheet.get_bbox()
            rows, stride, width = bytes(bitmap.buffer), bitmap.stride, bitmap.width
            packed = b"".join(rows[y * stride : y * stride + width] for y in range(bitmap.height))
            return Drawing(packed, width, bitmap.height, left, bottom, sheet.get_rotation())
        except (pypdfium2.PdfiumError, IndexError):
            return None
        finally:
            document.close()
