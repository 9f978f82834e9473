"""Hostile and broken providers: what the client itself catches, and what it hands on for judgement.

The client guards the interface: ids, form, size, time. Whether a well-formed signature is the right one is judged by
the gateway (its own tests use the same hostile modes); here the modes are shown to do what their names say.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509

from msign.kernel.clock import FixedClock
from msign.kernel.errors import Code, MSignError
from msign.kernel.words import ContentType, FailureReason
from msign.providers.base import Answer, ItemToSign, Pending, Refused, Signed, SigningOrder
from msign.providers.remote.provider import RemoteProvider
from msign.providers.remote.settings import Mode, RemoteSettings
from msign.sandbox.sample import sample_pdf
from tests.support.sandbox import RunningSandbox, bound_socket, running_sandbox, serving

ION = "2000000000004"
ORDER = SigningOrder("0" * 32, (ItemToSign("1", ContentType.HASH, digest=bytes(32)),), "Cerere", signer_id=ION)
TOKEN = "token-for-calls-to-the-provider"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    with running_sandbox(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


def _play_hostile(sandbox: RunningSandbox, tmp_path: Path, mode: str, *items: ItemToSign) -> Answer:
    request_id = hashlib.md5(f"{mode} {tmp_path}".encode()).hexdigest()
    order = SigningOrder(request_id, items or ORDER.items, "Cerere", signer_id=ION)
    with sandbox.remote_provider("app") as provider:
        answer = provider.start(order, tmp_path)
        sandbox.play(request_id, action="accept", pin="1234", hostile=mode)
        for _ in range(100):
            if not isinstance(answer, Pending):
                break
            threading.Event().wait(0.05)  # the signature is made by another thread of the provider
            answer = provider.poll(order, answer.state, tmp_path)
    return answer


@pytest.mark.parametrize("mode", ["missing-item", "extra-item", "duplicate-item"])
def test_items_that_do_not_match_fail_the_whole_order(sandbox: RunningSandbox, tmp_path: Path, mode: str) -> None:
    answer = _play_hostile(sandbox, tmp_path, mode)
    assert isinstance(answer, Refused)
    assert answer.reason is FailureReason.INCOMPLETE_ANSWER


def test_an_answer_that_is_cut_off_is_never_a_result(sandbox: RunningSandbox, tmp_path: Path) -> None:
    answer = _play_hostile(sandbox, tmp_path, "cut-answer")
    assert isinstance(answer, Refused)
    assert answer.reason is FailureReason.INCOMPLETE_ANSWER
    assert not list(tmp_path.iterdir())


def test_a_provider_that_never_answers_stays_pending(sandbox: RunningSandbox, tmp_path: Path) -> None:
    order = SigningOrder("a" * 32, ORDER.items, "Cerere", signer_id=ION)
    with sandbox.remote_provider("phone") as provider:
        first = provider.start(order, tmp_path)
        sandbox.play(order.request_id, action="accept", pin="1234", hostile="never-answers")
        assert isinstance(first, Pending)
        assert isinstance(provider.poll(order, first.state, tmp_path), Pending)


def test_answering_twice_gives_the_same_answer(sandbox: RunningSandbox, tmp_path: Path) -> None:
    answer = _play_hostile(sandbox, tmp_path, "answers-twice")
    assert isinstance(answer, Signed)


@pytest.mark.parametrize(
    ("mode", "holder"),
    [
        ("", ION),
        ("other-person", "2000000000015"),
        ("other-certificate", "2000000000015"),
        ("revoked-certificate", ION),
    ],
)
def test_whose_certificate_is_claimed(sandbox: RunningSandbox, tmp_path: Path, mode: str, holder: str) -> None:
    answer = _play_hostile(sandbox, tmp_path, mode)
    assert isinstance(answer, Signed)
    assert answer.certificate is not None
    certificate = x509.load_der_x509_certificate(answer.certificate)
    serial = certificate.subject.get_attributes_for_oid(x509.NameOID.SERIAL_NUMBER)[0].value
    assert serial == f"PNOMD-{holder}"


def test_the_revoked_certificate_is_on_the_revocation_list(sandbox: RunningSandbox, tmp_path: Path) -> None:
    answer = _play_hostile(sandbox, tmp_path, "revoked-certificate")
    assert isinstance(answer, Signed)
    assert answer.certificate is not None
    certificate = x509.load_der_x509_certificate(answer.certificate)
    listed = x509.load_der_x509_crl(httpx.get(f"{sandbox.places.url('tsp')}/crl/qualified.crl").content)
    assert listed.get_revoked_certificate_by_serial_number(certificate.serial_number)


def test_the_untrusted_certificate_comes_from_a_ca_nobody_trusts(sandbox: RunningSandbox, tmp_path: Path) -> None:
    answer = _play_hostile(sandbox, tmp_path, "untrusted-certificate")
    assert isinstance(answer, Signed)
    assert answer.certificate is not None
    issuer = x509.load_der_x509_certificate(answer.certificate).issuer.rfc4514_string()
    assert "TEST Untrusted CA" in issuer


def test_the_other_document_is_another_document(sandbox: RunningSandbox, tmp_path: Path) -> None:
    document = tmp_path / "document.pdf"
    document.write_bytes(sample_pdf("Cerere"))
    answer = _play_hostile(sandbox, tmp_path, "other-document", ItemToSign("1", ContentType.PDF, document=document))
    assert isinstance(answer, Signed)
    assert not answer.items[0].signature.read_bytes().startswith(document.read_bytes())


def test_without_timestamp_there_is_none(sandbox: RunningSandbox, tmp_path: Path) -> None:
    answer = _play_hostile(sandbox, tmp_path, "no-timestamp")
    assert isinstance(answer, Signed)
    assert b"SignatureTimeStamp" not in answer.items[0].signature.read_bytes()


def test_a_broken_signature_differs_from_a_good_one_in_its_digest(sandbox: RunningSandbox, tmp_path: Path) -> None:
    answer = _play_hostile(sandbox, tmp_path, "broken-signature")
    assert isinstance(answer, Signed)
    assert b"SignatureTimeStamp" in answer.items[0].signature.read_bytes()


# From here on the provider is no sandbox but whatever a socket can answer.


@contextlib.contextmanager
def _answering(status: int, body: bytes, **headers: str) -> Iterator[RemoteProvider]:
    """A provider whose every answer is this one."""
    lines = {name.replace("_", "-"): value for name, value in headers.items()}
    transport = httpx.MockTransport(lambda _: httpx.Response(status, content=body, headers=lines))
    with _provider("https://provider.example", transport) as provider:
        yield provider


@contextlib.contextmanager
def _streaming(body: Callable[[], AsyncIterator[bytes]], **changes: Any) -> Iterator[RemoteProvider]:
    """A provider that answers through a real socket, chunk by chunk."""
    sock = bound_socket()

    async def application(scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": []})
        async for chunk in body():
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    with serving((application, sock, {})), _provider(f"http://127.0.0.1:{sock.getsockname()[1]}", **changes) as made:
        yield made


@contextlib.contextmanager
def _provider(url: str, transport: httpx.BaseTransport | None = None, **changes: Any) -> Iterator[RemoteProvider]:
    made = RemoteSettings("x", url, (TOKEN,), mode=Mode.ASYNCHRONOUS, **changes)
    provider = RemoteProvider(settings=made, clock=FixedClock(), transport=transport)
    try:
        yield provider
    finally:
        provider.close()


@pytest.mark.parametrize("status", [500, 502, 503, 429, 408])
def test_trouble_on_the_other_side_may_be_tried_again(status: int, tmp_path: Path) -> None:
    with _answering(status, b"busy") as provider, pytest.raises(MSignError) as caught:
        provider.start(ORDER, tmp_path)
    assert caught.value.code is Code.UNAVAILABLE
    assert caught.value.retry


@pytest.mark.parametrize("status", [400, 403, 404, 409, 301, 204])
def test_a_definite_refusal_ends_the_attempt(status: int, tmp_path: Path) -> None:
    body = b"" if status == 204 else b"no"
    with _answering(status, body) as provider:
        assert provider.start(ORDER, tmp_path) == Refused(FailureReason.INSTRUMENT_UNAVAILABLE)


@pytest.mark.parametrize("body", [b"<html>", b"", b'{"status": "Succ', b"\xff\xfe"])
def test_what_is_no_json_is_no_answer(body: bytes, tmp_path: Path) -> None:
    with _answering(200, body) as provider:
        answer = provider.start(ORDER, tmp_path)
    assert isinstance(answer, Refused)
    assert answer.reason is FailureReason.INCOMPLETE_ANSWER


@pytest.mark.parametrize(
    "value",
    [
        [],
        {},
        {"status": "Done"},
        {"status": "success"},
        {"status": "Success", "requestId": "another"},
        {"status": "Success"},
        {"status": "Success", "items": [], "signerCertificate": "MAA="},
    ],
)
def test_json_that_is_no_result_is_an_incomplete_answer(value: object, tmp_path: Path) -> None:
    with _answering(200, json.dumps(value).encode()) as provider:
        answer = provider.start(ORDER, tmp_path)
    assert isinstance(answer, Refused)
    assert answer.reason is FailureReason.INCOMPLETE_ANSWER


def test_an_endless_answer_is_cut_at_the_bound(tmp_path: Path) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield b'{"items": [{"signature": "'
        for _ in range(100):
            yield b"QUJD" * 20_000

    with _streaming(endless, max_result_bytes=500_000) as provider:
        answer = provider.start(ORDER, tmp_path)
    assert isinstance(answer, Refused)
    assert answer.text == "more than 500000 bytes"
    assert not list(tmp_path.iterdir())


def test_an_answer_that_drips_is_cut_at_the_deadline(tmp_path: Path) -> None:
    async def dripping() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" "
            await asyncio.sleep(0.05)

    with (
        _streaming(dripping, answer_seconds=0.3) as provider,
        pytest.raises(MSignError) as caught,
    ):
        provider.start(ORDER, tmp_path)
    assert caught.value.code is Code.UNAVAILABLE


def test_a_silent_provider_is_given_up(tmp_path: Path) -> None:
    async def silent() -> AsyncIterator[bytes]:
        await asyncio.sleep(1)
        yield b"{}"

    with (
        _streaming(silent, answer_seconds=0.2) as provider,
        pytest.raises(MSignError) as caught,
    ):
        provider.start(ORDER, tmp_path)
    assert caught.value.code is Code.UNAVAILABLE
    assert caught.value.retry


def test_a_compressed_answer_is_refused(tmp_path: Path) -> None:
    with _answering(200, b"hello", content_encoding="br") as provider:
        answer = provider.start(ORDER, tmp_path)
    assert isinstance(answer, Refused)
    assert "compressed" in answer.text


def test_a_foreign_device_address_is_not_shown(tmp_path: Path) -> None:
    value = {"status": "Pending", "deviceUrl": "https://phishing.example/", "verificationCode": "1" * 50}
    with _answering(202, json.dumps(value).encode()) as provider:
        answer = provider.start(ORDER, tmp_path)
    assert isinstance(answer, Pending)
    assert answer.device_url == ""
    assert answer.verification_code == ""


def test_the_token_never_stands_in_the_address(tmp_path: Path) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(202, json={"status": "Pending"})

    made = RemoteSettings("x", "https://provider.example/v1/", (TOKEN,))
    provider = RemoteProvider(settings=made, clock=FixedClock(), transport=httpx.MockTransport(answer))
    provider.start(ORDER, tmp_path)
    provider.close()
    assert str(seen[0].url) == "https://provider.example/v1/signatures"
    assert seen[0].headers["Authorization"] == f"Bearer {TOKEN}"
