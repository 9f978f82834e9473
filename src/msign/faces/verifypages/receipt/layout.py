"""A receipt on paper: PDF/A-2u in the look of the pages. Only places what ``content`` says."""

from __future__ import annotations

import functools
import io
from collections.abc import Sequence
from html import escape
from importlib import resources
from typing import Any

import segno
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    KeepTogether,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

from msign.faces.verifypages.cards import Card, Group
from msign.faces.verifypages.receipt.content import Receipt, Row
from msign.pdf.archive import About, ArchiveCanvas
from msign.pdf.lineends import with_line_ends

_PLAIN, _BOLD = "Onest", "Onest-SemiBold"
_MARGIN, _TOP, _BOTTOM = 20 * mm, 33 * mm, 20 * mm
_WIDTH = A4[0] - 2 * _MARGIN
_LABEL_WIDTH = 52 * mm
_BRAND, _INK, _QUIET, _LINE = HexColor("#0058D2"), HexColor("#1E1E1E"), HexColor("#616161"), HexColor("#D9D9D9")
# tint, line and text of a verdict, as the pages have them
_TONES = {
    "success": (HexColor("#E6F5EE"), HexColor("#027948")),
    "error": (HexColor("#FEE4E2"), HexColor("#B32318")),
    "warning": (HexColor("#FEEFC6"), HexColor("#B54708")),
    "info": (HexColor("#E8F0FB"), HexColor("#0058D2")),
}
_BODY = ParagraphStyle("body", fontName=_PLAIN, fontSize=9.25, leading=12.75, textColor=_INK)
_LEAD = ParagraphStyle("lead", parent=_BODY, textColor=_QUIET, spaceAfter=10)
_TITLE = ParagraphStyle("title", parent=_BODY, fontName=_BOLD, fontSize=22, leading=28, spaceAfter=2)
_HEAD = ParagraphStyle(
    "head", parent=_BODY, fontName=_BOLD, fontSize=12.5, leading=17, spaceBefore=12, spaceAfter=4, keepWithNext=True
)
_VERDICT = ParagraphStyle("verdict", parent=_BODY, fontName=_BOLD, fontSize=15, leading=20, spaceAfter=2)
_NAME = ParagraphStyle("name", parent=_BODY, fontName=_BOLD, fontSize=11, leading=15)
_LABEL = ParagraphStyle("label", parent=_BODY, textColor=_QUIET)
_RIGHT = ParagraphStyle("right", parent=_NAME, alignment=TA_RIGHT)
_SMALL = ParagraphStyle("small", parent=_BODY, fontSize=8.5, leading=12, textColor=_QUIET)
_CELL_FONT = ("FONT", (0, 0), (-1, -1), _PLAIN)  # else reportlab names a font that is not embedded


def render(receipt: Receipt) -> bytes:
    """Return the receipt as PDF/A-2u; the same receipt gives the same bytes."""
    _register_fonts()
    out = io.BytesIO()
    template = BaseDocTemplate(
        out,
        pagesize=A4,
        title=receipt.title,
        author=receipt.author,
        subject=receipt.verdict.title,
        creator="MSign",
        producer="MSign",
        lang=f"{receipt.language}-MD",
        invariant=1,
        initialFontName=_PLAIN,
    )
    frame = Frame(_MARGIN, _BOTTOM, _WIDTH, A4[1] - _TOP - _BOTTOM, 0, 0, 0, 0)
    draw = functools.partial(_around, receipt=receipt)
    template.addPageTemplates([PageTemplate(frames=[frame], onPage=draw)])
    about = About(receipt.title, receipt.verdict.title, receipt.author, receipt.made)
    template.build(_flow(receipt), canvasmaker=functools.partial(ArchiveCanvas, about=about))
    return with_line_ends(out.getvalue())


