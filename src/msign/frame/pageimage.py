"""The limited worker: ``python -I -m msign.frame.pageimage VERB FILE [PAGE]``.

Runs apart from the server, because a document from outside may bring the renderer down. Limits of memory, time and
file size are set before the document is opened. Nothing but the standard library and PDFium is loaded.
"""

from __future__ import annotations

import io
import json
import sys
from typing import Any

WIDTH = 1100  # pixels: sharp on a phone, readable on a desktop
MAX_HEIGHT = 4400
MAX_PAGES = 300
MAX_TEXT = 400_000
MEMORY = 1024 * 1024 * 1024
SECONDS = 10


def limit() -> None:
    """Give up memory, time, and the right to write files."""
    try:
        import resource
    except ImportError:  # not a POSIX system: the parent's time limit still holds
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def size(page: Any) -> tuple[int, int, float]:
    """Return width and height in pixels and the scale; a page of any shape stays within the bounds."""
    width, height = (max(1.0, float(side)) for side in page.get_size())
    scale = min(WIDTH / width, MAX_HEIGHT / height)
    return max(1, round(width * scale)), max(1, round(height * scale)), scale


def outline(document: Any) -> bytes:
    """Return sizes of the first pages and the number of all, as JSON."""
    pages = [size(document[at])[:2] for at in range(min(len(document), MAX_PAGES))]
    return json.dumps({"pages": pages, "total": len(document)}).encode()


def image(document: Any, number: int) -> bytes:
    """Return one page as PNG."""
    page = document[number]
    output = io.BytesIO()
    page.render(scale=size(page)[2], may_draw_forms=True).to_pil().convert("RGB").quantize(64).save(output, "PNG")
    return output.getvalue()


def text(document: Any) -> bytes:
    """Return the words of the pages, as JSON."""
    words: list[str] = []
    left = MAX_TEXT
    for at in range(min(len(document), MAX_PAGES)):
        words.append(document[at].get_textpage().get_text_bounded()[:left])
        left -= len(words[-1])
    return json.dumps(words).encode()


def main(arguments: list[str]) -> int:
    """Answer one question about one document on standard output."""
    limit()
    import pypdfium2

    verb, path = arguments[:2]
    document = pypdfium2.PdfDocument(path)
    document.init_forms()
    if verb == "image":
        answer = image(document, int(arguments[2]))
    else:
        answer = {"outline": outline, "text": text}[verb](document)
    sys.stdout.buffer.write(answer)
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
