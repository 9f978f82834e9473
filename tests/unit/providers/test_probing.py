"""Asking a provider whether it is there: what each kind says of a service that is away, refuses us or is fine."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import httpx
import pytest

from msign.kernel.clock import FixedClock
from msign.providers.base import Probing
from msign.providers.csc.provider import CscProvider
from msign.providers.csc.settings import CscSettings
from msign.providers.remote.provider import RemoteProvider
from msign.providers.remote.settings import RemoteSettings
from msign.providers.token.provider import TokenProvider
from msign.providers.token.settings import TokenSettings
from tests.support.pki import session_pki

Answer = Callable[[httpx.Request], httpx.Response]


def _away(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("nobody listens", request=request)


def _says(status: int, **values: object) -> Answer:
    return lambda _request: httpx.Response(status, json=values)


def _remote(answer: Answer) -> str:
    settings = RemoteSettings("remote", "https://provider.example", ("token-one", "token-two"))
    transport = httpx.MockTransport(answer)
    with contextlib.closing(RemoteProvider(settings=settings, clock=FixedClock(), transport=transport)) as made:
        assert isinstance(made, Probing)
        return made.probe()


def _csc(answer: Answer) -> str:
    settings, transport = CscSettings("csc", "https://csc.example", ("token",)), httpx.MockTransport(answer)
    tsa = session_pki().tsa
    with contextlib.closing(CscProvider(settings=settings, tsa=tsa, clock=FixedClock(), transport=transport)) as made:
        assert isinstance(made, Probing)
        return made.probe()


def test_an_order_that_nobody_knows_is_the_good_answer() -> None:
    seen: list[tuple[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append((request.method, request.url.path))
        return httpx.Response(404)

    assert _remote(answer) == ""
    assert seen == [("GET", f"/signatures/{'0' * 32}")]


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (_away, "does not answer: provider remote: ConnectError"),
        (_says(401), "refuses our token: it answered 401"),
        (_says(503), "answered 503"),
        (_says(429), ""),
        (lambda _request: httpx.Response(200, text="no JSON"), ""),
    ],
)
def test_what_keeps_people_from_signing_is_said(answer: Answer, trouble: str) -> None:
    assert _remote(answer) == trouble


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (_away, "does not answer: csc: ConnectError"),
        (_says(200, specs="2.0.0.2", methods=[]), ""),
        (_says(404), "does not answer: csc answers no info call"),
        (_says(500), "does not answer: csc answered 500"),
    ],
)
def test_a_signing_service_is_asked_who_it_is(answer: Answer, trouble: str) -> None:
    assert _csc(answer) == trouble


@pytest.mark.parametrize(
    ("url", "trouble"), [("https://agent.example:1", False), ("http://127.0.0.1:1", False), ("http://a.example", True)]
)
def test_only_the_browser_can_try_the_agent_so_its_address_is_looked_at(url: str, trouble: bool) -> None:
    made = TokenProvider(settings=TokenSettings("token", url), tsa=session_pki().tsa, clock=FixedClock())
    assert isinstance(made, Probing)
    assert bool(made.probe()) is trouble
    assert any("help_url" in one for one in made.check_config())
