"""An API listener as an object: starts, reloads its anchors while calls go on, stops."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import ssl
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, cast

import uvicorn

from msign.faces.soap.tls import HEAD_SECONDS, TlsProtocol, add_anchors, server_context
from msign.kernel.errors import Code, MSignError

log = logging.getLogger("msign.soap.listener")
Anchors = Callable[[], Iterable[bytes]]
MAX_CONNECTIONS = 1000  # open at once; more are answered 503 at once instead of slowing everybody down
KEEP_ALIVE_SECONDS = 65  # longer than the pools of usual clients keep an idle connection between two polls


class Listener:
    """uvicorn on one port. ``anchors`` is asked for the DER of every certificate that may finish a handshake.

    ``on_ready`` is called once connections are accepted. Without ``certificate`` it speaks plain HTTP, for a proxy on
    the same machine or network that ends TLS.
    """

    def __init__(
        self,
        app: Any,
        *,
        host: str,
        port: int,
        certificate: Path | None = None,
        key: Path | None = None,
        anchors: Anchors = tuple,
        client_certificate: str = "optional",
        stop_seconds: int = 10,
        head_seconds: float = HEAD_SECONDS,
        on_ready: Callable[[], object] = lambda: None,
    ) -> None:
        protocol = type("ListenerProtocol", (TlsProtocol,), {"head_seconds": head_seconds})
        self._host, self._port = host, port
        self._certificate, self._key = certificate, key
        self._anchors = anchors
        self._client_certificate = client_certificate
        self._known: frozenset[bytes] = frozenset()
        self._context: ssl.SSLContext | None = None
        self._sockets: list[socket.socket] = []
        self._server = _Server(
            uvicorn.Config(
                app,
                http=protocol,
                ws="none",
                lifespan="on",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                limit_concurrency=MAX_CONNECTIONS,
                timeout_graceful_shutdown=stop_seconds,
            ),
            on_ready,
        )

    @property
    def port(self) -> int:
        """The port that is listened on; chosen by the system when 0 was asked for."""
        return int(self._sockets[0].getsockname()[1])

    @property
    def started(self) -> bool:
        """Whether connections are accepted."""
        return self._server.started

    def bind(self) -> None:
        """Take the port, so that a taken one is said before anything else starts."""
        try:
            self._sockets = _bind(self._host, self._port)
        except OSError as error:
            raise MSignError(
                Code.MISCONFIGURED, f"port {self._port} on {self._host} cannot be used: {error.strerror}"
            ) from error

    async def serve(self) -> None:
        """Serve until ``stop`` or a signal."""
        if not self._sockets:
            self.bind()
        self._server.config.load()
        if self._certificate is not None:
            self._fresh_context()
        self._server.config.ssl = self._context
        # The server listens on copies: closing them at a reload leaves the port taken and its queue alive.
        await self._server.serve(sockets=[own.dup() for own in self._sockets])
        _close(self._sockets)

    def stop(self) -> None:
        """Ask it to finish what runs and end."""
        self._server.should_exit = True

    async def reload(self) -> None:
        """Ask for the anchors again. New ones join the running context; a removed one makes a fresh context.

        Connections that are open stay: the gate decides on every call anyhow.
        """
        if self._context is None:
            return
        wanted = frozenset(await asyncio.to_thread(lambda: tuple(self._anchors())))
        if wanted >= self._known:
            add_anchors(self._context, wanted - self._known)
            self._known = wanted
            return
        self._fresh_context(wanted)
        assert self._context is not None
        await self._server.relisten([own.dup() for own in self._sockets], self._context)

    async def watch(self, seconds: float) -> None:
        """Reload again and again, so that a change made by another process takes effect; runs until cancelled."""
        while True:
            await asyncio.sleep(seconds)
            try:
                await self.reload()
            except Exception:
                log.exception("The anchors of the API listener could not be read again")

    def _fresh_context(self, anchors: frozenset[bytes] | None = None) -> None:
        assert self._certificate is not None
        self._known = frozenset(self._anchors()) if anchors is None else anchors
        self._context = server_context(
            certificate=self._certificate,
            key=self._key or self._certificate,
            anchors=self._known,
            client_certificate=self._client_certificate,
        )


class _Server(uvicorn.Server):
    """uvicorn's server that can change its TLS context: old listening sockets close, new ones take over the port."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], object]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_ready()

    async def relisten(self, sockets: list[socket.socket], context: ssl.SSLContext) -> None:
        loop = asyncio.get_running_loop()
        old = self.servers
        self.servers = [
            await loop.create_server(self._protocol, sock=own, ssl=context, backlog=self.config.backlog)
            for own in sockets
        ]
        self.config.ssl = context
        for server in old:
            server.close()

    def _protocol(self) -> asyncio.Protocol:
        make = cast("type[TlsProtocol]", self.config.http_protocol_class)
        return make(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)


def _bind(host: str, port: int) -> list[socket.socket]:
    """Bind every address of the name, so that localhost answers on IPv4 and IPv6; a missing family is left out."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    unique = sorted({(family, address) for family, _, _, _, address in found}, key=lambda one: one[0] != socket.AF_INET)
    bound: list[socket.socket] = []
    for family, address in unique:
        chosen = bound[0].getsockname()[1] if bound else port
        try:
            bound.append(_bound(family, (address[0], chosen, *address[2:])))
        except OSError as error:
            if error.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                _close(bound)
                raise
    if not bound:
        raise OSError(errno.EADDRNOTAVAIL, "no address of the name is on this machine")
    return bound


def _bound(family: socket.AddressFamily, address: Any) -> socket.socket:
    # With the protocol named, asyncio knows that it is TCP and switches Nagle's algorithm off: 40 ms a call otherwise.
    own = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        own.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    try:
        own.bind(address)
    except OSError:
        own.close()
        raise
    own.setblocking(False)
    return own


def _close(sockets: list[socket.socket]) -> None:
    for own in sockets:
        own.close()
