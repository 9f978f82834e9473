"""Servers of tests end clean: a socket that outlives its loop fails some other test, for warnings are errors."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

_TURNS_TO_CLOSE = 5  # of the loop: a transport closes in the turn after it was told to, TLS some later


async def let_go() -> None:
    """Cut the connections that stopped servers have left, unfinished handshakes too, and let their sockets close."""
    for transport in set(_transports(asyncio.get_running_loop())):
        transport.abort()
    for _ in range(_TURNS_TO_CLOSE):
        await asyncio.sleep(0)


def _transports(loop: asyncio.AbstractEventLoop) -> Iterator[asyncio.WriteTransport]:
    """Yield what the loop still watches; asyncio keeps no list of its transports that one may ask for."""
    for key in list(getattr(loop, "_selector").get_map().values()):  # noqa: B009
        for handle in filter(None, key.data):
            owner = getattr(getattr(handle, "_callback", None), "__self__", None)
            if isinstance(owner, asyncio.WriteTransport):
                yield owner