@functools.cache
def _register_fonts() -> None:
    folder = resources.files("msign.faces.verifypages.receipt").joinpath("fonts")
    for name, file in ((_PLAIN, "Onest-Regular.ttf"), (_BOLD, "Onest-SemiBold.ttf")):
        pdfmetrics.registerFont(TTFont(name, io.BytesIO(folder.joinpath(file).read_bytes())))
    pdfmetrics.registerFontFamily(_PLAIN, normal=_PLAIN, bold=_BOLD, italic=_PLAIN, boldItalic=_BOLD)


def _flow(receipt: Receipt) -> list[Flowable]:
    flow: list[Flowable] = [_text(receipt.title, _TITLE), _text(receipt.lead, _LEAD), _verdict(receipt)]
    flow += [_text(receipt.file_heading, _HEAD), _rows(receipt.file_rows)]
    if receipt.cards:
        flow.append(_text(receipt.cards_heading, _HEAD))
        for card in receipt.cards:
            flow += [_signature(card), Spacer(1, 8)]
    flow += [CondPageBreak(45 * mm), _text(receipt.how_heading, _HEAD), _rows(receipt.how_rows)]
    flow.append(KeepTogether([_text(receipt.again_heading, _HEAD), _again(receipt)]))
    return flow


def _text(text: str, style: ParagraphStyle, tone: Any = None) -> Paragraph:
    words = escape(text).replace("\n", "<br/>")
    return Paragraph(f'<font color="{tone.hexval().replace("0x", "#")}">{words}</font>' if tone else words, style)


def _verdict(receipt: Receipt) -> Flowable:
    tint, line = _TONES[receipt.verdict.kind]
    said = [_text(receipt.verdict.title, _VERDICT, line), _text(receipt.verdict.meaning, _BODY)]
    if receipt.verdict.action:
        said.append(_text(receipt.verdict.action, _BODY))
    said += _groups(receipt.reasons, _BODY)
    box = [("BACKGROUND", (0, 0), (-1, -1), tint), ("LINEBEFORE", (0, 0), (0, -1), 4, line)]
    return _table([[said]], [_WIDTH], box, padding=12)


def _groups(groups: Sequence[Group], style: ParagraphStyle) -> list[Paragraph]:
    said = []
    for group in groups:
        said += [_text(f"• {text}", style) for text in group.texts]
        if group.remedy:
            said.append(_text(f"→ {group.remedy}", style))
    return said


def _rows(rows: Sequence[Row]) -> Flowable:
    cells = [[_text(label, _LABEL), _text(value, _BODY)] for label, value in rows]
    lines = [("LINEBELOW", (0, 0), (-1, -1), 0.5, _LINE)]
    return _table(cells, [_LABEL_WIDTH, _WIDTH - _LABEL_WIDTH], lines, padding=4)


def _signature(card: Card) -> Flowable:
    _tint, tone = _TONES[card.verdict.kind]
    head = _table(
        [[_text(f"{card.number}. {card.name}", _NAME), _text(card.verdict.title, _RIGHT, tone)]],
        [_WIDTH * 0.62, _WIDTH * 0.38 - 20],
        [],
        padding=0,
    )
    said: list[Flowable] = [head]
    if card.verdict.meaning:
        said += [Spacer(1, 3), _text(f"{card.verdict.meaning} {card.verdict.action}".strip(), _BODY)]
    said += _groups(card.why, _SMALL)
    said.append(Spacer(1, 4))
    cells = [[_text(label, _LABEL), _text(value, _BODY)] for label, value in card.rows]
    if cells:
        said.append(_table(cells, [_LABEL_WIDTH - 12, _WIDTH - _LABEL_WIDTH - 12], [], padding=2))
    box = [("BOX", (0, 0), (-1, -1), 0.75, _LINE), ("LINEBEFORE", (0, 0), (0, -1), 3, tone)]
    return _table([[said]], [_WIDTH], box, padding=10)


