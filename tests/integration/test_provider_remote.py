"""The client of the official interface against the sandbox provider, over TLS: both modes, all outcomes."""

from __future__ import annotations

import contextlib
import json
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from msign.kernel.errors import Code, MSignError
from msign.kernel.words import ContentType, FailureReason
from msign.providers.base import Answer, ItemToSign, Pending, Provider, Refused, Signed, SigningOrder
from msign.sandbox.sample import sample_pdf
from tests.support.sandbox import TO_GATEWAY, RunningSandbox, bound_socket, running_sandbox, serving

ION = "2000000000004"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    with running_sandbox(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


def _hashes(request_id: str, count: int = 1, **values: Any) -> SigningOrder:
    items = tuple(ItemToSign(str(n + 1), ContentType.HASH, digest=bytes([n] * 32)) for n in range(count))
    return SigningOrder(request_id, items, "Cerere nr. 17", **{"signer_id": ION, **values})


def _id(number: int) -> str:
    return f"{number:032x}"


def _finish(provider: Provider, order: SigningOrder, answer: Answer, folder: Path) -> Answer:
    for _ in range(100):
        if not isinstance(answer, Pending):
            return answer
        threading.Event().wait(0.05)  # the signature is made by another thread of the provider
        answer = provider.poll(order, answer.state, folder)
    raise AssertionError("the provider did not finish")


def test_the_phone_signs_a_hash(sandbox: RunningSandbox, tmp_path: Path) -> None:
    order = _hashes(_id(1))
    with sandbox.remote_provider("phone") as provider:
        first = provider.start(order, tmp_path)
        assert isinstance(first, Pending)
        assert len(first.verification_code) == 4
        assert first.device_url.endswith(f"/phone/{order.request_id}")
        assert sandbox.play(order.request_id, action="accept", pin="1234")["status"] == "signing"
        answer = _finish(provider, order, first, tmp_path)
    assert isinstance(answer, Signed)
    assert b"<ds:Signature " in answer.items[0].signature.read_bytes()
    assert answer.certificate


def test_the_app_signs_a_document(sandbox: RunningSandbox, tmp_path: Path) -> None:
    document = tmp_path / "document.pdf"
    document.write_bytes(sample_pdf("Cerere"))
    order = SigningOrder(_id(2), (ItemToSign("1", ContentType.PDF, document=document, file_name="a.pdf"),), "Cerere")
    with sandbox.remote_provider("app") as provider:
        first = provider.start(order, tmp_path)
        sandbox.play(order.request_id, action="accept", pin="1234", person="2000000000015")
        answer = _finish(provider, order, first, tmp_path)
    assert isinstance(answer, Signed)
    signed = answer.items[0].signature.read_bytes()
    assert signed.startswith(document.read_bytes())
    assert b"/ETSI.CAdES.detached" in signed


def test_a_batch_takes_a_message_per_document_on_the_phone(sandbox: RunningSandbox, tmp_path: Path) -> None:
    order = _hashes(_id(3), count=3)
    with sandbox.remote_provider("phone") as provider:
        first = provider.start(order, tmp_path)
        for done in (1, 2):
            played = sandbox.play(order.request_id, action="accept", pin="1234")
            assert (played["status"], played["confirmed"], played["messages"]) == ("waiting", done, 3)
        assert sandbox.play(order.request_id, action="accept", pin="1234")["status"] == "signing"
        answer = _finish(provider, order, first, tmp_path)
    assert isinstance(answer, Signed)
    assert [item.id for item in answer.items] == ["1", "2", "3"]


def test_the_card_answers_while_the_call_is_open(sandbox: RunningSandbox, tmp_path: Path) -> None:
    order = _hashes(_id(4))
    with sandbox.remote_provider("card") as provider:
        first = provider.start(order, tmp_path)
        assert isinstance(first, Pending)
        assert first.device_url == f"{sandbox.places.url('provider')}/card/{order.request_id}"
        _press_when_asked(sandbox, order.request_id, pin="1234")
        answer = _finish(provider, order, first, tmp_path)
    assert isinstance(answer, Signed)


def test_another_process_joins_an_open_card_call(sandbox: RunningSandbox, tmp_path: Path) -> None:
    order = _hashes(_id(40))
    with sandbox.remote_provider("card") as killed:
        first = killed.start(order, tmp_path)
        assert isinstance(first, Pending)
        with sandbox.remote_provider("card") as another:
            assert isinstance(another.poll(order, first.state, tmp_path), Pending)
            _press_when_asked(sandbox, order.request_id, pin="1234")
            assert isinstance(_finish(another, order, first, tmp_path), Signed)
        _finish(killed, order, first, tmp_path)


def _press_when_asked(sandbox: RunningSandbox, request_id: str, pin: str) -> None:
    for _ in range(200):
        if sandbox.service.find(request_id):
            break
        threading.Event().wait(0.02)
    sandbox.play(request_id, action="accept", pin=pin)


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        ("refuse", FailureReason.CANCELLED),
        ("wrong-pin", FailureReason.WRONG_PIN),
        ("wrong-code", FailureReason.WRONG_CODE),
        ("pin-locked", FailureReason.PIN_LOCKED),
        ("time-out", FailureReason.TIMED_OUT),
        ("phone-off", FailureReason.NO_ACTIVE_DEVICE),
        ("sim-error", FailureReason.SIM_ERROR),
        ("expired", FailureReason.CERTIFICATE_EXPIRED),
        ("mismatch", FailureReason.SIGNER_MISMATCH),
    ],
)
def test_every_refusal_has_its_reason(
    sandbox: RunningSandbox, tmp_path: Path, action: str, reason: FailureReason
) -> None:
    order = _hashes(f"{action.replace('-', '')}{_id(5)}"[:32])
    with sandbox.remote_provider("phone") as provider:
        first = provider.start(order, tmp_path)
        assert isinstance(first, Pending)
        sandbox.play(order.request_id, action=action)
        assert provider.poll(order, first.state, tmp_path) == Refused(reason)


