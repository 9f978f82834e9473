"""Both parts of a letter: plain text, and HTML that needs no pictures, scripts or style sheets."""

from __future__ import annotations

import textwrap
from html import escape

from msign.notices.values import Letter

_WIDTH = 76


def as_text(letter: Letter) -> str:
    """Return the text part, wrapped for people who read mail in a terminal; links stand alone on their line."""
    blocks = [letter.greeting, *letter.paragraphs]
    if letter.link:
        blocks.append(f"{letter.link_text}:\n{letter.link}")
    blocks.append(letter.closing)
    return "\n\n".join(_wrapped(block) for block in blocks) + "\n"


def _wrapped(block: str) -> str:
    lines = (
        line if "://" in line else textwrap.fill(line, _WIDTH, break_long_words=False) for line in block.split("\n")
    )
    return "\n".join(lines)


def as_html(letter: Letter) -> str:
    """Return the HTML part; everything that came from people is escaped."""
    paragraphs = "".join(f"<p>{_breaks(paragraph)}</p>\n" for paragraph in letter.paragraphs)
    link = ""
    if letter.link:
        link = f'<p><a href="{escape(letter.link)}">{escape(letter.link_text)}</a><br>{escape(letter.link)}</p>\n'
    return (
        f'<!doctype html>\n<html lang="{letter.language}"><head><meta charset="utf-8">'
        f"<title>{escape(letter.subject)}</title></head>\n"
        '<body style="font-family:system-ui,sans-serif;font-size:16px;line-height:1.5;color:#383838;max-width:600px">\n'
        f"<p>{escape(letter.greeting)}</p>\n{paragraphs}{link}<p>{_breaks(letter.closing)}</p>\n</body></html>\n"
    )


def _breaks(text: str) -> str:
    return escape(text).replace("\n", "<br>")
