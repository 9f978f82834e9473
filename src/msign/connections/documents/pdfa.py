"""Papers as PDF/A-2a: embedded fonts, one colour profile, XMP metadata that agrees with the document's own, structure.

Laid out with reportlab; what it lacks for ISO 19005-2 (metadata stream 6.6.2, output intent 6.2.3) is added to its
catalogue here, the structure tree (6.7) in ``structure``, ends of lines (6.1.7.1) in ``lineends``. ``make archive`` has
veraPDF judge the outcome.
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
from reportlab.pdfbase import pdfdoc, pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate, Spacer, Table, TableStyle

from msign.connections.documents.icc import srgb_profile
from msign.connections.documents.lineends import with_line_ends
from msign.connections.documents.structure import Grid, Piece, Place, StructuredCanvas

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
    maker = functools.partial(_ArchiveCanvas, paper=paper, author=author, made=made)
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


class _ArchiveCanvas(StructuredCanvas):
    """A canvas whose document carries what an archive asks for."""

    def __init__(self, *arguments: Any, paper: Paper, author: str, made: dt.datetime, **named: Any) -> None:
        super().__init__(*arguments, **named)
        stamp = made.astimezone(dt.UTC)
        # reportlab has no public way to say when a document was made, nor to its catalogue
        self._inner: Any = vars(self)["_doc"]
        clock = self._inner._timeStamp  # noqa: SLF001
        clock.YMDhms, clock.dhh, clock.dmm = stamp.timetuple()[:6], 0, 0
        self.setPageCompression(1)
        self._archive(paper, author, stamp)

    def _archive(self, paper: Paper, author: str, stamp: dt.datetime) -> None:
        document, catalog = self._inner, self._inner.Catalog
        profile = pdfdoc.PDFStream(content=srgb_profile(), filters=[pdfdoc.PDFZCompress])
        profile.dictionary["N"] = 3
        intent = pdfdoc.PDFDictionary(
            {
                "Type": pdfdoc.PDFName("OutputIntent"),
                "S": pdfdoc.PDFName("GTS_PDFA1"),
                "OutputConditionIdentifier": pdfdoc.PDFString("sRGB"),
                "DestOutputProfile": document.Reference(profile),
            }
        )
        metadata = pdfdoc.PDFStream(content=_xmp(paper, author, stamp), filters=[])
        metadata.dictionary["Type"] = pdfdoc.PDFName("Metadata")
        metadata.dictionary["Subtype"] = pdfdoc.PDFName("XML")
        catalog.OutputIntents = pdfdoc.PDFArray([document.Reference(intent)])
        catalog.Metadata = document.Reference(metadata)
        catalog.__NoDefault__ = [*catalog.__NoDefault__, "OutputIntents", "Metadata"]


def _xmp(paper: Paper, author: str, stamp: dt.datetime) -> bytes:
    when = stamp.strftime("%Y-%m-%dT%H:%M:%S+00:00")
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
        '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/" '
        'xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">\n'
        "<pdfaid:part>2</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>\n"
        f'<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{escape(paper.title)}</rdf:li></rdf:Alt></dc:title>\n'
        '<dc:description><rdf:Alt><rdf:li xml:lang="x-default">'
        f"{escape(paper.under)}</rdf:li></rdf:Alt></dc:description>\n"
        f"<dc:creator><rdf:Seq><rdf:li>{escape(author)}</rdf:li></rdf:Seq></dc:creator>\n"
        f"<xmp:CreateDate>{when}</xmp:CreateDate><xmp:ModifyDate>{when}</xmp:ModifyDate>\n"
        "<xmp:CreatorTool>MSign</xmp:CreatorTool><pdf:Producer>MSign</pdf:Producer><pdf:Keywords/>\n"
        '</rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end="w"?>'
    ).encode()
