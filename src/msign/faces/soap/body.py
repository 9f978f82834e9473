"""A request's body, read within bounds of size and time, and drained when it is not wanted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any

from msign.kernel.clock import monotonic
from msign.kernel.errors import Code, MSignError
from msign.kernel.limits import KIB

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
PIECE = 256 * KIB  # handed to the parser at once: large enough to make a change of threads cheap


class Gone(Exception):  # noqa: N818  (the client hung up; nothing is wrong here)
    """The client closed the connection before the whole body had come."""


class Body:
    """Reads once, front to back."""

    def __init__(self, receive: Receive, *, limit: int, idle_seconds: float, total_seconds: float) -> None:
        self._receive = receive
        self._limit = limit
        self._idle_seconds = idle_seconds
        self._deadline = monotonic() + total_seconds
        self._read = 0
        self._more = True
        self.started = False

    @property
    def complete(self) -> bool:
        """Whether everything has been read."""
        return not self._more

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield the body in pieces of about 256 KiB.

        Raises ``Gone``; ``MSignError`` with TOO_LARGE above the limit and with BAD_MESSAGE when it comes too slowly.
        """
        waiting = bytearray()
        while self._more:
            waiting += await self._next()
            if self._read > self._limit:
                raise too_large(self._limit)
            if len(waiting) >= PIECE or not self._more:
                yield bytes(waiting)
                waiting.clear()

    async def drain(self, limit: int, seconds: float) -> bool:
        """Read on and forget, so that the client has sent everything before it is answered; False if cut short."""
        start = self._read
        try:
            async with asyncio.timeout(seconds):
                while self._more and self._read - start <= limit:
                    await self._next()
        except (TimeoutError, MSignError):
            return False
        return self.complete

    async def _next(self) -> bytes:
        self.started = True
        try:
            async with asyncio.timeout(min(self._idle_seconds, self._deadline - monotonic())):
                event = await self._receive()
        except TimeoutError as error:
            raise MSignError(Code.BAD_MESSAGE, "the message came too slowly and was given up") from error
        if event["type"] == "http.disconnect":
            raise Gone
        data: bytes = event.get("body", b"")
        self._read += len(data)
        self._more = bool(event.get("more_body", False))
        return data


def too_large(limit: int) -> MSignError:
    """Return the error of a message above ``soap.max_message_bytes``."""
    return MSignError(Code.TOO_LARGE, f"the message is larger than {limit} bytes")
