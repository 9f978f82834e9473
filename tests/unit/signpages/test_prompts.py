"""The page of a session that needs it, without a browser: what it may reach, what it passes on, what it never keeps."""

from __future__ import annotations

import base64
import json

import pytest
from django.core.cache import cache
from django.test import Client

from msign.kernel.errors import Code, MSignError
from msign.kernel.words import FailureReason
from msign.providers.base import (
    ChosenCertificate,
    FinishedFile,
    Prompt,
    PromptKind,
    Reply,
    SignatureValues,
    TypedSecrets,
)
from tests.support.pages import REQUEST_ID, Pages, request_view, session_view
from tests.support.prompt_states import AGENT, PROMPT, SECRETS, asking

PAGE, WORK = f"/{REQUEST_ID}", f"/agent/{REQUEST_ID}"
CERTIFICATE = base64.b64encode(b"certificate").decode()


@pytest.fixture
def agent(pages: Pages) -> Pages:
    asking(PROMPT)(pages)
    return pages


def _post(client: Client, path: str, body: object) -> tuple[int, dict[str, object]]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = client.post(f"{WORK}/{path}", data, content_type="application/json")
    return answer.status_code, answer.json()


def test_the_page_may_reach_exactly_this_program(agent: Pages, client: Client) -> None:
    policy = client.get(PAGE).headers["Content-Security-Policy"]
    assert f"connect-src 'self' {AGENT};" in policy
    agent.requests.asked = None
    assert AGENT not in client.get(PAGE).headers["Content-Security-Policy"]


def test_without_a_script_it_is_explained_and_others_are_offered(agent: Pages, client: Client) -> None:
    text = client.get(PAGE).content.decode()
    assert "needs JavaScript" in text
    assert f'action="{PAGE}/leave"' in text


def test_the_script_hears_what_to_do(agent: Pages, client: Client) -> None:
    said = client.get(WORK).json()
    assert said["finished"] is False
    assert (said["service"], said["items"][3]["done"], said["items"][0]["done"]) == (
        "eCerere · Primăria Model",
        False,
        True,
    )
    agent.requests.asked = None
    assert client.get(WORK).json() == {"items": [], "finished": True}


