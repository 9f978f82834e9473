"""The client registry for other platform services (connection process 14): one address, GET only, on the API listener.

Who calls is settled as for the SOAP operations, by certificate and address; besides that the caller must be named in
the setting ``registry.callers``. Nobody is by default.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs

from django.db import close_old_connections

from msign.access.registry import RegisteredClient
from msign.access.values import Allowed, Decision

log = logging.getLogger("msign.registry")
PATH = "/clients"
MAX_QUERY = 1024
_THREADS = 2
Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Found = RegisteredClient | tuple[RegisteredClient, ...] | None


class ClientRegistry:
    """An ASGI application for one environment. All collaborators are called in threads."""

    def __init__(
        self,
        *,
        decide: Callable[[Scope], Decision],
        callers: frozenset[str],
        everybody: Callable[[], tuple[RegisteredClient, ...]],
        by_id: Callable[[str], RegisteredClient | None],
        by_serial: Callable[[str], RegisteredClient | None],
        max_age_seconds: int,
    ) -> None:
        self._decide = decide
        self._callers = callers
        self._everybody = everybody
        self._searches = {"id": by_id, "certificateserialnumber": by_serial}
        self._cacheable = f"private, max-age={max_age_seconds}, must-revalidate"
        self._pool = ThreadPoolExecutor(_THREADS, "registry")

    async def __call__(self, scope: Scope, _receive: object, send: Send) -> None:
        """Answer one request."""
        if scope["method"] not in ("GET", "HEAD"):
            await _problem(send, 405, "GET only", ((b"allow", b"GET, HEAD"),))
            return
        try:
            loop = asyncio.get_running_loop()
            status, told = await loop.run_in_executor(self._pool, lambda: _in_thread(lambda: self._answer(scope)))
        except Exception:
            log.exception("The client registry failed")
            await _problem(send, 503, "The registry cannot be read just now")
            return
        if isinstance(told, str):
            await _problem(send, status, told)
        else:
            await self._send(scope, send, told)

    def close(self) -> None:
        """End the worker threads."""
        self._pool.shutdown(wait=True)

    def _answer(self, scope: Scope) -> tuple[int, str | bytes]:
        """Return the status with a problem's words, or with the body."""
        decision = self._decide(scope)
        if not isinstance(decision, Allowed):
            return 403, "This certificate or address is not registered"
        if decision.caller.system_id not in self._callers:
            return 403, "This system may not read the client registry"
        asked = _asked(scope["query_string"])
        if asked is None:
            return 400, "searchType ID or CertificateSerialNumber and one searchValue expected, or neither"
        found = self._found(*asked)
        if found is None:
            return 404, "No such client"
        return 200, _body(found)

    def _found(self, kind: str, value: str) -> Found:
        return self._everybody() if not kind else self._searches[kind](value)

    async def _send(self, scope: Scope, send: Send, body: bytes) -> None:
        tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'.encode()
        headers = [(b"etag", tag), (b"cache-control", self._cacheable.encode())]
        if tag in _tags(scope):
            await _respond(send, 304, b"", headers)
            return
        headers.append((b"content-type", b"application/json; charset=utf-8"))
        await _respond(send, 200, body, headers, hide=scope["method"] == "HEAD")


def _in_thread(work: Callable[[], tuple[int, str | bytes]]) -> tuple[int, str | bytes]:
    close_old_connections()
    try:
        return work()
    finally:
        close_old_connections()


def _asked(query: bytes) -> tuple[str, str] | None:
    """Return what is searched by which key; two empty texts for all clients, ``None`` for a query that is none."""
    if len(query) > MAX_QUERY:
        return None
    values: Mapping[str, list[str]] = parse_qs(query.decode("latin-1"), keep_blank_values=True)
    named = {name.lower(): found for name, found in values.items()}
    if not named:
        return "", ""
    kind, value = named.get("searchtype", []), named.get("searchvalue", [])
    if set(named) != {"searchtype", "searchvalue"} or len(kind) != 1 or len(value) != 1:
        return None
    lower = kind[0].lower()
    return (lower, value[0]) if lower in ("id", "certificateserialnumber") and value[0].strip() else None


def _body(found: RegisteredClient | tuple[RegisteredClient, ...]) -> bytes:
    plain = [_plain(one) for one in found] if isinstance(found, tuple) else _plain(found)
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()


def _plain(one: RegisteredClient) -> dict[str, object]:
    """Names in camelCase: the platform's library reads them without regard to case. MSign keeps no rights of others."""
    return {
        "id": str(one.id),
        "name": one.name,
        "ownerId": one.owner_id or None,
        "certificates": [base64.b64encode(der).decode() for der in one.certificates] or None,
        "settings": None,
    }


def _tags(scope: Scope) -> list[bytes]:
    given = next((value for name, value in scope["headers"] if name == b"if-none-match"), b"")
    return [one.strip().removeprefix(b"W/") for one in given.split(b",")]


async def _problem(send: Send, status: int, words: str, more: tuple[tuple[bytes, bytes], ...] = ()) -> None:
    body = json.dumps({"status": status, "title": words}).encode()
    headers = [(b"content-type", b"application/problem+json"), (b"cache-control", b"no-store"), *more]
    await _respond(send, status, body, headers)


async def _respond(
    send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]], *, hide: bool = False
) -> None:
    length = [] if status == 304 else [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *length]})
    await send({"type": "http.response.body", "body": b"" if hide else body})
