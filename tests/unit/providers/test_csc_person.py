"""What a remote signing service wants from the person: PIN, one-time code, OAuth; and answers that are not meant well."""

from __future__ import annotations

import base64
import contextlib
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from msign.kernel.clock import FixedClock
from msign.kernel.errors import Code, MSignError
from msign.kernel.words import ContentType, FailureReason
from msign.providers.base import (
    Answer,
    ItemToSign,
    Pending,
    Prompt,
    PromptKind,
    Refused,
    ReturnedCode,
    SecretKind,
    SignatureValues,
    Signed,
    SigningOrder,
    TypedSecrets,
)
from msign.providers.csc.provider import CscProvider
from msign.providers.csc.settings import CscSettings, problems
from tests.support.cscservice import Service
from tests.support.pki import IDNP_ION, session_pki

BACK = "https://msign.example/providers/csc/return"
SETTINGS = CscSettings("csc", "https://csc.example", ("service-token",), oauth_client_id="msign", return_url=BACK)
PIN = {"id": "PIN", "type": "PIN", "format": "N"}
OTP = {"id": "OTP", "type": "OTP", "format": "N"}
BOTH = {"PIN": "1234", "OTP": "556677"}


def _service(*objects: dict[str, str], **changes: Any) -> Service:
    made = Service(session_pki().person("ion-p256"), **changes)
    if objects:
        made.auth = {"mode": "explicit", "objects": list(objects)}
    return made


def _oauth(**changes: Any) -> Service:
    made = Service(session_pki().person("ion-p256"), **changes)
    made.auth = {"mode": "oauth2code"}
    return made


@contextlib.contextmanager
def _provider(service: Service, **changes: Any) -> Iterator[CscProvider]:
    made = CscProvider(
        settings=replace(SETTINGS, **changes),
        tsa=session_pki().tsa,
        clock=FixedClock(),
        key=b"a secret of the installation",
        transport=service.transport(),
    )
    with contextlib.closing(made):
        yield made


def _order(count: int = 1) -> SigningOrder:
    items = tuple(ItemToSign(str(n), ContentType.HASH, digest=bytes([n] * 32)) for n in range(count))
    return SigningOrder("0" * 32, items, "Cerere nr. 17", signer_id=IDNP_ION)


def _asked(provider: CscProvider, answer: Answer) -> tuple[bytes, Prompt]:
    assert isinstance(answer, Pending), answer
    prompt = provider.prompt(answer.state)
    assert prompt is not None
    return answer.state, prompt


def _end(provider: CscProvider, order: SigningOrder, answer: Answer, folder: Path) -> Answer:
    for _ in range(10):
        if not isinstance(answer, Pending):
            return answer
        answer = provider.poll(order, answer.state, folder)
    return answer


def test_pin_and_code_are_asked_for_and_used_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    service, order = _service(PIN, OTP), _order(3)
    with _provider(service) as provider, caplog.at_level(logging.DEBUG):
        state, prompt = _asked(provider, provider.start(order, tmp_path))
        assert (prompt.kind, [one.kind for one in prompt.inputs]) == (
            PromptKind.TYPED,
            [SecretKind.PIN, SecretKind.OTP],
        )
        assert service.codes_sent == 1
        waiting = provider.poll(order, state, tmp_path)  # the worker looks in between and changes nothing
        assert isinstance(waiting, Pending)
        assert waiting.state == state
        answer = provider.reply(order, state, TypedSecrets(BOTH), tmp_path)
        assert isinstance(answer, Pending)
        assert b'"1234"' not in answer.state
        assert provider.prompt(answer.state) is None
        assert isinstance(_end(provider, order, answer, tmp_path), Signed)
    assert "556677" not in caplog.text
    assert b"556677" not in answer.state


def test_a_batch_asks_once_for_each_round(tmp_path: Path) -> None:
    service, order = _service(PIN, multisign=2), _order(5)
    with _provider(service) as provider:
        answer, rounds = provider.start(order, tmp_path), 0
        while isinstance(answer, Pending) and provider.prompt(answer.state):
            answer, rounds = provider.reply(order, answer.state, TypedSecrets({"PIN": "1234"}), tmp_path), rounds + 1
        assert rounds == 3
        assert isinstance(_end(provider, order, answer, tmp_path), Signed)


def test_a_wrong_pin_is_told_with_the_attempts_left_and_may_be_typed_again(tmp_path: Path) -> None:
    service, order = _service(PIN), _order()
    with _provider(service, tokens=("service-token", "an-older-one")) as provider:
        state, first = _asked(provider, provider.start(order, tmp_path))
        assert (first.wrong, first.attempts_left) == (False, 3)
        state, prompt = _asked(provider, provider.reply(order, state, TypedSecrets({"PIN": "0000"}), tmp_path))
        assert (prompt.wrong, prompt.attempts_left) == (True, 2)
        assert service.tries == 2  # one entry, one attempt: never tried again with another token
        answer = provider.reply(order, state, TypedSecrets({"PIN": "1234"}), tmp_path)
        assert isinstance(_end(provider, order, answer, tmp_path), Signed)


