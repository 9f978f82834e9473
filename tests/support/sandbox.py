"""The sandbox services inside the test process: real sockets on localhost, real TLS, no subprocess.

with running_sandbox(tmp_path) as sandbox:
    provider = sandbox.remote_provider("phone")
    sandbox.play(request_id, action="accept", pin="1234")
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from msign.kernel.clock import SystemClock
from msign.pki.tsa import HttpTimestampSource
from msign.providers.remote.provider import RemoteProvider
from msign.providers.remote.settings import Mode, RemoteSettings
from msign.sandbox import sample, tsp, vault
from msign.sandbox.init import initialise
from msign.sandbox.places import Places
from msign.sandbox.provider.api import create_api
from msign.sandbox.provider.maker import Maker
from msign.sandbox.provider.orders import OrderStore
from msign.sandbox.provider.people import People
from msign.sandbox.provider.screens import create_screens
from msign.sandbox.provider.service import ProviderService
from msign.sandbox.register import SqliteBook
from tests.support.loops import let_go

TO_PROVIDER = "token-for-calls-to-the-provider"
TO_GATEWAY = "token-for-calls-to-the-gateway"


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.contextmanager
def serving(*apps: tuple[Any, socket.socket, dict[str, Any]]) -> Iterator[None]:
    """Serve ASGI applications on bound sockets in a thread of their own until the block ends."""
    servers = [
        (_Server(uvicorn.Config(app, lifespan="off", log_level="error", timeout_graceful_shutdown=1, **settings)), sock)
        for app, sock, settings in apps
    ]

    async def together() -> None:
        await asyncio.gather(*(server.serve(sockets=[sock]) for server, sock in servers))
        await let_go()

    thread = threading.Thread(target=asyncio.run, args=(together(),), daemon=True)
    thread.start()
    try:
        yield
    finally:
        for server, _ in servers:
            server.should_exit = True
        thread.join(timeout=10)
        for _, sock in servers:
            sock.close()


def bound_socket() -> socket.socket:
    """Return a listening socket on a free port of 127.0.0.1; clients may connect before a server accepts."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", 0))
    sock.listen(64)
    return sock


@dataclass(frozen=True)
class RunningSandbox:
    """Addresses, and the person's hands."""

    places: Places
    service: ProviderService
    people: httpx.Client

    def settings(self, device: str, **changes: Any) -> RemoteSettings:
        mode = Mode.SYNCHRONOUS if device == "card" else Mode.ASYNCHRONOUS
        made = RemoteSettings(
            f"sandbox-{device}",
            f"{self.places.url('provider_api')}/{device}",
            (TO_PROVIDER,),
            (TO_GATEWAY,),
            mode=mode,
            ca_file=str(self.places.demo / "ca.pem"),
            device_url=f"{self.places.url('provider')}/{device}/{{requestId}}",
            sends_person_data=True,
        )
        return replace(made, **changes)

    @contextlib.contextmanager
    def remote_provider(self, device: str, **changes: Any) -> Iterator[RemoteProvider]:
        provider = RemoteProvider(settings=self.settings(device, **changes), clock=SystemClock())
        try:
            yield provider
        finally:
            provider.close()

    def play(self, request_id: str, **values: str) -> dict[str, Any]:
        """Act as the person on whatever device waits for the request."""
        answer = self.people.post(
            f"{self.places.url('provider')}/requests/{request_id}", data=values, headers={"Accept": "application/json"}
        )
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found


@contextlib.contextmanager
def running_sandbox(folder: Path) -> Iterator[RunningSandbox]:
    """Run trust service and provider with fresh authorities in ``folder``."""
    socks = {name: bound_socket() for name in ("tsp", "provider", "provider_api")}
    ports = {name: sock.getsockname()[1] for name, sock in socks.items()}
    places = Places(data=folder / "data", demo=folder / "demo", host="127.0.0.1", ports=ports)
    clock = SystemClock()
    initialise(places, clock)
    with (
        contextlib.closing(SqliteBook(places.register)) as register,
        contextlib.closing(OrderStore(places.provider)) as store,
        httpx.Client(trust_env=False, timeout=15) as client,
        HttpTimestampSource([f"{places.url('tsp')}/tsa"], clock=clock) as tsa,
    ):
        hierarchy = vault.load(places.authorities, base=places.url("tsp"), book=register, clock=clock)
        people = People(places.provider / "people", tsp_url=places.url("tsp"), clock=clock, client=client)
        maker = Maker(people, tsa, clock, sample.another_document)
        service = ProviderService(store=store, maker=maker, clock=clock, callbacks=client, callback_token=TO_GATEWAY)
        api = create_api(service, token=TO_PROVIDER, clock=clock, pages_url=places.url("provider"))
        tls = {"ssl_certfile": str(places.server / "api.pem"), "ssl_keyfile": str(places.server / "api.key")}
        with serving(
            (tsp.create_app(hierarchy, register), socks["tsp"], {}),
            (create_screens(service), socks["provider"], {}),
            (api, socks["provider_api"], tls),
        ):
            yield RunningSandbox(places, service, client)
            service.close()
