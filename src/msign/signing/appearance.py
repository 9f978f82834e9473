"""What a visible signature shows: who, when (Europe/Chisinau), why, and a QR code that leads to the verify page.

Grey only, so that a PDF/A document stays one whatever its output intent is.
"""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import segno

from msign.kernel.clock import CHISINAU
from msign.kernel.languages import Language
from msign.pdf.embeddedfont import EmbeddedFont, embedded_font

FONT = Path(__file__).parent / "fonts" / "DejaVuSans-msign.ttf"
DEFAULT_SIZE = (250.0, 66.0)  # points: three lines of text and a code that a phone can read
_MARGIN, _GAP = 5.0, 6.0
_LABEL_SIZE, _NAME_SIZE, _TEXT_SIZE = 6.0, 10.0, 7.0
_LEADING = 1.3
_MAX_LINES = 2
_MAX_URL = 300
_LABELS = {
    Language.RO: "Semnat electronic",
    Language.RU: "Подписано электронной подписью",
    Language.EN: "Electronically signed",
}
_REASONS = {Language.RO: "Motiv", Language.RU: "Основание", Language.EN: "Reason"}


@dataclass(frozen=True, slots=True)
class VisibleSignature:
    """Where and how a signature shows itself. An existing field that has a place of its own keeps it.

    ``page`` counts from 1, or from the end when negative; ``box`` is left, bottom, width, height in points of the
    page's own coordinates, ``None`` for the lower right corner. ``verify_url`` becomes the QR code, if given.
    """

    page: int = -1
    box: tuple[float, float, float, float] | None = None
    language: Language = Language.RO
    verify_url: str = ""


def appearance(
    look: VisibleSignature, size: tuple[float, float], *, name: str, reason: str, moment: dt.datetime, angle: int,
    add: Callable[[bytes], int],
) -> int:  # fmt: skip
    """Write the form XObject of a visible signature through ``add``; return its object number.

    ``angle`` is the page's rotation: the text stands upright for the reader.
    """
    width, height = size
    lines = _lines(look, name, reason, moment)
    font = embedded_font(FONT, frozenset("".join(text for _, text, _ in lines) + "…"))
    code = _code(look.verify_url[:_MAX_URL], height - 2 * _MARGIN) if look.verify_url else b""
    room = width - 2 * _MARGIN - (height - 2 * _MARGIN + _GAP if code else 0)
    content = _frame(width, height) + _text(lines, font, room, height)
    if code:
        content += b"q 1 0 0 1 %.2f %.2f cm 0 g %sf Q\n" % (width - height + _MARGIN, _MARGIN, code)
    packed = zlib.compress(content)
    matrix = {90: b"0 1 -1 0 0 0", 180: b"-1 0 0 -1 0 0", 270: b"0 -1 1 0 0 0"}.get(angle % 360, b"1 0 0 1 0 0")
    return add(
        b"<</Type/XObject/Subtype/Form/BBox[0 0 %.2f %.2f]/Matrix[%s]/Resources<</Font<</F %d 0 R>>>>"
        b"/Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream"
        % (width, height, matrix, font.write(add), len(packed), packed)
    )


def local_time(moment: dt.datetime) -> str:
    """Return a moment as people in Chisinau write it, with the distance to UTC."""
    there = moment.astimezone(CHISINAU)
    offset = there.utcoffset() or dt.timedelta()
    return f"{there:%d.%m.%Y, %H:%M:%S} (UTC+{offset.seconds // 3600})"


def _lines(look: VisibleSignature, name: str, reason: str, moment: dt.datetime) -> list[tuple[float, str, bytes]]:
    lines = [(_LABEL_SIZE, _LABELS[look.language], b"0.35 g")]
    if name:
        lines.append((_NAME_SIZE, name, b"0 g"))
    lines.append((_TEXT_SIZE, local_time(moment), b"0 g"))
    if reason:
        lines.append((_TEXT_SIZE, f"{_REASONS[look.language]}: {reason}", b"0 g"))
    return [(size, " ".join(text.split()), colour) for size, text, colour in lines]


def _text(lines: list[tuple[float, str, bytes]], font: EmbeddedFont, room: float, height: float) -> bytes:
    shown = [(size, part, colour) for size, text, colour in lines for part in _wrapped(font, text, size, room)]
    total = sum(size * _LEADING for size, _, _ in shown)
    shrink = min(1.0, (height - 2 * _MARGIN) / total)
    top = height - (height - total * shrink) / 2
    out = []
    for full, text, colour in shown:
        size = full * shrink
        top -= size * _LEADING
        place = (_MARGIN + 1, top + size * (_LEADING - 1))
        out.append(b"BT %s /F %.2f Tf %.2f %.2f Td %s Tj ET\n" % (colour, size, *place, font.encode(text)))
    return b"".join(out)


def _wrapped(font: EmbeddedFont, text: str, size: float, room: float) -> list[str]:
    """Return text in lines that fit into ``room``, two at most: what is still too long ends in an ellipsis."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and len(lines) < _MAX_LINES and font.width(longer, size) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    return [_cut(font, line, size, room) for line in lines]


def _cut(font: EmbeddedFont, text: str, size: float, room: float) -> str:
    if font.width(text, size) <= room:
        return text
    while text and font.width(f"{text}…", size) > room:
        text = text[:-1]
    return f"{text}…"


def _frame(width: float, height: float) -> bytes:
    return b"q 0.6 G 0.5 w 0.25 0.25 %.2f %.2f re S Q\n" % (width - 0.5, height - 0.5)


def _code(url: str, side: float) -> bytes:
    """Return a QR code as rectangles, runs of dark modules joined."""
    rows = [list(row) for row in segno.make(url, error="m", micro=False).matrix]
    unit = side / len(rows)
    out = []
    for line, row in enumerate(rows):
        start = 0
        while start < len(row):
            end = start
            while end < len(row) and row[end]:
                end += 1
            if end > start:
                at = (start * unit, side - (line + 1) * unit, (end - start) * unit, unit)
                out.append(b"%.3f %.3f %.3f %.3f re " % at)
            start = max(end, start + 1)
    return b"".join(out)