def test_certificate_values_and_files_are_passed_on(agent: Pages, client: Client) -> None:
    agent.requests.answer = lambda _reply: PROMPT
    assert _post(client, "certificate", {"certificate": CERTIFICATE, "chain": [CERTIFICATE]})[0] == 200
    assert _post(client, "values", {"values": {"1": CERTIFICATE}})[0] == 200
    received: list[bytes] = []

    def take(reply: Reply) -> Prompt | None:
        assert isinstance(reply, FinishedFile)
        received.append(reply.path.read_bytes())
        return None

    agent.requests.answer = take
    answer = client.post(f"{WORK}/file/2", b"%PDF signed", content_type="application/octet-stream")
    assert answer.json()["finished"] is True
    assert agent.requests.replies[:2] == [
        ChosenCertificate(b"certificate", (b"certificate",)), SignatureValues({"1": b"certificate"})
    ]  # fmt: skip
    assert received == [b"%PDF signed"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("certificate", b"{"), ("certificate", []), ("certificate", {}), ("certificate", {"certificate": "%"}),
        ("certificate", {"certificate": CERTIFICATE, "chain": "x"}), ("values", {"values": []}),
        ("values", {"values": {"1": 5}}), ("values", {"values": {str(n): "" for n in range(200)}}),
        ("values", b"[" * 100_000),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(agent: Pages, client: Client, path: str, body: object) -> None:
    assert _post(client, path, body)[0] == 400
    assert not agent.requests.replies


@pytest.mark.parametrize(
    ("error", "status", "word"),
    [
        (MSignError(Code.INVALID_PARAMETER, "x", member="certificate.signer"), 400, "another-person"),
        (MSignError(Code.INVALID_PARAMETER, "x", member="certificate.validity"), 400, "not-valid-now"),
        (MSignError(Code.INVALID_PARAMETER, "x", member="certificate"), 400, "unusable-certificate"),
        (MSignError(Code.CONFLICT, "x"), 409, "under-way"),
        (MSignError(Code.UNAVAILABLE, "x", retry=True), 503, "unavailable"),
        (MSignError(Code.BAD_MESSAGE, "x"), 400, "failed"),
    ],
)
def test_problems_are_one_word(agent: Pages, client: Client, error: MSignError, status: int, word: str) -> None:
    def refuse(_reply: Reply) -> Prompt | None:
        raise error

    agent.requests.answer = refuse
    assert _post(client, "certificate", {"certificate": CERTIFICATE}) == (status, {"problem": word})


def test_other_sites_cannot_reply(agent: Pages, strict_client: Client) -> None:
    answer = strict_client.post(f"{WORK}/values", b"{}", content_type="application/json")
    assert answer.status_code == 403
    assert not agent.requests.replies


def test_a_stranger_request_is_not_found(agent: Pages, client: Client) -> None:
    other = "/agent/" + "0" * 32
    assert client.get(other).status_code == 404
    for path in ("certificate", "values", "file/1"):
        assert client.post(f"{other}/{path}", b"{}", content_type="application/json").status_code == 404
    assert client.post(f"/{'0' * 32}/leave").status_code == 404
    assert client.post(f"/{'0' * 32}/secrets").status_code == 404


@pytest.mark.parametrize(
    ("word", "reason"), [("wrong-pin", FailureReason.WRONG_PIN), ("nonsense", FailureReason.CANCELLED)]
)
def test_another_instrument_instead(agent: Pages, client: Client, word: str, reason: FailureReason) -> None:
    answer = client.post(f"{PAGE}/leave", {"reason": word})
    assert (answer.status_code, answer.headers["Location"]) == (303, PAGE)
    assert agent.requests.left == [reason]
    assert "tile-mobile" in client.get(PAGE).content.decode()


def test_what_is_typed_goes_on_and_is_kept_nowhere(pages: Pages, client: Client) -> None:
    asking(SECRETS)(pages)
    text = client.get(PAGE).content.decode()
    assert "+373 60 *** 001" in text
    assert 'type="password"' in text
    answer = client.post(f"{PAGE}/secrets", {"input0": "73196482", "input1": " 55 512 "})
    assert (answer.status_code, answer.headers["Location"]) == (303, PAGE)
    (reply,) = pages.requests.replies
    assert isinstance(reply, TypedSecrets)
    assert reply.values == {"PIN": "73196482", "OTP": "55 512"}
    assert "73196482" not in repr(reply)
    assert "73196482" not in str(list(getattr(cache, "_cache", {}).values()))
    assert "73196482" not in client.get(PAGE).content.decode()


def test_a_second_click_sends_nothing_more(pages: Pages, client: Client) -> None:
    asking(SECRETS)(pages)
    for _click in range(2):
        assert client.post(f"{PAGE}/secrets", {"input0": "1", "input1": "2"}).status_code == 303
    assert len(pages.requests.replies) == 1
    assert "There is a problem" not in client.get(PAGE).content.decode()


def test_missing_and_wrong_entries_are_told(pages: Pages, client: Client) -> None:
    asking(SECRETS)(pages)
    client.post(f"{PAGE}/secrets", {"input0": "1"})
    text = client.get(PAGE).content.decode()
    assert "<title>Error: " in text
    assert "Enter the one-time code" in text
    assert not pages.requests.replies


def test_a_service_that_is_away_is_told(pages: Pages, client: Client) -> None:
    asking(SECRETS)(pages)

    def away(_reply: Reply) -> Prompt | None:
        raise MSignError(Code.UNAVAILABLE, "away", retry=True)

    pages.requests.answer = away
    client.post(f"{PAGE}/secrets", {"input0": "1", "input1": "2"})
    assert "does not answer. Nothing was signed" in client.get(PAGE).content.decode()


def test_typing_where_nothing_is_asked_changes_nothing(pages: Pages, client: Client) -> None:
    pages.requests.put(request_view(session=session_view()))
    assert client.post(f"{PAGE}/secrets", {"input0": "1"}).status_code == 303
    assert not pages.requests.replies


GOOD_RETURN = "/providers/csc/return?code=c&state=known"


def _sent_away(pages: Pages, client: Client, state: str) -> None:
    address = f"https://remote-signing.example/oauth2/authorize?state={state}"
    asking(Prompt(PromptKind.REDIRECT, address))(pages)
    text = client.get(PAGE).content.decode()
    assert "remote-signing.example" in text


def test_who_was_sent_to_the_service_comes_back_to_the_request(pages: Pages, client: Client) -> None:
    _sent_away(pages, client, "known")
    answer = client.get(f"{GOOD_RETURN}&other=x")
    assert (answer.status_code, answer.headers["Location"]) == (303, PAGE)
    assert pages.requests.came_back == [("csc", {"code": "c", "state": "known"})]
    assert client.get(GOOD_RETURN).status_code == 404  # the back button: the mark is used up


def test_nobody_else_comes_back(pages: Pages, client: Client) -> None:
    assert client.get(GOOD_RETURN).status_code == 404  # a link that somebody else made
    _sent_away(pages, client, "of-this-browser")
    assert client.get(GOOD_RETURN).status_code == 404
    assert client.get("/providers/csc/return").status_code == 404
    assert not pages.requests.came_back


def test_a_return_that_the_service_forged_is_not_found(pages: Pages, client: Client) -> None:
    _sent_away(pages, client, "forged")
    assert client.get("/providers/csc/return?code=c&state=forged").status_code == 404
