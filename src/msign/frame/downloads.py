"""Files for the visitor to keep, streamed in pieces, never guessed into another type by the browser."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.http import content_disposition_header

PIECE = 256 * 1024


def download(
    request: HttpRequest, path: Path, *, name: str, media_type: str, length: int | None = None
) -> StreamingHttpResponse:
    """Return ``path``, or its first ``length`` bytes, as an attachment. Raises ``OSError`` if there is no such file."""
    whole = path.stat().st_size
    size = whole if length is None else min(whole, length)
    pieces: Iterator[bytes] | AsyncIterator[bytes] = _pieces(path, size)
    if isinstance(request, ASGIRequest):
        pieces = _in_threads(_pieces(path, size))
    response = StreamingHttpResponse(pieces, content_type=media_type)
    response.headers["Content-Length"] = str(size)
    response.headers["Content-Disposition"] = content_disposition_header(True, safe_name(name)) or "attachment"
    response.headers["Content-Encoding"] = "identity"  # already compressed inside; keeps the length true
    return response


def safe_name(name: str) -> str:
    """Return a file name without path, control characters or emptiness."""
    bare = "".join(letter for letter in name.replace("\\", "/").split("/")[-1] if letter.isprintable())
    return bare.strip(". ")[:150] or "document"


def _pieces(path: Path, size: int) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while size > 0 and (piece := stream.read(min(PIECE, size))):
            size -= len(piece)
            yield piece


async def _in_threads(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    ask = sync_to_async(lambda: next(pieces, b""), thread_sensitive=False)
    while piece := await ask():
        yield piece
