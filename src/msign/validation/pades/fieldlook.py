"""Does a filled-in text field show its value? A look that says something else is a trick (shadow attack: replace)."""

from __future__ import annotations

import re

from msign.kernel.limits import KIB
from msign.pdf.errors import PdfError
from msign.pdf.syntax import Parser
from msign.pdf.values import Ref, Stream, as_dict, as_int, text_of
from msign.validation.pades.form import Field
from msign.validation.pades.update import Update

MAX_LOOK = 256 * KIB
_PASSWORD = 1 << 13  # field flag: shows asterisks (ISO 32000-1 table 228)
_STRING = re.compile(rb"\(")
_HEX_SHOWN = re.compile(rb"<[0-9A-Fa-f\s]+>\s*(?:Tj|'|\"|[\]\-\d(<])")


def shows_another_value(update: Update, field: Field, widget: int) -> bool:
    """Tell whether the look of a text field shows words and lacks those of its value.

    Not told: looks whose glyph codes say nothing without the font, fields that a script formats, choice fields.
    """
    entries = as_dict(update.now(widget))
    if field.kind != "Tx" or "AA" in entries or "AA" in field.entries or as_int(field.entries.get("Ff"), 0) & _PASSWORD:
        return False
    pointer = as_dict(update.now(entries.get("AP"))).get("N")
    if isinstance(pointer, Ref) and pointer.number not in update.touched:
        return False  # it still looks as it was signed
    look = update.now(pointer)
    shown = _words(update, look) if isinstance(look, Stream) else None
    wanted = _letters(text_of(update.now(field.value)))
    return bool(shown) and bool(wanted) and wanted not in (shown or "")


def _words(update: Update, look: Stream) -> str | None:
    """Return the letters that a look draws in plain strings; ``None`` where they cannot be told."""
    try:
        data = update.pdf.stream_data(look, limit=MAX_LOOK, revision=update.new)
    except PdfError:
        return None
    if _HEX_SHOWN.search(data):
        return None
    parts, position = [], 0
    while match := _STRING.search(data, position):
        parser = Parser(data, match.start(), len(data))
        try:
            parts.append(text_of(parser.value()))
        except PdfError:
            return None
        position = parser.position
    return _letters("".join(parts))


def _letters(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())
