"""Papers as PDF/A-2u, laid out with reportlab: embedded fonts, and what ``pdf.archive`` adds."""

from __future__ import annotations

import datetime as dt
import functools
import io
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from importlib import resources
from typing import Any

from reportlab.lib.enums import TA_CENTER
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate, Paragraph, Spacer, Table, TableStyle

from msign.pdf.archive import About, ArchiveCanvas

_PLAIN, _BOLD = "MSignSans", "MSignSans-Bold"
_FILES = {_PLAIN: "DejaVuSans.ttf", _BOLD: "DejaVuSans-Bold.ttf"}
_BODY = ParagraphStyle("body", fontName=_PLAIN, fontSize=10, leading=14.5, spaceAfter=5)
_TITLE = ParagraphStyle(
    "title", parent=_BODY, fontName=_BOLD, fontSize=14, leading=19, alignment=TA_CENTER, spaceAfter=3
)
_UNDER = ParagraphStyle("under", parent=_BODY, alignment=TA_CENTER, spaceAfter=12)
_HEAD = ParagraphStyle(
    "head", parent=_BODY, fontName=_BOLD, fontSize=11, spaceBefore=9, spaceAfter=4, keepWithNext=True
)
_SMALL = ParagraphStyle("small", parent=_BODY, fontSize=8, leading=11)
_MARGIN = 22 * mm
_CELL_FONT = ("FONT", (0, 0), (-1, -1), _PLAIN)  # else reportlab names a font that is not embedded


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with its numbered or plain paragraphs."""

    heading: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Paper:
    """What stands in a document, before it is laid out."""

    title: str
    under: str
    sections: tuple[Section, ...]
    rows: tuple[tuple[str, ...], ...] = ()  # a table after the sections; the first row is its head
    signatures: tuple[tuple[str, str], ...] = ()  # (side, who)
    footer: str = ""
    language: str = "ro-MD"


def render(paper: Paper, *, author: str, made: dt.datetime) -> bytes:
    """Return ``paper`` as PDF/A-2u; the same paper and moment give the same bytes."""
    _register_fonts()
    out = io.BytesIO()
    template = BaseDocTemplate(
        out,
        pagesize=A4,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN,
        title=paper.title,
        author=author,
        subject=paper.under,
        creator="MSign",
        producer="MSign",
        lang=paper.language,
        invariant=1,
        initialFontName=_PLAIN,
    )
    frame = Frame(_MARGIN, _MARGIN, A4[0] - 2 * _MARGIN, A4[1] - 2 * _MARGIN, 0, 0, 0, 0)
    draw = functools.partial(_footer, text=paper.footer)
    template.addPageTemplates([PageTemplate(frames=[frame], onPage=draw)])
    maker = functools.partial(ArchiveCanvas, about=About(paper.title, paper.under, author, made))
    template.build(_flow(paper), canvasmaker=maker)
    return out.getvalue()


@functools.cache
def _register_fonts() -> None:
    folder = resources.files("msign.connections.documents").joinpath("fonts")
    for name, file in _FILES.items():
        pdfmetrics.registerFont(TTFont(name, io.BytesIO(folder.joinpath(file).read_bytes())))
    pdfmetrics.registerFontFamily(_PLAIN, normal=_PLAIN, bold=_BOLD, italic=_PLAIN, boldItalic=_BOLD)


def _flow(paper: Paper) -> list[Any]:
    flow: list[Any] = [_text(paper.title, _TITLE), _text(paper.under, _UNDER)]
    for section in paper.sections:
        flow.append(_text(section.heading, _HEAD))
        flow += [_text(paragraph, _BODY) for paragraph in section.paragraphs]
    if paper.rows:
        flow += [Spacer(1, 6), _table(paper.rows)]
    if paper.signatures:
        flow += [Spacer(1, 14), _signatures(paper.signatures)]
    return flow


def _text(text: str, style: ParagraphStyle) -> Any:
    return Paragraph(escape(text), style)


def _table(rows: Sequence[Sequence[str]]) -> Any:
    cells = [[_text(cell, _BODY if line else _HEAD) for cell in row] for line, row in enumerate(rows)]
    style: Any = [_CELL_FONT, ("GRID", (0, 0), (-1, -1), 0.5, "#757575"), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    return Table(cells, repeatRows=1, style=TableStyle(style))


def _signatures(sides: Sequence[tuple[str, str]]) -> Any:
    cells = [[_text(side, _HEAD) for side, _who in sides], [_text(who, _BODY) for _side, who in sides]]
    return Table(cells, style=TableStyle([_CELL_FONT, ("VALIGN", (0, 0), (-1, -1), "TOP")]))


def _footer(canvas: Any, _document: object, *, text: str) -> None:
    canvas.setFont(_PLAIN, 8)
    canvas.drawString(_MARGIN, 12 * mm, text)
    canvas.drawRightString(A4[0] - _MARGIN, 12 * mm, str(canvas.getPageNumber()))
