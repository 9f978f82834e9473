"""A TrueType font cut down to the glyphs of some text, as PDF objects (ISO 32000-1 clauses 9.7 to 9.10).

Composite font with Identity-H and a ToUnicode map, embedded: readable, searchable and fit for PDF/A-2 and later.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

_UNITS = 1000  # of text space per em


@dataclass(frozen=True)
class EmbeddedFont:
    """The subset: glyph numbers and widths (thousandths of the size) by character, and the font program."""

    name: str
    program: bytes
    glyphs: dict[str, int]
    widths: dict[str, int]
    ascent: int
    descent: int
    box: tuple[int, int, int, int]

    def encode(self, text: str) -> bytes:
        """Return text as a hexadecimal string of glyph numbers; characters that the font lacks become ``?``."""
        codes = (self.glyphs.get(one, self.glyphs["?"]) for one in text)
        return b"<" + b"".join(b"%04X" % code for code in codes) + b">"

    def width(self, text: str, size: float) -> float:
        """Return how wide text is at a size, in the units of the size."""
        return sum(self.widths.get(one, self.widths["?"]) for one in text) * size / _UNITS

    def write(self, add: Callable[[bytes], int]) -> int:
        """Write the font's objects through ``add`` (value → object number); return the number of the font."""
        program = add(_stream(self.program, b"/Length1 %d" % len(self.program)))
        descriptor = add(
            b"<</Type/FontDescriptor/FontName/%s/Flags 32/FontBBox[%d %d %d %d]/ItalicAngle 0/Ascent %d/Descent %d"
            b"/CapHeight %d/StemV 80/FontFile2 %d 0 R>>"
            % (self.name.encode("ascii"), *self.box, self.ascent, self.descent, self.ascent, program)
        )
        widths = {self.glyphs[one]: width for one, width in self.widths.items()}
        listed = b" ".join(b"%d[%d]" % pair for pair in sorted(widths.items()))
        descendant = add(
            b"<</Type/Font/Subtype/CIDFontType2/BaseFont/%s/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)"
            b"/Supplement 0>>/FontDescriptor %d 0 R/CIDToGIDMap/Identity/W[%s]>>"
            % (self.name.encode("ascii"), descriptor, listed)
        )
        unicode_map = add(_stream(self._to_unicode(), b""))
        return add(
            b"<</Type/Font/Subtype/Type0/BaseFont/%s/Encoding/Identity-H/DescendantFonts[%d 0 R]/ToUnicode %d 0 R>>"
            % (self.name.encode("ascii"), descendant, unicode_map)
        )

    def _to_unicode(self) -> bytes:
        rows = [
            b"<%04X><%s>" % (glyph, one.encode("utf-16-be").hex().upper().encode("ascii"))
            for one, glyph in sorted(self.glyphs.items(), key=lambda item: item[1])
        ]
        blocks = [rows[start : start + 100] for start in range(0, len(rows), 100)]
        maps = b"".join(b"%d beginbfchar\n%s\nendbfchar\n" % (len(block), b"\n".join(block)) for block in blocks)
        return (
            b"/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CIDSystemInfo "
            b"<</Registry(Adobe)/Ordering(UCS)/Supplement 0>> def\n/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
            b"1 begincodespacerange\n<0000><FFFF>\nendcodespacerange\n" + maps + b"endcmap\n"
            b"CMapName currentdict /CMap defineresource pop\nend\nend"
        )


@lru_cache(maxsize=64)
def embedded_font(path: Path, characters: frozenset[str]) -> EmbeddedFont:
    """Return the font at ``path`` with the glyphs of ``characters`` only. What it lacks is left out."""
    font = TTFont(path, recalcTimestamp=False)
    wanted = sorted({*characters, "?", " "})
    options = subset.Options(hinting=False, notdef_outline=True, recalc_timestamp=False)
    worker = subset.Subsetter(options)
    worker.populate(unicodes=[ord(one) for one in wanted])
    worker.subset(font)
    scale = _UNITS / font["head"].unitsPerEm
    table = font.getBestCmap()
    names = {one: table[ord(one)] for one in wanted if ord(one) in table}
    program = io.BytesIO()
    font.save(program)
    head, hhea = font["head"], font["hhea"]
    return EmbeddedFont(
        name="MSIGNA+" + path.stem.replace("-", ""),
        program=program.getvalue(),
        glyphs={one: font.getGlyphID(name) for one, name in names.items()},
        widths={one: round(font["hmtx"][name][0] * scale) for one, name in names.items()},
        ascent=round(hhea.ascent * scale),
        descent=round(hhea.descent * scale),
        box=tuple(round(getattr(head, side) * scale) for side in ("xMin", "yMin", "xMax", "yMax")),
    )


def _stream(content: bytes, more: bytes) -> bytes:
    packed = zlib.compress(content)
    return b"<</Filter/FlateDecode/Length %d%s>>\nstream\n%s\nendstream" % (len(packed), more, packed)
