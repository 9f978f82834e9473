"""Runs one sandbox service until it is told to stop. Each imports only what it needs: three start side by side."""

from __future__ import annotations

import contextlib
from typing import Literal

from msign.kernel.clock import Clock, SystemClock
from msign.kernel.errors import Code, MSignError
from msign.sandbox import web
from msign.sandbox.listening import config, run
from msign.sandbox.places import Places

Service = Literal["tsp", "provider", "eservice"]


def serve(service: Service, places: Places) -> None:
    """Serve until SIGINT or SIGTERM. Raises ``MSignError`` (``MISCONFIGURED``) if ``init`` has not been run."""
    web.configure()
    if not places.authorities.exists():
        raise MSignError(Code.MISCONFIGURED, "the sandbox has no authorities yet; run `init` first")
    match service:
        case "tsp":
            _serve_trust_services(places, SystemClock())
        case "provider":
            from msign.sandbox.provider.running import serve_provider

            serve_provider(places, SystemClock())
        case "eservice":
            _serve_eservice(places)


def _serve_trust_services(places: Places, clock: Clock) -> None:
    from msign.sandbox import tsp, vault
    from msign.sandbox.register import SqliteBook

    with contextlib.closing(SqliteBook(places.register)) as register:
        hierarchy = vault.load(places.authorities, base=places.url("tsp"), book=register, clock=clock)
        responders = vault.responders(places.authorities, hierarchy)
        trusted_list = vault.list_publisher(places.authorities, hierarchy, clock)
        app = tsp.create_app(hierarchy, register, responders=responders, trusted_list=trusted_list)
        run([config(app, places, "tsp")])


def _serve_eservice(places: Places) -> None:
    from msign.sandbox import eservice
    from msign.sandbox.soap_client import MSignClient

    def connect() -> MSignClient:
        return MSignClient(
            f"{places.url('api_test')}/MSign.svc",
            certificate=str(places.demo / "client.pem"),
            key=str(places.demo / "client.key"),
            ca_file=str(places.demo / "ca.pem"),
        )

    cabinet = eservice.Cabinet(places.eservice)
    app = eservice.create_app(cabinet, connect, sign_url=places.url("web"), own_url=places.url("eservice"))
    run([config(app, places, "eservice")])
