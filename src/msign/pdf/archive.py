"""What turns a document laid out with reportlab into PDF/A-2: one colour profile and metadata that agree with it.

Added to the catalogue: the XMP metadata stream (ISO 19005-2 clause 6.6.2) and the output intent (6.2.3). Level "u"
(readable as Unicode); ``pdf.structure`` makes the tree for level "a" (tagged). What is written goes through
``pdf.lineends`` (6.1.7.1). Not checked: that fonts are embedded.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from html import escape
from typing import Any

from reportlab.pdfbase import pdfdoc
from reportlab.pdfgen.canvas import Canvas

from msign.pdf.icc import srgb_profile


@dataclass(frozen=True, slots=True)
class About:
    """What a document says of itself. ``made`` is an aware moment; the same values give the same bytes."""

    title: str
    subject: str
    author: str
    made: dt.datetime
    level: str = "U"  # "A" with a structure tree (``pdf.structure``)


class ArchiveCanvas(Canvas):
    """A canvas whose document carries what an archive asks for; pass it as ``canvasmaker`` with ``about`` bound."""

    def __init__(self, *arguments: Any, about: About, **named: Any) -> None:
        super().__init__(*arguments, **named)
        stamp = about.made.astimezone(dt.UTC)
        # reportlab has no public way to say when a document was made, nor to its catalogue
        self._inner: Any = vars(self)["_doc"]
        clock = self._inner._timeStamp  # noqa: SLF001
        clock.YMDhms, clock.dhh, clock.dmm = stamp.timetuple()[:6], 0, 0
        self.setPageCompression(1)
        self._archive(about, stamp)

    def _archive(self, about: About, stamp: dt.datetime) -> None:
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
        metadata = pdfdoc.PDFStream(content=_xmp(about, stamp), filters=[])
        metadata.dictionary["Type"] = pdfdoc.PDFName("Metadata")
        metadata.dictionary["Subtype"] = pdfdoc.PDFName("XML")
        catalog.OutputIntents = pdfdoc.PDFArray([document.Reference(intent)])
        catalog.Metadata = document.Reference(metadata)
        catalog.__NoDefault__ = [*catalog.__NoDefault__, "OutputIntents", "Metadata"]


def _xmp(about: About, stamp: dt.datetime) -> bytes:
    when = stamp.strftime("%Y-%m-%dT%H:%M:%S+00:00")
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
        '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/" '
        'xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">\n'
        f"<pdfaid:part>2</pdfaid:part><pdfaid:conformance>{about.level}</pdfaid:conformance>\n"
        f'<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{escape(about.title)}</rdf:li></rdf:Alt></dc:title>\n'
        '<dc:description><rdf:Alt><rdf:li xml:lang="x-default">'
        f"{escape(about.subject)}</rdf:li></rdf:Alt></dc:description>\n"
        f"<dc:creator><rdf:Seq><rdf:li>{escape(about.author)}</rdf:li></rdf:Seq></dc:creator>\n"
        f"<xmp:CreateDate>{when}</xmp:CreateDate><xmp:ModifyDate>{when}</xmp:ModifyDate>\n"
        "<xmp:CreatorTool>MSign</xmp:CreatorTool><pdf:Producer>MSign</pdf:Producer><pdf:Keywords/>\n"
        '</rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end="w"?>'
    ).encode()
