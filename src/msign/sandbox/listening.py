"""Listens: one or more ASGI applications of a sandbox service in one process, until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import ssl
from collections.abc import Iterator, Sequence
from typing import Any

import uvicorn

from msign.sandbox.places import Places
from msign.sandbox.web import App

_KEEP_ALIVE_SECONDS = 15
_STOP_SECONDS = 3


def config(app: App, places: Places, name: str, *, tls: bool = False) -> uvicorn.Config:
    """Return how ``app`` is served on the port that ``places`` gives to ``name``."""
    settings: dict[str, Any] = {}
    if tls:
        certificate, key = places.server / "api.pem", places.server / "api.key"
        settings = {"ssl_certfile": str(certificate), "ssl_keyfile": str(key), "ssl_version": ssl.PROTOCOL_TLS_SERVER}
    return uvicorn.Config(
        app,
        host=places.host,
        port=places.port(name),
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_STOP_SECONDS,
        **settings,
    )


class _Server(uvicorn.Server):
    """A server that leaves signals to us: two of them share one process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def run(configs: Sequence[uvicorn.Config]) -> None:
    """Serve until SIGINT or SIGTERM."""
    servers = [_Server(one) for one in configs]

    async def together() -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, _stop, servers)
        await asyncio.gather(*(server.serve() for server in servers))

    asyncio.run(together())


def _stop(servers: Sequence[uvicorn.Server]) -> None:
    for server in servers:
        server.should_exit = True