def test_our_own_attempts_end(tmp_path: Path) -> None:
    service, order = _service(PIN), _order()
    with _provider(service, max_attempts=2) as provider:
        state, _ = _asked(provider, provider.start(order, tmp_path))
        state, _ = _asked(provider, provider.reply(order, state, TypedSecrets({"PIN": "0"}), tmp_path))
        ended = provider.reply(order, state, TypedSecrets({"PIN": "0"}), tmp_path)
    assert ended == Refused(FailureReason.WRONG_PIN)
    assert service.tries == 1


def test_a_locked_pin_ends_with_its_reason(tmp_path: Path) -> None:
    service, order = _service(PIN), _order()
    service.tries = 1
    with _provider(service) as provider:
        state, _ = _asked(provider, provider.start(order, tmp_path))
        assert provider.reply(order, state, TypedSecrets({"PIN": "0"}), tmp_path) == Refused(FailureReason.PIN_LOCKED)


@pytest.mark.parametrize("values", [{}, {"PIN": "1", "more": "2"}, {"OTP": "1"}])
def test_only_what_was_asked_for_goes_on(tmp_path: Path, values: dict[str, str]) -> None:
    service, order = _service(PIN), _order()
    with _provider(service) as provider:
        state, _ = _asked(provider, provider.start(order, tmp_path))
        with pytest.raises(MSignError) as refused:
            provider.reply(order, state, TypedSecrets(values), tmp_path)
        with pytest.raises(MSignError):
            provider.reply(order, state, SignatureValues({}), tmp_path)
    assert refused.value.code is Code.INVALID_PARAMETER
    assert "credentials/authorize" not in [method for method, _ in service.calls]


def test_a_service_that_is_away_leaves_the_question_open(tmp_path: Path) -> None:
    service, order = _service(PIN), _order()
    with _provider(service) as provider:
        state, _ = _asked(provider, provider.start(order, tmp_path))
        service.answers["credentials/authorize"] = lambda: httpx.Response(503)
        with pytest.raises(MSignError) as away:
            provider.reply(order, state, TypedSecrets({"PIN": "1234"}), tmp_path)
        assert away.value.retry
        del service.answers["credentials/authorize"]
        assert isinstance(provider.reply(order, state, TypedSecrets({"PIN": "1234"}), tmp_path), Pending)


def test_leave_that_expired_is_asked_for_again(tmp_path: Path) -> None:
    service, order = _service(PIN), _order()
    with _provider(service) as provider:
        state, _ = _asked(provider, provider.start(order, tmp_path))
        service.answers["signatures/signHash"] = lambda: httpx.Response(400, json={"error": "expired_token"})
        state, prompt = _asked(provider, provider.reply(order, state, TypedSecrets({"PIN": "1234"}), tmp_path))
        assert not prompt.wrong
        del service.answers["signatures/signHash"]
        answer = provider.reply(order, state, TypedSecrets({"PIN": "1234"}), tmp_path)
        assert isinstance(_end(provider, order, answer, tmp_path), Signed)


def test_a_pin_and_then_a_push(tmp_path: Path) -> None:
    service, order = _service(PIN, pushes=True), _order()
    with _provider(service) as provider:
        state, _ = _asked(provider, provider.start(order, tmp_path))
        answer = provider.reply(order, state, TypedSecrets({"PIN": "1234"}), tmp_path)
        assert isinstance(answer, Pending)
        assert provider.prompt(answer.state) is None
        service.confirmed = True
        assert isinstance(_end(provider, order, answer, tmp_path), Signed)


def test_version_1_names_pin_and_code_its_own_way(tmp_path: Path) -> None:
    service, order = _service(), _order()
    service.version = 1
    pin, otp = {"presence": "true", "format": "N"}, {"presence": "true", "format": "N", "type": "online"}
    body = service._info({}) | {"authMode": "explicit", "PIN": pin, "OTP": otp}
    service.answers["credentials/info"] = lambda: httpx.Response(200, json=body)
    service.answers["credentials/sendOTP"] = lambda: httpx.Response(200, json={})
    service.answers["credentials/authorize"] = lambda: httpx.Response(400, json={"error": "invalid_pin"})
    with _provider(service) as provider:
        state, prompt = _asked(provider, provider.start(order, tmp_path))
        assert [one.name for one in prompt.inputs] == ["PIN", "OTP"]
        provider.reply(order, state, TypedSecrets(BOTH), tmp_path)
    sent = next(values for method, values in service.calls if method == "credentials/authorize")
    assert (sent["PIN"], sent["OTP"]) == ("1234", "556677")
    assert "credentials/sendOTP" in [method for method, _ in service.calls]


