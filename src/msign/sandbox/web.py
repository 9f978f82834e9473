"""A very small ASGI application on Django's request and response classes: no middleware, no global routes.

Each sandbox service is one ``App``, so tests can call it in-process and a process can serve it with uvicorn.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import re
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from typing import Any, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http import FileResponse, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse

from msign.kernel.errors import Code, MSignError

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
View = Callable[..., HttpResponseBase | Awaitable[HttpResponseBase]]

MAX_FORM_BYTES = 170 * 1024 * 1024  # a full SOAP message of documents, as base64 inside JSON
_SPOOL = 1024 * 1024
_LOG = logging.getLogger(__name__)
_STATUS = {
    Code.REQUEST_NOT_FOUND: 404,
    Code.CONFLICT: 409,
    Code.TOO_LARGE: 413,
    Code.AUTHENTICATION_FAILED: 401,
    Code.UNAVAILABLE: 503,
}
_POLICY = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; form-action *; "
    "frame-ancestors 'none'; base-uri 'none'"
)


class Route:
    """A path with ``{name}`` parts, the methods it takes and the view behind it."""

    def __init__(self, methods: str, path: str, view: View, *, cross_site: bool = False) -> None:
        self.methods = methods.split()
        self.pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]{1,200})", path))
        self.view = view
        self.cross_site = cross_site


class App:
    """Routes, views and the answers to everything that goes wrong. Synchronous views run in a thread."""

    def __init__(self, routes: Sequence[Route], *, error_page: Callable[[ASGIRequest, int, str], HttpResponse]) -> None:
        self._routes = tuple(routes)
        self._error_page = error_page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        with tempfile.SpooledTemporaryFile(max_size=_SPOOL) as body:
            complete = await _read(receive, body)
            body.seek(0)
            request = ASGIRequest(scope, cast(Any, body))
            response = await self._answer(request) if complete else self._error_page(request, 413, "Too large")
            await _send(response, send)

    async def _answer(self, request: ASGIRequest) -> HttpResponseBase:
        try:
            return await self._dispatch(request)
        except MSignError as error:
            return self._failed(request, _STATUS.get(error.code, 400), str(error))
        except Exception:  # noqa: BLE001  the last line of defence of a small server
            _LOG.exception("sandbox: %s %s failed", request.method, request.path)
            return self._failed(request, 500, "The sandbox failed; its log says why")

    async def _dispatch(self, request: ASGIRequest) -> HttpResponseBase:
        allowed: list[str] = []
        for route in self._routes:
            found = route.pattern.fullmatch(request.path)
            if not found:
                continue
            if request.method not in route.methods:
                allowed += route.methods
                continue
            if request.method == "POST" and not route.cross_site and _from_elsewhere(request):
                return self._failed(request, 403, "A page of another site may not press buttons here")
            if inspect.iscoroutinefunction(route.view):
                return cast(HttpResponseBase, await route.view(request, **found.groupdict()))
            return cast(HttpResponseBase, await asyncio.to_thread(route.view, request, **found.groupdict()))
        return self._failed(request, 405 if allowed else 404, "Nothing answers at this address")

    def _failed(self, request: ASGIRequest, status: int, message: str) -> HttpResponse:
        if wants_json(request):
            return JsonResponse({"error": message}, status=status)
        return self._error_page(request, status, message)


def wants_json(request: ASGIRequest) -> bool:
    """Whether a script asks rather than a person."""
    kinds = request.headers.get("Accept", "") + request.headers.get("Content-Type", "")
    return "application/json" in kinds


def configure() -> None:
    """Give Django the few settings that its request, response and template classes ask for."""
    if not settings.configured:
        settings.configure(USE_TZ=True, USE_I18N=False, ALLOWED_HOSTS=["*"], DATA_UPLOAD_MAX_MEMORY_SIZE=MAX_FORM_BYTES)


def _from_elsewhere(request: ASGIRequest) -> bool:
    origin = request.headers.get("Origin", "")
    return bool(origin) and urlsplit(origin).netloc != request.headers.get("Host", "")


async def _read(receive: Receive, body: tempfile.SpooledTemporaryFile[bytes]) -> bool:
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return False
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size <= MAX_FORM_BYTES:
            body.write(chunk)
        if not message.get("more_body", False):
            return size <= MAX_FORM_BYTES


async def _send(response: HttpResponseBase, send: Send) -> None:
    response.headers.setdefault("Content-Security-Policy", _POLICY)
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.items()]
    headers += [(b"set-cookie", cookie.OutputString().encode("latin-1")) for cookie in response.cookies.values()]
    with _file_of(response):
        await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
        async for chunk in _chunks(response):
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def _file_of(response: HttpResponseBase) -> AbstractContextManager[object]:
    """Close the file behind a response. (Its own ``close`` would tell Django that a request of *its* has ended.)"""
    file = response.file_to_stream if isinstance(response, FileResponse) else None
    return closing(file) if file is not None else nullcontext()


async def _chunks(response: HttpResponseBase) -> AsyncIterator[bytes]:
    if isinstance(response, StreamingHttpResponse):
        for chunk in cast(Any, response.streaming_content):
            yield chunk
            await asyncio.sleep(0)
    else:
        yield cast(HttpResponse, response).content
