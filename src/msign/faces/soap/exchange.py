"""One HTTP exchange, as far as SOAP 1.1 cares: what the request's head says, and how an answer is sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import Any

from msign.faces.soap.contract import CONTENT_TYPE
from msign.faces.soap.responses import FilePart, Reply, base64_pieces
from msign.faces.soap.threads import Threads
from msign.kernel.errors import Code, MSignError

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Sender:
    """A ``send`` that remembers whether an answer has begun."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.started = False

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        self.started = True
        await self._send(message)


_CHARSETS = frozenset({"", "utf-8", "utf8", "utf-16", "us-ascii"})


def header(scope: Mapping[str, Any], name: bytes) -> bytes | None:
    """Return the first header of the name."""
    return next((value for key, value in scope["headers"] if key == name), None)


def check_media_type(scope: Mapping[str, Any]) -> None:
    """Refuse everything but plain text/xml; raises ``MSignError`` (UNSUPPORTED_MEDIA)."""
    kind, parameters = media_type(header(scope, b"content-type"))
    if kind != "text/xml":
        raise MSignError(Code.UNSUPPORTED_MEDIA, "Content-Type: text/xml expected (SOAP 1.1)")
    if parameters.get("charset", "").lower() not in _CHARSETS:
        raise MSignError(Code.UNSUPPORTED_MEDIA, "Content-Type: charset utf-8 expected")
    if (header(scope, b"content-encoding") or b"identity").strip().lower() != b"identity":
        raise MSignError(Code.UNSUPPORTED_MEDIA, "Content-Encoding: none expected")


def media_type(value: bytes | None) -> tuple[str, dict[str, str]]:
    """Return type and parameters of a Content-Type header."""
    first, *rest = (value or b"").decode("latin-1").split(";")
    pairs = (part.partition("=") for part in rest)
    return first.strip().lower(), {name.strip().lower(): text.strip().strip("\"'") for name, _, text in pairs}


def content_length(scope: Mapping[str, Any]) -> int:
    """Return the announced length, 0 when none is announced (chunked)."""
    text = (header(scope, b"content-length") or b"0").strip()
    return int(text) if text.isdigit() and len(text) < 19 else 0


async def send_reply(send: Send, reply: Reply, threads: Threads) -> None:
    """Send a reply; files are read piece by piece in another thread."""
    await _start(send, 200, CONTENT_TYPE, reply.length)
    for part in reply.parts[:-1]:
        if isinstance(part, FilePart):
            pieces = base64_pieces(part)
            while piece := await threads.call(lambda pieces=pieces: next(pieces, b"")):  # type: ignore[misc]
                await _more(send, piece)
        else:
            await _more(send, part)
    last = reply.parts[-1]
    assert isinstance(last, bytes)
    await send({"type": "http.response.body", "body": last})


async def send_whole(
    send: Send, status: int, content_type: str, body: bytes, headers: Sequence[tuple[bytes, bytes]] = ()
) -> None:
    """Send an answer that is in memory."""
    await _start(send, status, content_type, len(body), headers)
    await send({"type": "http.response.body", "body": body})


async def send_text(send: Send, status: int, text: str, headers: Sequence[tuple[bytes, bytes]] = ()) -> None:
    """Send one sentence, for what is wrong outside SOAP."""
    await send_whole(send, status, "text/plain; charset=utf-8", f"{text}\n".encode(), headers)


async def _start(
    send: Send, status: int, content_type: str, length: int, headers: Sequence[tuple[bytes, bytes]] = ()
) -> None:
    own = [
        (b"content-type", content_type.encode("ascii")),
        (b"content-length", str(length).encode("ascii")),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": [*own, *headers]})


async def _more(send: Send, data: bytes) -> None:
    await send({"type": "http.response.body", "body": data, "more_body": True})
