"""The time-stamp client: what it asks, what it believes, whom it asks next."""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
from collections.abc import Callable, Iterator

import httpx
import pytest

from msign.kernel.clock import FixedClock
from msign.kernel.errors import Code, MSignError
from msign.pki import der
from msign.pki.timestamps import parse_token
from msign.pki.tsa import HttpTimestampSource, State
from msign.pki.tsquery import check_answer, granted_token, request
from msign.sandbox.status import Mode
from tests.support.pki import TSA_URL, Pki

IMPRINT = hashlib.sha256(b"something").digest()
Handler = Callable[[httpx.Request], httpx.Response]


def source(
    pki: Pki, handler: Handler | None = None, *, urls: tuple[str, ...] = (TSA_URL,), **options: object
) -> HttpTimestampSource:
    transport = httpx.MockTransport(handler) if handler else pki.transport()
    return HttpTimestampSource(urls, clock=pki.clock, client=httpx.Client(transport=transport), **options)  # type: ignore[arg-type]


def answering(pki: Pki, mode: Mode) -> Handler:
    return lambda asked: httpx.Response(200, content=pki.tsa.respond(asked.content, mode))


def test_a_token_is_fetched_and_checked(pki: Pki) -> None:
    with source(pki) as tsa:
        token = tsa.timestamp(IMPRINT, "sha256")
        assert parse_token(token).imprint == IMPRINT
        assert parse_token(token).gen_time == pki.clock.now()
        assert tsa.health()[0].state is State.GOOD


def test_the_next_authority_is_asked_when_one_fails_and_the_failed_one_comes_last(pki: Pki) -> None:
    asked: list[str] = []

    def handler(call: httpx.Request) -> httpx.Response:
        asked.append(call.url.host)
        return httpx.Response(503) if call.url.host == "broken" else answering(pki, Mode.NORMAL)(call)

    tsa = source(pki, handler, urls=("http://broken/", "http://good/"), attempts=1)
    tsa.timestamp(IMPRINT, "sha256")
    tsa.timestamp(IMPRINT, "sha256")
    assert asked == ["broken", "good", "good"]
    broken, good = tsa.health()
    assert (broken.state, broken.failures_in_a_row, broken.last_error) == (State.FAILING, 1, "HTTP status 503")
    assert good.state is State.GOOD


def test_a_passing_trouble_is_retried(pki: Pki) -> None:
    tries = itertools.count()

    def handler(call: httpx.Request) -> httpx.Response:
        if next(tries) == 0:
            raise httpx.ReadTimeout("slow")
        return answering(pki, Mode.NORMAL)(call)

    assert source(pki, handler).timestamp(IMPRINT, "sha256")


def test_a_refusal_is_told_with_its_reason_and_not_repeated(pki: Pki) -> None:
    tries = itertools.count()

    def handler(call: httpx.Request) -> httpx.Response:
        next(tries)
        return answering(pki, Mode.NORMAL)(call)

    with pytest.raises(MSignError, match="bad-alg") as caught:
        source(pki, handler).timestamp(hashlib.sha512(b"x").digest(), "sha512")
    assert caught.value.code is Code.UNAVAILABLE
    assert next(tries) == 1


def test_a_token_by_the_wrong_key_is_refused(pki: Pki) -> None:
    with pytest.raises(MSignError, match="signature-invalid"):
        source(pki, answering(pki, Mode.WRONG_KEY)).timestamp(IMPRINT, "sha256")


def test_a_replayed_token_is_refused(pki: Pki) -> None:
    old = pki.tsa.respond(request(IMPRINT, "sha256", nonce=5))
    with pytest.raises(MSignError, match="another nonce"):
        source(pki, lambda _call: httpx.Response(200, content=old)).timestamp(IMPRINT, "sha256")


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"imprint": bytes(32)}, "imprint"),
        ({"algorithm": "sha384"}, "imprint"),
        ({"policy": "1.2.3"}, "policy"),
        ({"now": dt.datetime(2031, 1, 1, tzinfo=dt.UTC)}, "far from ours"),
    ],
)
def test_each_thing_that_does_not_fit_is_named(pki: Pki, changed: dict[str, object], reason: str) -> None:
    token = pki.tsa.timestamp(IMPRINT, "sha256")
    question: dict[str, object] = {"imprint": IMPRINT, "algorithm": "sha256", **changed}
    with pytest.raises(MSignError, match=reason):
        check_answer(token, **question)  # type: ignore[arg-type]


def test_every_cut_and_every_flipped_byte_is_an_msign_error_or_harmless(pki: Pki) -> None:
    token = pki.tsa.timestamp(IMPRINT, "sha256")
    for position in range(0, len(token), 7):
        broken = bytearray(token)
        broken[position] ^= 0x55
        for damaged in (bytes(broken), token[:position]):
            try:
                check_answer(damaged, imprint=IMPRINT, algorithm="sha256")
            except MSignError:
                continue
            assert len(damaged) == len(token)  # only parts that carry no meaning: the chain's other certificates


def test_an_endless_answer_is_cut(pki: Pki) -> None:
    with pytest.raises(MSignError, match="too large"):
        source(pki, lambda _call: httpx.Response(200, content=bytes(300_000)), attempts=1).timestamp(IMPRINT, "sha256")


@pytest.mark.parametrize("answer", [b"", b"\x30\x00", b"nonsense", der.sequence(der.sequence(der.integer(2)))])
def test_nonsense_is_refused(answer: bytes) -> None:
    with pytest.raises(MSignError):
        granted_token(answer)


def test_no_authority_is_a_configuration_error() -> None:
    with pytest.raises(MSignError, match="no time-stamping authority"):
        HttpTimestampSource([], clock=FixedClock())


@pytest.mark.parametrize("url", ["", "tsa.example.md", "ftp://tsa.example.md/", "http://", "http://x:y/"])
def test_what_is_no_address_is_a_configuration_error(url: str) -> None:
    with pytest.raises(MSignError) as caught:
        HttpTimestampSource([url], clock=FixedClock())
    assert caught.value.code is Code.MISCONFIGURED


def test_an_answer_that_drips_is_cut(pki: Pki) -> None:
    def drip() -> Iterator[bytes]:
        for _ in range(20):
            yield b"x"

    handler = lambda _call: httpx.Response(200, content=drip())  # noqa: E731
    with pytest.raises(MSignError, match="too long"):
        source(pki, handler, attempts=1, timeout=-1.0).timestamp(IMPRINT, "sha256")