def test_the_redirect_allows_exactly_these_hashes_and_another_process_takes_over(tmp_path: Path) -> None:
    service, order = _oauth(multisign=2), _order(3)
    answer: Answer
    with _provider(service) as provider:
        answer, rounds = provider.start(order, tmp_path), 0
    while isinstance(answer, Pending):
        with _provider(service) as provider:
            prompt = provider.prompt(answer.state)
            if prompt is None:
                answer = provider.poll(order, answer.state, tmp_path)
                continue
            assert prompt.kind is PromptKind.REDIRECT
            assert prompt.address.startswith("https://csc.example/oauth2/authorize?")
            asked = dict(parse_qsl(urlsplit(prompt.address).query))
            assert (asked["redirect_uri"], asked["client_id"]) == (BACK, "msign")
            assert order.request_id not in prompt.address
            parameters = service.oauth.allow(prompt.address)
            assert provider.order_of(parameters) == order.request_id
            answer, rounds = provider.reply(order, answer.state, ReturnedCode(parameters), tmp_path), rounds + 1
    assert rounds == 2
    assert isinstance(answer, Signed)


def test_neither_token_nor_verifier_is_stored(tmp_path: Path) -> None:
    service, order = _oauth(), _order()
    with _provider(service) as provider:
        state, prompt = _asked(provider, provider.start(order, tmp_path))
        nonce = json.loads(state)["nonce"]
        verifier = provider._sealer.verifier(nonce)
        assert verifier not in state.decode()
        answer = provider.reply(order, state, ReturnedCode(service.oauth.allow(prompt.address)), tmp_path)
    assert isinstance(answer, Pending)
    assert service.oauth.tokens == {}
    assert b"access_token" not in answer.state


def test_forged_and_replayed_returns_change_nothing(tmp_path: Path) -> None:
    service, order = _oauth(), _order()
    with _provider(service) as provider, _provider(service) as attacker:
        attacker._sealer = type(attacker._sealer)(b"another secret")
        state, prompt = _asked(provider, provider.start(order, tmp_path))
        good = service.oauth.allow(prompt.address)
        _, forged = attacker._sealer.seal(order.request_id)
        _, stale = provider._sealer.seal(order.request_id)
        _, other = provider._sealer.seal("f" * 32)
        for wrong in (forged, stale, other, "", "x" * 5000, "ș"):
            with pytest.raises(MSignError):
                provider.reply(order, state, ReturnedCode({**good, "state": wrong}), tmp_path)
        assert provider.order_of({"state": forged}) is None
        assert provider.order_of({}) is None
        answer = provider.reply(order, state, ReturnedCode(good), tmp_path)
        assert isinstance(answer, Pending)
        with pytest.raises(MSignError) as late:
            provider.reply(order, answer.state, ReturnedCode(good), tmp_path)
    assert late.value.code is Code.CONFLICT


def test_a_person_who_refuses_there_has_cancelled(tmp_path: Path) -> None:
    service, order = _oauth(), _order()
    with _provider(service) as provider:
        state, prompt = _asked(provider, provider.start(order, tmp_path))
        back = {"error": "access_denied", "state": service.oauth.allow(prompt.address)["state"]}
        assert provider.reply(order, state, ReturnedCode(back), tmp_path) == Refused(FailureReason.CANCELLED)


def test_a_code_that_does_not_work_is_asked_for_again(tmp_path: Path) -> None:
    service, order = _oauth(), _order()
    with _provider(service) as provider:
        state, prompt = _asked(provider, provider.start(order, tmp_path))
        back = service.oauth.allow(prompt.address)
        service.oauth.codes.clear()
        again, second = _asked(provider, provider.reply(order, state, ReturnedCode(back), tmp_path))
        assert second.address != prompt.address
        done = provider.reply(order, again, ReturnedCode(service.oauth.allow(second.address)), tmp_path)
        assert isinstance(_end(provider, order, done, tmp_path), Signed)


def test_oauth_without_a_client_is_no_answer(tmp_path: Path) -> None:
    with _provider(_oauth(), oauth_client_id="") as provider:
        assert isinstance(provider.start(_order(), tmp_path), Refused)


def test_an_authorization_server_over_another_scheme_is_not_followed(tmp_path: Path) -> None:
    service = _oauth()
    service.answers["info"] = lambda: httpx.Response(200, json={"methods": [], "oauth2": "http://evil.example"})
    with _provider(service) as provider:
        assert isinstance(provider.start(_order(), tmp_path), Refused)


