"""PDF files of our own making, for tests."""

from __future__ import annotations

import io
import random
from pathlib import Path

from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas


def write_pdf(path: Path, *, pages: int = 1, title: str = "Cerere nr. 17") -> Path:
    """Write a plain document of ``pages`` pages and return its path."""
    canvas = Canvas(str(path), pagesize=A4, invariant=True)
    canvas.setTitle(title)
    for number in range(1, pages + 1):
        canvas.setFont("Helvetica", 14)
        canvas.drawString(72, 770, f"{title}, page {number} of {pages}")
        canvas.setFont("Helvetica", 10)
        for line in range(40):
            canvas.drawString(72, 740 - 16 * line, f"Line {line + 1}: an invented sentence in an invented document.")
        canvas.showPage()
    canvas.save()
    return path


def write_big_pdf(path: Path, megabytes: float) -> Path:
    """Write a document of about ``megabytes`` that no filter makes smaller: noise, a quarter longer as ASCII85."""
    side, noise = 600, random.Random(17)
    canvas = Canvas(str(path), pagesize=A4, invariant=True, pageCompression=0)
    for _page in range(max(1, round(megabytes * 780_000 / (side * side * 3)))):
        picture = Image.frombytes("RGB", (side, side), noise.randbytes(side * side * 3))
        with io.BytesIO() as packed:
            picture.save(packed, "PNG", compress_level=0)
            packed.seek(0)
            canvas.drawImage(ImageReader(packed), 72, 200, 450, 450)
        canvas.showPage()
    canvas.save()
    return path
