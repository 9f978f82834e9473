"""Bodies are bounded before anything reads them: the framework would put the whole of one on the disk first."""

from __future__ import annotations

import io
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse
from django.utils import translation

from msign.frame import errors, languages

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[..., Awaitable[None]]


class BodyLimit:
    """Passes a request on only while its body stays within the bound of its path.

    ``places`` are path prefixes with bounds of their own. A declared length over the bound is answered with 413, after
    reading the body away within ``drain`` bytes, so that a browser shows the answer; an undeclared one ends the
    connection when it passes the bound.
    """

    def __init__(self, app: App, *, default: int, places: Mapping[str, int], drain: int) -> None:
        self._app = app
        self._default = default
        self._places = places
        self._drain = drain

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        bound = self._bound(scope["path"])
        if _declared(scope) > bound:
            await self._read_away(receive)
            await _answer(scope, send)
            return
        await self._app(scope, _counted(receive, bound), send)

    def _bound(self, path: str) -> int:
        found = [size for prefix, size in self._places.items() if path == prefix or path.startswith(f"{prefix}/")]
        return max(found, default=self._default)

    async def _read_away(self, receive: Receive) -> None:
        left = self._drain
        while left > 0:
            message = await receive()
            left -= len(message.get("body", b""))
            if not message.get("more_body"):
                return


def _declared(scope: Message) -> int:
    values = [value for name, value in scope["headers"] if name == b"content-length"]
    return int(values[0]) if values and values[0].isdigit() else 0


def _counted(receive: Receive, bound: int) -> Receive:
    seen = 0

    async def counting() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        return message if seen <= bound else {"type": "http.disconnect"}

    return counting


async def _answer(scope: Message, send: Send) -> None:
    response = await sync_to_async(_page)(scope)
    headers = [(name.lower().encode(), value.encode()) for name, value in response.headers.items()]
    headers += [(b"content-length", str(len(response.content)).encode()), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": response.content})


def _page(scope: Message) -> HttpResponse:
    request = ASGIRequest({**scope, "method": "GET"}, io.BytesIO())
    with translation.override(languages.wished(request)):
        return errors.too_large(request)
