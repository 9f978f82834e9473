"""Both parts of a letter: plain text, and HTML that needs no pictures, scripts or style sheets."""

from __future__ import annotations

import textwrap
from html import escape

from msign.notices.values import Letter

_WIDTH = 76
# Styles stand in the elements: many mail programs drop style sheets. Colours and sizes are those of the pages.
_BODY = "margin:0;padding:24px 12px;background:#F5F5F5;color:#383838;font:16px/1.5 system-ui,sans-serif"
_SHEET = (
    "max-width:600px;margin:0 auto;padding:32px 24px;background:#FFFFFF;border:1px solid #D9D9D9;border-radius:12px"
)
_NAME = "margin:0 0 24px;padding:0 0 16px;border-bottom:2px solid #0058D2;color:#0058D2;font-size:20px;font-weight:600"
_GAP = "margin:0 0 16px"
_BUTTON = (
    "display:inline-block;padding:12px 24px;border-radius:8px;background:#0058D2;color:#FFFFFF;"
    "font-weight:500;text-decoration:none"
)
_ADDRESS = "margin:0 0 16px;color:#616161;font-size:14px;overflow-wrap:anywhere;word-break:break-word"
_END = "margin:24px 0 0;padding:16px 0 0;border-top:1px solid #D9D9D9;color:#616161;font-size:14px"


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
    paragraphs = "".join(f'<p style="{_GAP}">{_breaks(paragraph)}</p>\n' for paragraph in letter.paragraphs)
    return (
        f'<!doctype html>\n<html lang="{letter.language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="color-scheme" content="light"><title>{escape(letter.subject)}</title></head>\n'
        f'<body style="{_BODY}">\n<div style="{_SHEET}">\n<p style="{_NAME}">MSign</p>\n'
        f'<p style="{_GAP}">{escape(letter.greeting)}</p>\n{paragraphs}{_link(letter)}'
        f'<p style="{_END}">{_breaks(letter.closing)}</p>\n</div>\n</body></html>\n'
    )


def _link(letter: Letter) -> str:
    """The act as a button, and its address in full for programs that show no buttons and people who look first."""
    if not letter.link:
        return ""
    address = escape(letter.link)
    return (
        f'<p style="{_GAP}"><a href="{address}" style="{_BUTTON}">{escape(letter.link_text)}</a></p>\n'
        f'<p style="{_ADDRESS}">{address}</p>\n'
    )


def _breaks(text: str) -> str:
    return escape(text).replace("\n", "<br>")