def test_a_wrong_pin_on_the_phone_ends_the_order(sandbox: RunningSandbox, tmp_path: Path) -> None:
    order = _hashes(_id(6))
    with sandbox.remote_provider("phone") as provider:
        first = provider.start(order, tmp_path)
        assert isinstance(first, Pending)
        sandbox.play(order.request_id, action="accept", pin="0000")
        assert provider.poll(order, first.state, tmp_path) == Refused(FailureReason.WRONG_PIN)


def test_a_card_locks_after_three_wrong_pins_and_says_so(sandbox: RunningSandbox, tmp_path: Path) -> None:
    elena = "2000000000026"
    answers = []
    for attempt in range(4):
        order = _hashes(_id(70 + attempt), signer_id=elena)
        with sandbox.remote_provider("card") as provider:
            first = provider.start(order, tmp_path)
            _press_when_asked(sandbox, order.request_id, pin="9999")
            answers.append(_finish(provider, order, first, tmp_path))
    assert answers[:3] == [Refused(FailureReason.WRONG_PIN)] * 3
    assert answers[3] == Refused(FailureReason.PIN_LOCKED)
    sandbox.people.post(f"{sandbox.places.url('provider')}/people/{elena}/unlock")
    assert sandbox.service.store.wrong_pins(elena) == 0


def test_the_same_order_may_be_repeated(sandbox: RunningSandbox, tmp_path: Path) -> None:
    order = _hashes(_id(8))
    with sandbox.remote_provider("phone") as provider:
        first, second = provider.start(order, tmp_path), provider.start(order, tmp_path)
        assert isinstance(first, Pending)
        assert isinstance(second, Pending)
        assert first.verification_code == second.verification_code


def test_the_same_id_for_other_things_is_refused(sandbox: RunningSandbox, tmp_path: Path) -> None:
    with sandbox.remote_provider("phone") as provider:
        provider.start(_hashes(_id(9)), tmp_path)
        answer = provider.start(_hashes(_id(9), count=2), tmp_path)
    assert answer == Refused(FailureReason.INSTRUMENT_UNAVAILABLE)


def test_another_process_can_take_over_the_polling(sandbox: RunningSandbox, tmp_path: Path) -> None:
    order = _hashes(_id(10))
    with sandbox.remote_provider("phone") as provider:
        first = provider.start(order, tmp_path)
        assert isinstance(first, Pending)
    sandbox.play(order.request_id, action="accept", pin="1234")
    with sandbox.remote_provider("phone") as another:
        assert isinstance(_finish(another, order, first, tmp_path), Signed)


def test_an_order_that_the_provider_lost_is_handed_over_again(sandbox: RunningSandbox, tmp_path: Path) -> None:
    order = _hashes(_id(11))
    with sandbox.remote_provider("phone") as provider:
        answer = provider.poll(order, b'{"since": "2026-01-01T00:00:00+00:00"}', tmp_path)
    assert isinstance(answer, Pending)
    assert answer.retry_after == 9.0  # slower after the first minute


