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
    """A page in grey values, one byte a pixel, rows from the top; one pixel a unit (1/72 inch)."""

    pixels: bytes
    width: int
    height: int


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


def draw_page(buffer: Buffer, end: int, page: int) -> Drawing | None:
    """Return page ``page`` (from 1) of the document that ends at ``end``; ``None`` where PDFium cannot draw it.

    Annotations and fields are drawn with the looks they carry; encrypted documents open with the empty password.
    """
    import pypdfium2  # loads a large library, and few judgements need it

    with PDFIUM:
        try:
            document = pypdfium2.PdfDocument(Prefix(buffer, end))
        except (pypdfium2.PdfiumError, ValueError):
            return None
        try:
            document.init_forms()  # widgets are drawn by the form module only; scripts are not built in
            sheet = document[page - 1]
            if max(sheet.get_size()) > MAX_PAGE_UNITS:
                return None
            bitmap = sheet.render(scale=1, grayscale=True)
            rows, stride, width = bytes(bitmap.buffer), bitmap.stride, bitmap.width
            packed = b"".join(rows[y * stride : y * stride + width] for y in range(bitmap.height))
            return Drawing(packed, width, bitmap.height)
        except (pypdfium2.PdfiumError, IndexError):
            return None
        finally:
            document.close()
