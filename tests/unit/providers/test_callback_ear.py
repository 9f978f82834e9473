"""What is wrong with a callback."""

from __future__ import annotations

import json

import httpx
import pytest

from msign.ops.callback_ear import CallbackEar
from msign.providers.remote.settings import RemoteSettings

TOKEN = "token-for-the-callbacks"
SETTINGS = RemoteSettings("x", "https://provider.example", ("token-for-the-calls-to-it",), (TOKEN,))


@pytest.mark.parametrize(
    ("body", "token", "path", "status", "problem"),
    [
        ({"requestId": "r"}, TOKEN, "/callback", 204, ""),
        ({"requestId": "r", "transactionId": "t"}, TOKEN, "/callback", 204, ""),
        ({"requestId": "r"}, "another", "/callback", 401, "bearer token"),
        ({"requestId": "r", "signature": "…"}, TOKEN, "/callback", 204, "more than the id: signature"),
        ({"requestId": "r"}, TOKEN, f"/callback?token={TOKEN}", 204, "in the address"),
    ],
)
def test_callbacks_are_judged(body: dict[str, str], token: str, path: str, status: int, problem: str) -> None:
    with CallbackEar("127.0.0.1", 0, SETTINGS) as ear:
        url = f"http://127.0.0.1:{ear.port}{path}"
        answer = httpx.post(url, content=json.dumps(body), headers={"Authorization": f"Bearer {token}"})
        heard = ear.wait_for("r", 5)
    assert answer.status_code == status
    assert heard is not None
    assert problem in "; ".join(heard.problems)
    assert bool(heard.problems) is bool(problem)


@pytest.mark.parametrize("body", [b"", b"hello", b"[]", b"{}"])
def test_what_names_no_request_is_refused(body: bytes) -> None:
    with CallbackEar("127.0.0.1", 0, SETTINGS) as ear:
        url = f"http://127.0.0.1:{ear.port}/"
        assert httpx.post(url, content=body, headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 400
        assert ear.wait_for("r", 0) is None
