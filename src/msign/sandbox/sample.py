"""A small PDF of our own making: something to sign for who has no document at hand."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

_LINES = (
    "This is a sample document of the MSign sandbox.",
    "It was written to be signed and has no other meaning.",
    "Acesta este un document de proba al mediului de test MSign.",
)


def sample_pdf(title: str, lines: tuple[str, ...] = _LINES) -> bytes:
    """Return a one-page PDF."""
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1)
    canvas.setTitle(title)
    canvas.setFont("Helvetica-Bold", 18)
    canvas.drawString(72, 760, title)
    canvas.setFont("Helvetica", 12)
    for number, line in enumerate(lines):
        canvas.drawString(72, 725 - 20 * number, line)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def another_document(folder: Path) -> Path:
    """Write a document that nobody asked to sign, for the provider that signs the wrong one."""
    path = folder / "another.pdf"
    path.write_bytes(sample_pdf("Another document", ("Nobody asked for a signature on this one.",)))
    return path