def _again(receipt: Receipt) -> Flowable:
    said = [_text(sentence, _BODY) for sentence in receipt.again]
    said.append(_text(receipt.verify_url, _NAME, _BRAND))
    side = 27 * mm
    gap = [("RIGHTPADDING", (0, 0), (0, 0), 16)]
    return _table([[said, _Code(receipt.verify_url, side)]], [_WIDTH - side, side], gap, padding=0)


def _table(cells: list[list[Any]], widths: list[float], style: list[Any], *, padding: float) -> Table:
    around = [(f"{side}PADDING", (0, 0), (-1, -1), padding) for side in ("TOP", "BOTTOM")]
    around += [(f"{side}PADDING", (0, 0), (-1, -1), padding if padding > 4 else 0) for side in ("LEFT", "RIGHT")]
    base: Any = [_CELL_FONT, ("VALIGN", (0, 0), (-1, -1), "TOP"), *around, *style]
    return Table(cells, colWidths=widths, style=TableStyle(base), hAlign="LEFT")


class _Code(Flowable):
    """A QR code in vectors; the address stands beside it in words."""

    def __init__(self, address: str, side: float) -> None:
        super().__init__()
        self._rows = [list(row) for row in segno.make(address, error="m", micro=False).matrix]
        self.width = self.height = side

    def wrap(self, _width: float, _height: float) -> tuple[float, float]:
        return self.width, self.height

    def draw(self) -> None:
        unit = self.width / len(self._rows)
        self.canv.setFillColor(_INK)
        for line, row in enumerate(self._rows):
            for at, dark in enumerate(row):
                if dark:
                    self.canv.rect(at * unit, self.height - (line + 1) * unit, unit, unit, stroke=0, fill=1)


def _around(canvas: Any, _document: object, *, receipt: Receipt) -> None:
    """The head with the mark and the foot with the page number."""
    top = A4[1] - 14 * mm
    _mark(canvas, _MARGIN, top - 30, 30)
    canvas.setFillColor(_INK)
    canvas.setFont(_BOLD, 12)
    canvas.drawString(_MARGIN + 40, top - 12, "MSign")
    canvas.setFillColor(_QUIET)
    canvas.setFont(_PLAIN, 9)
    canvas.drawString(_MARGIN + 40, top - 25, receipt.service)
    canvas.setStrokeColor(_LINE)
    canvas.setLineWidth(0.75)
    canvas.line(_MARGIN, top - 40, A4[0] - _MARGIN, top - 40)
    canvas.line(_MARGIN, 17 * mm, A4[0] - _MARGIN, 17 * mm)
    canvas.setFont(_PLAIN, 8)
    canvas.drawString(_MARGIN, 12 * mm, receipt.verify_url)
    canvas.drawRightString(A4[0] - _MARGIN, 12 * mm, receipt.page_of % {"page": canvas.getPageNumber()})


def _mark(canvas: Any, left: float, bottom: float, side: float) -> None:
    """The mark of the pages (``frame/mark.svg``), drawn in its own units of a fortieth."""
    canvas.saveState()
    canvas.translate(left, bottom + side)
    canvas.scale(side / 40, -side / 40)
    canvas.setFillColor(_BRAND)
    canvas.roundRect(0, 0, 40, 40, 10, stroke=0, fill=1)
    canvas.setLineCap(1)
    canvas.setLineJoin(1)
    canvas.setLineWidth(3)
    for colour, points in (("#FFFFFF", _LETTER), ("#99BCED", _TICK)):
        canvas.setStrokeColor(HexColor(colour))
        path = canvas.beginPath()
        path.moveTo(*points[0])
        for point in points[1:]:
            path.lineTo(*point)
        canvas.drawPath(path)
    canvas.restoreState()


_LETTER = ((8, 27), (8, 13), (9.5, 12.5), (17, 22), (24.5, 12.5), (26, 13), (26, 23))
_TICK = ((22, 27.5), (26, 31.5), (34, 22.5))
