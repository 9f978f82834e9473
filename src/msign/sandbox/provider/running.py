"""Builds the provider from its parts and serves its pages and its interface."""

from __future__ import annotations

import contextlib
import json

import httpx

from msign.kernel.clock import Clock
from msign.pki.tsa import HttpTimestampSource
from msign.sandbox import sample
from msign.sandbox.listening import config, run
from msign.sandbox.places import Places
from msign.sandbox.provider.api import create_api
from msign.sandbox.provider.maker import Maker
from msign.sandbox.provider.orders import OrderStore
from msign.sandbox.provider.people import People
from msign.sandbox.provider.screens import create_screens
from msign.sandbox.provider.service import ProviderService


def serve_provider(places: Places, clock: Clock) -> None:
    """Serve until told to stop; first go on with what a killed process had begun to sign."""
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
        run([config(create_screens(service), places, "provider"), config(api, places, "provider_api", tls=True)])
        service.close()
