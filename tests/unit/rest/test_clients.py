"""The client registry: who may read it, what it says, and how it may be kept."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from msign.access.registry import RegisteredClient
from msign.access.values import Allowed, Caller, Decision, DenialReason, Denied
from msign.faces.rest.clients import ClientRegistry
from msign.kernel.words import Environment

ONE = RegisteredClient(uuid.UUID(int=7), "Ghișeu", "1000000000007", (b"der",))
CALLER = Caller("mpower", "MPower", "Operator", "1010600000062", Environment.TEST, "40", "127.0.0.1")


@dataclass
class Answer:
    status: int
    headers: dict[bytes, bytes]
    body: bytes


@dataclass
class Room:
    """The face with a steerable gate and two lists."""

    decision: Decision = field(default_factory=lambda: Allowed(CALLER))
    broken: bool = False

    def __post_init__(self) -> None:
        self.app = ClientRegistry(
            decide=lambda _scope: self.decision,
            callers=frozenset({"mpower"}),
            everybody=self._everybody,
            by_id=lambda text: ONE if text == str(ONE.id) else None,
            by_serial=lambda text: ONE if text == "40 00" else None,
            max_age_seconds=300,
        )

    def _everybody(self) -> tuple[RegisteredClient, ...]:
        if self.broken:
            raise RuntimeError("password of the database")
        return (ONE,)

    def ask(self, query: str = "", method: str = "GET", **headers: str) -> Answer:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        scope = {"type": "http", "method": method, "query_string": query.encode(), "headers": pairs}
        asyncio.run(self.app(scope, None, send))
        return Answer(sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"])


@pytest.fixture
def room() -> Iterator[Room]:
    made = Room()
    yield made
    made.app.close()


def test_one_client_by_guid_and_by_serial(room: Room) -> None:
    expected = {
        "id": "00000000-0000-0000-0000-000000000007",
        "name": "Ghișeu",
        "ownerId": "1000000000007",
        "certificates": ["ZGVy"],
        "settings": None,
    }
    assert json.loads(room.ask(f"searchType=ID&searchValue={ONE.id}").body) == expected
    found = room.ask("SEARCHTYPE=certificateSerialNumber&searchvalue=40%2000")
    assert (found.status, json.loads(found.body)) == (200, expected)


def test_all_clients_are_an_array(room: Room) -> None:
    assert [one["name"] for one in json.loads(room.ask().body)] == ["Ghișeu"]


@pytest.mark.parametrize("query", ["searchType=ID&searchValue=x", "searchType=CertificateSerialNumber&searchValue=41"])
def test_an_unknown_client_is_404_and_not_kept(room: Room, query: str) -> None:
    answer = room.ask(query)
    assert (answer.status, answer.headers[b"cache-control"]) == (404, b"no-store")


@pytest.mark.parametrize(
    "query",
    [
        "searchType=Name&searchValue=x",
        "searchType=ID",
        "searchType=ID&searchValue=",
        "searchType=ID&searchValue=a&searchValue=b",
        "searchType=ID&searchValue=a&also=b",
        "x" * 2000,
    ],
)
def test_a_query_that_is_none_is_400_and_never_everybody(room: Room, query: str) -> None:
    assert room.ask(query).status == 400


def test_strangers_and_systems_that_are_not_named_are_refused(room: Room) -> None:
    room.decision = Denied(DenialReason.NOT_REGISTERED)
    assert room.ask().status == 403
    other = Caller("other", "Ghișeu", "Organizația", "1000000000007", Environment.TEST, "40", "127.0.0.1")
    room.decision = Allowed(other)
    refused = room.ask()
    assert refused.status == 403
    assert b"Ghi" not in refused.body


def test_an_answer_may_be_kept_and_asked_about(room: Room) -> None:
    first = room.ask()
    assert first.headers[b"cache-control"] == b"private, max-age=300, must-revalidate"
    again = room.ask(if_none_match=f'"other", W/{first.headers[b"etag"].decode()}')
    assert (again.status, again.body) == (304, b"")
    assert room.ask(if_none_match='"other"').status == 200
    head = room.ask(method="HEAD")
    assert (head.body, head.headers[b"content-length"]) == (b"", str(len(first.body)).encode())


def test_it_is_read_only(room: Room) -> None:
    assert room.ask(method="POST").status == 405


def test_a_failure_is_503_without_details(room: Room) -> None:
    room.broken = True
    answer = room.ask()
    assert answer.status == 503
    assert b"password" not in answer.body
