"""A body over the bound is refused before anything reads it."""

from __future__ import annotations

from typing import Any

import pytest

from msign.frame.bodylimit import BodyLimit


class Upstream:
    """An application that reads the whole body, and remembers what it got."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        while True:
            message = await receive()
            self.got.append(message)
            if not message.get("more_body"):
                return


async def call(
    path: str, pieces: list[bytes], *, declared: int | None, drain: int = 1000
) -> tuple[Upstream, list[Any]]:
    upstream = Upstream()
    left = list(pieces)
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        body = left.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(left)}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"host", b"localhost"), (b"accept-language", b"en")]
    headers += [(b"content-length", str(declared).encode())] if declared is not None else []
    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": headers}
    await BodyLimit(upstream, default=10, places={"/sign": 100}, drain=drain)(scope, receive, send)
    return upstream, sent


async def test_a_small_body_passes() -> None:
    upstream, sent = await call("/any", [b"12345", b"12345"], declared=10)
    assert b"".join(message["body"] for message in upstream.got) == b"1234512345"
    assert sent == []


@pytest.mark.parametrize(("path", "passes"), [("/sign", True), ("/sign/x", True), ("/signer", False), ("/", False)])
async def test_a_place_has_its_own_bound(path: str, passes: bool) -> None:
    upstream, _ = await call(path, [b"0" * 50], declared=50)
    assert bool(upstream.got) is passes


async def test_a_declared_length_over_the_bound_gets_a_page() -> None:
    upstream, sent = await call("/any", [b"0" * 11], declared=11)
    assert upstream.got == []
    assert sent[0]["status"] == 413
    assert (b"connection", b"close") in sent[0]["headers"]
    assert b"The files are too large" in sent[1]["body"]


async def test_draining_ends_at_its_own_bound() -> None:
    _, sent = await call("/any", [b"0" * 600, b"0" * 600, b"0" * 600], declared=1800)
    assert sent[0]["status"] == 413


async def test_an_undeclared_body_ends_at_the_bound() -> None:
    upstream, _ = await call("/any", [b"12345", b"123456", b"rest"], declared=None)
    assert [message["type"] for message in upstream.got] == ["http.request", "http.disconnect"]