def test_a_service_token_of_our_own_is_fetched_once(tmp_path: Path) -> None:
    service, order = _service(), _order()
    with _provider(service, tokens=(), oauth_client_secret="hush", oauth_url="https://csc.example/oauth2") as provider:
        assert isinstance(_end(provider, order, provider.start(order, tmp_path), tmp_path), Signed)
    assert service.oauth.service_tokens == 1


@pytest.mark.parametrize("times", [1, 3])
def test_asynchronous_signing_is_polled_for(tmp_path: Path, times: int) -> None:
    service, order = _service(), _order(2)
    service.asynchronous = times
    with _provider(service, asynchronous=True) as provider:
        assert isinstance(_end(provider, order, provider.start(order, tmp_path), tmp_path), Signed)
    assert [method for method, _ in service.calls].count("signatures/signHash") == 1
    assert [method for method, _ in service.calls].count("signatures/signPolling") == times


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("revoked", FailureReason.CERTIFICATE_REVOKED),
        ("expired", FailureReason.CERTIFICATE_EXPIRED),
        ("suspended", FailureReason.NO_ACTIVE_DEVICE),
    ],
)
def test_what_the_service_says_of_the_certificate(tmp_path: Path, status: str, reason: FailureReason) -> None:
    service = _service()
    service.certificate_status = status
    with _provider(service) as provider:
        assert provider.start(_order(), tmp_path) == Refused(reason)


def test_an_expired_certificate_is_seen_whatever_the_service_says(tmp_path: Path) -> None:
    service = Service(session_pki().person("expired"))
    with _provider(service) as provider:
        assert provider.start(_order(), tmp_path) == Refused(FailureReason.CERTIFICATE_EXPIRED)


def test_issuers_that_issued_nothing_stay_out_of_the_signature(tmp_path: Path) -> None:
    service, order = _service(), _order()
    found = service._info({})
    stranger = session_pki().system("alfa-test").der
    found["cert"]["certificates"][1:1] = [base64.b64encode(stranger).decode()]
    service.answers["credentials/info"] = lambda: httpx.Response(200, json=found)
    with _provider(service) as provider:
        answer = _end(provider, order, provider.start(order, tmp_path), tmp_path)
    assert isinstance(answer, Signed)
    assert base64.b64encode(stranger) not in answer.items[0].signature.read_bytes()


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        ("credentials/info", {"key": {"status": "enabled"}, "cert": {"certificates": ["AAAA"]}}),
        ("credentials/info", {"auth": {"mode": "explicit", "objects": [{"type": "PIN"}]}}),
        ("credentials/info", {"auth": {"mode": "explicit", "objects": "PIN"}}),
        ("credentials/info", {"auth": {"mode": "explicit", "objects": [{"type": "PIN", "id": "x"}] * 50}}),
        ("credentials/list", {"credentialIDs": [1, 2]}),
        ("credentials/authorize", {"SAD": 5}),
        ("credentials/authorize", {"handle": ["h"]}),
        ("signatures/signHash", {"signatures": ["AAAA", "AAAA", "AAAA"]}),
        ("signatures/signHash", {"responseID": "x" * 5000}),
        ("signatures/signHash", {"responseID": 7}),
    ],
)
def test_hostile_answers_end_the_session_and_nothing_else(tmp_path: Path, method: str, answer: dict[str, Any]) -> None:
    service = _service()
    service.answers[method] = lambda: httpx.Response(200, json=answer)
    with _provider(service) as provider:
        found = _end(provider, _order(), provider.start(_order(), tmp_path), tmp_path)
    assert isinstance(found, Refused)


@pytest.mark.parametrize("body", [b"[1]", b"[" * 100_000, b"<html>", b"\xff"])
def test_answers_that_are_no_json(tmp_path: Path, body: bytes) -> None:
    service = _service()
    service.answers["credentials/list"] = lambda: httpx.Response(200, content=body)
    with _provider(service) as provider:
        assert isinstance(provider.start(_order(), tmp_path), Refused)


def test_an_endless_answer_is_cut(tmp_path: Path) -> None:
    service = _service()
    service.answers["credentials/list"] = lambda: httpx.Response(200, content=b" " * (5 * 1024 * 1024))
    with _provider(service) as provider:
        assert isinstance(provider.start(_order(), tmp_path), Refused)


def test_what_is_misconfigured_for_oauth() -> None:
    assert problems(SETTINGS) == []
    assert problems(replace(SETTINGS, tokens=()))
    assert problems(replace(SETTINGS, oauth_url="http://x"))
    assert problems(replace(SETTINGS, return_url="http://localhost:8080/providers/csc/return"))
