"""The sandbox applications called in-process, without sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from msign.kernel.clock import FixedClock
from msign.pki.tsa import HttpTimestampSource
from msign.sandbox import sample, tsp
from msign.sandbox.provider.maker import Maker
from msign.sandbox.provider.orders import OrderStore
from msign.sandbox.provider.people import People
from msign.sandbox.provider.screens import create_screens
from msign.sandbox.provider.service import ProviderService
from msign.sandbox.register import SqliteBook
from msign.sandbox.web import App
from tests.support.pki import BASE, TSA_URL, Pki, new_pki


def browse(app: App, base: str = "http://sandbox.test", **headers: str) -> httpx.AsyncClient:
    """Return a client whose requests end in ``app``."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=base, headers=headers)


@dataclass
class Desk:
    """The trust service with its register."""

    app: App
    register: SqliteBook
    pki: Pki


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    register = SqliteBook(tmp_path / "register.sqlite3")
    pki = new_pki()
    for authority in pki.hierarchy.authorities.values():
        authority.book = register
    yield Desk(tsp.create_app(pki.hierarchy, register, slow_seconds=0.01), register, pki)
    register.close()


@dataclass
class Bench:
    """The provider with its devices; certificates and time-stamps come from the test PKI in-process."""

    service: ProviderService
    screens: App
    clock: FixedClock


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    clock = FixedClock()
    pki = new_pki(clock=clock)
    register = SqliteBook(tmp_path / "register.sqlite3")
    trust = tsp.create_app(pki.hierarchy, register)
    store = OrderStore(tmp_path / "provider")
    with httpx.Client(transport=_Bridge(trust)) as client:
        people = People(tmp_path / "people", tsp_url=BASE, clock=clock, client=client)
        tsa = HttpTimestampSource([TSA_URL], clock=clock, client=httpx.Client(transport=pki.transport()))
        maker = Maker(people, tsa, clock, sample.another_document)
        service = ProviderService(store=store, maker=maker, clock=clock, callbacks=client, callback_token="token")
        yield Bench(service, create_screens(service), clock)
        service.close()
        tsa.close()
    store.close()
    register.close()


class _Bridge(httpx.BaseTransport):
    """Lets a synchronous client talk to an ASGI application in the same process."""

    def __init__(self, app: App) -> None:
        self._inner = httpx.ASGITransport(app=app)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        async def call() -> httpx.Response:
            async with httpx.AsyncClient(transport=self._inner) as client:
                return await client.request(
                    request.method, str(request.url), headers=request.headers, content=request.read()
                )

        answer = asyncio.run(call())
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)
