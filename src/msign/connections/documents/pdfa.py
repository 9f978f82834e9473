"""Papers as PDF/A-2a, laid out with reportlab: embedded fonts, and what ``pdf`` adds: metadata and colour profile
(``archive``), structure (``structure``), ends of lines (``lineends``). ``make archive`` has veraPDF judge the outcome.
"""

from __future__ import annotations

import datetime as dt
import functools
import io
import itertools
from collections.abc import Iterator, Sequence
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
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate, Spacer, Table, TableStyle

from msign.pdf.archive import About, ArchiveCanvas
from msign.pdf.lineends import with_line_ends
from msign.pdf.structure import Grid, Piece, Place, StructuredCanvas

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
_CELL = ParagraphStyle("cell", parent=_BODY, fontSize=9, leading=12.5, spaceAfter=0)
_CELL_HEAD = ParagraphStyle("cell-head", parent=_CELL, fontName=_BOLD)
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
    """Return ``paper`` as PDF/A-2a; the same paper and moment give the same bytes."""
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
    maker = functools.partial(_PaperCanvas, about=About(paper.title, paper.under, author, made, level="A"))
    template.build(_flow(paper), canvasmaker=maker)
    return with_line_ends(out.getvalue())


@functools.cache
def _register_fonts() -> None:
    folder = resources.files("msign.connections.documents").joinpath("fonts")
    for name, file in _FILES.items():
        pdfmetrics.registerFont(TTFont(name, io.BytesIO(folder.joinpath(file).read_bytes())))
    pdfmetrics.registerFontFamily(_PLAIN, normal=_PLAIN, bold=_BOLD, italic=_PLAIN, boldItalic=_BOLD)


def _flow(paper: Paper) -> list[Any]:
    orders = itertools.count()
    text = functools.partial(_text, orders)
    flow: list[Any] = [text(paper.title, _TITLE, "H1"), text(paper.under, _UNDER)]
    for section in paper.sections:
        flow.append(text(section.heading, _HEAD, "H2"))
        flow += [text(paragraph, _BODY) for paragraph in section.paragraphs]
    if paper.rows:
        flow += [Spacer(1, 10), _table(orders, paper.rows)]
    if paper.signatures:
        flow += [Spacer(1, 14), _signatures(orders, paper.signatures)]
    return flow


def _text(
    orders: Iterator[int], text: str, style: ParagraphStyle, tag: str = "P", table: int | None = None, row: int = 0
) -> Any:
    return Piece(escape(text), style, place=Place(next(orders), tag, table, row))


def _table(orders: Iterator[int], rows: Sequence[Sequence[str]]) -> Any:
    key = next(orders)
    cells = [
        [_text(orders, cell, *((_CELL, "TD") if line else (_CELL_HEAD, "TH")), key, line) for cell in row]
        for line, row in enumerate(rows)
    ]
    style: Any = [_CELL_FONT, ("GRID", (0, 0), (-1, -1), 0.5, "#757575"), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    return Grid(cells, repeatRows=1, style=TableStyle(style), colWidths=_widths(len(rows[0])))


def _widths(columns: int) -> list[float]:
    """Equal columns, but a table of questions and answers gives the answers more."""
    shares = {2: (0.38, 0.62), 3: (0.4, 0.38, 0.22)}.get(columns, (1 / columns,) * columns)
    return [share * (A4[0] - 2 * _MARGIN) for share in shares]


def _signatures(orders: Iterator[int], sides: Sequence[tuple[str, str]]) -> Any:
    pairs = [(_text(orders, side, _HEAD), _text(orders, who, _BODY)) for side, who in sides]
    cells = [[side for side, _who in pairs], [who for _side, who in pairs]]
    style: Any = [_CELL_FONT, ("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (0, -1), 0)]
    return Table(cells, style=TableStyle(style))


def _footer(canvas: Any, _document: object, *, text: str) -> None:
    with canvas.marked(None):
        canvas.setFont(_PLAIN, 8)
        canvas.drawString(_MARGIN, 12 * mm, text)
        canvas.drawRightString(A4[0] - _MARGIN, 12 * mm, str(canvas.getPageNumber()))


class _PaperCanvas(StructuredCanvas, ArchiveCanvas):
    """A canvas whose document carries what an archive asks for, and its structure."""
