"""Runs one sandbox service with uvicorn until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import ssl
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import httpx
import uvicorn

from msign.kernel.clock import Clock, SystemClock
from msign.kernel.errors import Code, MSignError
from msign.pki.tsa import HttpTimestampSource
from msign.sandbox import eservice, sample, tsp, vault, web
from msign.sandbox.places import Places
from msign.sandbox.provider.api import create_api
from msign.sandbox.provider.maker import Maker
from msign.sandbox.provider.orders import OrderStore
from msign.sandbox.provider.people import People
from msign.sandbox.provider.screens import create_screens
from msign.sandbox.provider.service import ProviderService
from msign.sandbox.register import SqliteBook
from msign.sandbox.soap_client import MSignClient

Service = Literal["tsp", "provider", "eservice"]
_KEEP_ALIVE_SECONDS = 15
_STOP_SECONDS = 3


def serve(service: Service, places: Places) -> None:
    """Serve until SIGINT or SIGTERM. Raises ``MSignError`` (``MISCONFIGURED``) if ``init`` has not been run."""
    web.configure()
    if not places.authorities.exists():
        raise MSignError(Code.MISCONFIGURED, "the sandbox has no authorities yet; run `init` first")
    clock = SystemClock()
    match service:
        case "tsp":
            with contextlib.closing(SqliteBook(places.register)) as register:
                hierarchy = vault.load(places.authorities, base=places.url("tsp"), book=register, clock=clock)
                responders = vault.responders(places.authorities, hierarchy)
                _run([_config(tsp.create_app(hierarchy, register, responders=responders), places, "tsp")])
        case "provider":
            _serve_provider(places, clock)
        case "eservice":
            _run([_config(_eservice(places), places, "eservice")])


def _serve_provider(places: Places, clock: Clock) -> None:
    tokens: dict[str, str] = json.loads(places.tokens.read_text("utf-8"))
    with (
        httpx.Client(timeout=15, trust_env=False) as client,
        HttpTimestampSource([f"{places.url('tsp')}/tsa"], clock=clock) as tsa,
        contextlib.closing(OrderStore(places.provider)) as store,
    ):
        people = People(places.provider / "people", tsp_url=places.url("tsp"), clock=clock, client=client)
        maker = Maker(people, tsa, clock, sample.another_document)
        service = ProviderService(
            store=store, maker=maker, clock=clock, callbacks=client, callback_token=tokens["to_gateway"]
        )
        service.resume()
        api = create_api(service, token=tokens["to_provider"], clock=clock, pages_url=places.url("provider"))
        _run([_config(create_screens(service), places, "provider"), _config(api, places, "provider_api", tls=True)])
        service.close()


def _eservice(places: Places) -> web.App:
    def connect() -> MSignClient:
        return MSignClient(
            f"{places.url('api_test')}/MSign.svc",
            certificate=str(places.demo / "client.pem"),
            key=str(places.demo / "client.key"),
            ca_file=str(places.demo / "ca.pem"),
        )

    cabinet = eservice.Cabinet(places.eservice)
    return eservice.create_app(cabinet, connect, sign_url=places.url("web"), own_url=places.url("eservice"))


def _config(app: web.App, places: Places, name: str, *, tls: bool = False) -> uvicorn.Config:
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


def _run(configs: Sequence[uvicorn.Config]) -> None:
    servers = [_Server(config) for config in configs]

    async def together() -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, _stop, servers)
        await asyncio.gather(*(server.serve() for server in servers))

    asyncio.run(together())


def _stop(servers: Sequence[uvicorn.Server]) -> None:
    for server in servers:
        server.should_exit = True
