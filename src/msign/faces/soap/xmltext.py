"""Text into XML: escaped, and without the characters that XML 1.0 cannot carry at all."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape

_IMPOSSIBLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text: str) -> str:
    """Return ``text`` for the inside of an element; impossible characters become the replacement character.

    A carriage return is written as a reference, because a parser would turn a bare one into a line feed.
    """
    return escape(_IMPOSSIBLE.sub("\ufffd", text), {"\r": "&#13;"})