def test_a_cancelled_order_leaves_the_phone(sandbox: RunningSandbox, tmp_path: Path) -> None:
    order = _hashes(_id(12))
    with sandbox.remote_provider("phone") as provider:
        first = provider.start(order, tmp_path)
        assert isinstance(first, Pending)
        provider.cancel(order, first.state)
        assert sandbox.play(order.request_id, action="accept", pin="1234")["status"] == "failure"
        assert provider.poll(order, first.state, tmp_path) == Refused(FailureReason.CANCELLED)


def test_cancelling_at_an_unreachable_provider_raises_nothing(sandbox: RunningSandbox) -> None:
    with sandbox.remote_provider("phone", url="https://127.0.0.1:1/phone", connect_seconds=1.0) as provider:
        provider.cancel(_hashes(_id(13)), b"")


def test_an_unreachable_provider_may_be_tried_again(sandbox: RunningSandbox, tmp_path: Path) -> None:
    with (
        sandbox.remote_provider("phone", url="https://127.0.0.1:1/phone", connect_seconds=1.0) as provider,
        pytest.raises(MSignError) as caught,
    ):
        provider.start(_hashes(_id(14)), tmp_path)
    assert caught.value.code is Code.UNAVAILABLE
    assert caught.value.retry


def test_a_server_certificate_of_an_unknown_ca_is_not_accepted(sandbox: RunningSandbox, tmp_path: Path) -> None:
    with (
        sandbox.remote_provider("phone", ca_file=str(sandbox.places.demo / "signers.pem")) as provider,
        pytest.raises(MSignError) as caught,
    ):
        provider.start(_hashes(_id(15)), tmp_path)
    assert caught.value.code is Code.UNAVAILABLE


def test_the_older_token_serves_while_they_rotate(sandbox: RunningSandbox, tmp_path: Path) -> None:
    both = ("a-token-the-provider-knows-not-yet", *sandbox.settings("phone").tokens)
    with sandbox.remote_provider("phone", tokens=both) as provider:
        assert isinstance(provider.start(_hashes(_id(16)), tmp_path), Pending)


def test_a_wrong_token_ends_the_attempt(sandbox: RunningSandbox, tmp_path: Path) -> None:
    with sandbox.remote_provider("phone", tokens=("a-token-the-provider-knows-not",)) as provider:
        answer = provider.start(_hashes(_id(17)), tmp_path)
    assert answer == Refused(FailureReason.INSTRUMENT_UNAVAILABLE)


def test_sha1_is_accepted_by_the_card_only(sandbox: RunningSandbox, tmp_path: Path) -> None:
    item = ItemToSign("1", ContentType.HASH, digest=bytes(20))
    order = SigningOrder(_id(18), (item,), "MPass")
    with sandbox.remote_provider("phone") as provider:
        assert provider.start(order, tmp_path) == Refused(FailureReason.INSTRUMENT_UNAVAILABLE)


def test_the_callback_carries_the_request_id_and_its_own_token_only(sandbox: RunningSandbox, tmp_path: Path) -> None:
    with _listening() as (url, heard):
        order = _hashes(_id(19), callback_url=url)
        with sandbox.remote_provider("phone") as provider:
            provider.start(order, tmp_path)
            sandbox.play(order.request_id, action="refuse")
            assert heard.arrived.wait(5)
    assert heard.calls == [(f"Bearer {TO_GATEWAY}", {"requestId": order.request_id})]


class _Heard:
    def __init__(self) -> None:
        self.calls: list[tuple[str, object]] = []
        self.arrived = threading.Event()


@contextlib.contextmanager
def _listening() -> Iterator[tuple[str, _Heard]]:
    heard, sock = _Heard(), bound_socket()

    async def application(scope: Any, receive: Any, send: Any) -> None:
        body = (await receive())["body"]
        headers = dict(scope["headers"])
        heard.calls.append((headers[b"authorization"].decode(), json.loads(body)))
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})
        heard.arrived.set()

    with serving((application, sock, {})):
        yield f"http://127.0.0.1:{sock.getsockname()[1]}/providers/sandbox/callback", heard


def test_the_interface_wants_its_token(sandbox: RunningSandbox) -> None:
    with httpx.Client(verify=_trusting(sandbox), trust_env=False) as client:
        answer = client.get(f"{sandbox.places.url('provider_api')}/phone/signatures/{_id(1)}")
    assert answer.status_code == 401


def _trusting(sandbox: RunningSandbox) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(sandbox.places.demo / "ca.pem"))
