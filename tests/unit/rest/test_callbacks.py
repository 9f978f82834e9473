"""A provider's wake-up: only its own token, only its own sessions; anything else changes nothing."""

from __future__ import annotations

import json
import logging
from functools import partial
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import URLPattern

from msign.faces.rest.callbacks import MAX_BODY
from msign.faces.rest.urls import patterns
from msign.providers.remote.settings import RemoteSettings, callback_accepted

TOKEN = "a-token-of-the-provider-alpha"
OTHER_TOKEN = "a-token-of-the-provider-beta!"
ALPHA = RemoteSettings(
    "alpha", "https://alpha.example", ("x" * 30,), callback_tokens=("an-older-token-of-alpha", TOKEN)
)
BETA = RemoteSettings("beta", "https://beta.example", ("x" * 30,), callback_tokens=(OTHER_TOKEN,))
SESSIONS = {("alpha", "session-1"), ("beta", "session-2")}


class Sessions:
    def __init__(self) -> None:
        self.woken: list[tuple[str, str]] = []

    def wake(self, provider_id: str, order_id: str) -> bool:
        if (provider_id, order_id) not in SESSIONS:
            return False
        self.woken.append((provider_id, order_id))
        return True


def urls(sessions: Sessions) -> list[URLPattern]:
    accepts = {one.identifier: partial(callback_accepted, one) for one in (ALPHA, BETA)}
    return patterns(wake=sessions.wake, accepts=accepts, probes={})


def call(
    sessions: Sessions,
    body: bytes | dict[str, Any],
    *,
    provider: str = "alpha",
    authorization: str | None = f"Bearer {TOKEN}",
    method: str = "POST",
) -> HttpResponse:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {} if authorization is None else {"Authorization": authorization}
    request = RequestFactory(enforce_csrf_checks=True).generic(
        method, f"/providers/{provider}/callback", data, content_type="application/json", headers=headers
    )
    found = urls(sessions)[0].resolve(f"providers/{provider}/callback")
    assert found is not None
    response: HttpResponse = found.func(request, *found.args, **found.kwargs)
    return response


@pytest.mark.parametrize("name", ["requestId", "transactionId"])
@pytest.mark.parametrize("token", [f"Bearer {TOKEN}", f"bearer {TOKEN}", "Bearer an-older-token-of-alpha"])
def test_a_genuine_callback_wakes_the_session(name: str, token: str) -> None:
    sessions = Sessions()
    response = call(sessions, {name: "session-1"}, authorization=token)
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["Cache-Control"] == "no-store"
    assert sessions.woken == [("alpha", "session-1")]


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer ", f"Bearer {OTHER_TOKEN}", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x", "Bearer ă"],
)
def test_a_wrong_token_changes_nothing(authorization: str | None, caplog: pytest.LogCaptureFixture) -> None:
    sessions = Sessions()
    with caplog.at_level(logging.INFO, "msign.rest"):
        response = call(sessions, {"requestId": "session-1"}, authorization=authorization)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert sessions.woken == []
    assert TOKEN not in caplog.text
    assert OTHER_TOKEN not in caplog.text


def test_an_unknown_provider_looks_like_a_wrong_token() -> None:
    sessions = Sessions()
    assert call(sessions, {"requestId": "session-1"}, provider="gamma").status_code == 401
    assert sessions.woken == []


@pytest.mark.parametrize("session", ["session-2", "session-9"])
def test_foreign_and_unknown_sessions_change_nothing(session: str) -> None:
    sessions = Sessions()
    assert call(sessions, {"requestId": session}).status_code == 404
    assert sessions.woken == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"session-1",
        b'["session-1"]',
        b"{}",
        b'{"requestId": 1}',
        b'{"requestId": null}',
        b'{"requestId": ""}',
        b'{"requestId": "' + b"a" * 101 + b'"}',
        b'{"requestId": "session-1", "signature": "' + b"A" * MAX_BODY + b'"}',
        b"[" * 3000,
        b"\xff\xfe\x00",
    ],
)
def test_anything_but_a_small_object_with_an_id_is_refused(body: bytes) -> None:
    sessions = Sessions()
    assert call(sessions, body).status_code == 400
    assert sessions.woken == []


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_only_post(method: str) -> None:
    assert call(Sessions(), b"", method=method).status_code == 405
