"""The agent's door against pages that are not meant to use it, and against messages that are not meant well."""

from __future__ import annotations

import base64
import http.client
import json
import logging
import socket
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from msign.agent.consent import Decision
from msign.agent.settings import AgentSettings
from msign.signing import xades
from msign.signing.keys import InMemoryKey, Signer
from msign.signing.prepared import PreparedSignature
from tests.support.agents import PIN, SITE, MemoryTokens, Person, RunningAgent, running_agent
from tests.support.pki import session_pki

REFUSE, WRONG = Decision(approved=False), Decision(approved=True, pin="9999")
SIGN = Decision(approved=True, pin=PIN)


@pytest.fixture
def ion() -> Signer:
    holder = session_pki().person("ion")
    return Signer(InMemoryKey(holder.key), holder.certificate, holder.chain)


@pytest.fixture
def tokens(ion: Signer) -> MemoryTokens:
    return MemoryTokens([ion])


@pytest.fixture
def agent(tokens: MemoryTokens) -> Iterator[RunningAgent]:
    with running_agent(tokens, tsa=session_pki().tsa) as running:
        yield running


def call(
    agent: RunningAgent,
    path: str = "/certificates",
    body: object = None,
    *,
    method: str = "",
    origin: str | None = SITE,
    host: str | None = None,
    kind: str = "application/json",
    **more: str,
) -> tuple[int, dict[str, str], Any]:
    """Call as a page does; return status, headers and JSON."""
    parts = urlsplit(agent.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
    headers = {"Host": host or parts.netloc, **more}
    data = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
    if origin is not None:
        headers["Origin"] = origin
    if data is not None:
        headers["Content-Type"] = kind
    try:
        connection.request(method or ("POST" if data is not None else "GET"), path, data, headers)
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, dict(answer.getheaders()), json.loads(text) if text else None
    finally:
        connection.close()


def prepared(signer: Signer, count: int = 1) -> list[PreparedSignature]:
    leaf = signer.signing_certificate.encoded
    return [xades.prepare(bytes([n] * 32), certificate=leaf) for n in range(1, count + 1)]


def question(
    signer: Signer, count: int = 1, waiting: list[PreparedSignature] | None = None, **changes: object
) -> dict[str, Any]:
    certificate = MemoryTokens([signer]).certificates()[0].id
    items = [
        {
            "id": str(number),
            "name": f"Contract {number}",
            "digest": base64.b64encode(one.content_digest).decode(),
            "digestName": "sha256",
            "toSign": base64.b64encode(one.data_to_sign).decode(),
        }
        for number, one in enumerate(waiting or prepared(signer, count), 1)
    ]
    asked: dict[str, Any] = {
        "nonce": "0123456789abcdef-one",
        "certificate": certificate,
        "service": "eCerere · Primăria Model",
        "description": "Cerere nr. 17",
        "items": items,
    }
    return asked | changes


def data_question(agent: RunningAgent, **changes: object) -> dict[str, Any]:
    (model,) = call(agent)[2]["certificateModel"]
    asked = {
        "algorithm": "SHA-1",
        "certificate": model,
        "signatureType": "Embedded",
        "signFormat": "XAdES-T",
        "contentType": "Text",
        "data": base64.b64encode(bytes(32)).decode(),
    }
    return asked | changes


def result(agent: RunningAgent, headers: dict[str, str]) -> Any:
    path = urlsplit(headers["Location"]).path
    while not (found := call(agent, path)[2]).get("finished", True):
        pass
    return found


def test_a_known_site_sees_certificates_and_their_issuers(agent: RunningAgent, ion: Signer) -> None:
    status, headers, said = call(agent, "/certificates?private_only=true")
    (model,) = said["certificateModel"]
    assert (status, headers["Access-Control-Allow-Origin"]) == (200, SITE)
    assert base64.b64decode(model["certificateBase64"]) == ion.signing_certificate.encoded
    assert model["privateKeyPresent"] is True
    assert said["exchanges"] == ["finished", "prepared"]


@pytest.mark.parametrize(
    "origin",
    [None, "", "null", "https://evil.example", "http://msign.example", f"{SITE}:444", f"{SITE}.evil.example", "*"],
)
@pytest.mark.parametrize("path", ["/certificates", "/sign/data", "/sign/prepared"])
def test_strangers_are_refused(agent: RunningAgent, ion: Signer, origin: str | None, path: str) -> None:
    body = None if path == "/certificates" else question(ion)
    status, headers, said = call(agent, path, body, origin=origin)
    assert (status, said["code"]) == (403, "origin")
    assert "Access-Control-Allow-Origin" not in headers
    assert not agent.person.seen


def test_without_a_list_of_sites_nobody_may_ask(tokens: MemoryTokens) -> None:
    with running_agent(tokens, settings=AgentSettings()) as agent:
        assert call(agent)[0] == 403


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:18480", "127.0.0.1.evil.example", "127.0.0.1", "0.0.0.0"]
)
def test_a_rebound_name_is_refused(agent: RunningAgent, host: str) -> None:
    assert call(agent, host=host)[0] == 403


def test_two_host_headers_are_refused(agent: RunningAgent) -> None:
    parts = urlsplit(agent.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as raw:  # type: ignore[arg-type]
        request = f"GET /certificates HTTP/1.1\r\nHost: {parts.netloc}\r\nHost: evil\r\nOrigin: {SITE}\r\n\r\n"
        raw.sendall(request.encode())
        assert b" 403 " in raw.recv(200)


def test_only_this_computer_is_served(agent: RunningAgent) -> None:
    assert agent.url.startswith("http://127.0.0.1:")


def test_the_preflight_names_what_pages_may_do(agent: RunningAgent) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Private-Network": "true"}
    status, headers, _ = call(agent, "/sign/data", method="OPTIONS", **asked)
    assert status == 200
    assert headers["Access-Control-Allow-Methods"] == "GET, POST, OPTIONS"
    assert "Location" in headers["Access-Control-Expose-Headers"]
    assert headers["Access-Control-Allow-Private-Network"] == "true"
    assert headers["Access-Control-Max-Age"] == "3600"
    assert call(agent, "/sign/data", method="OPTIONS", origin="https://evil.example", **asked)[0] == 403


def test_one_consent_signs_all_that_was_shown(agent: RunningAgent, ion: Signer) -> None:
    waiting = prepared(ion, 3)
    status, headers, _ = call(agent, "/sign/prepared", question(ion, waiting=waiting))
    assert status == 201
    said = result(agent, headers)
    assert (said["error"], sorted(said["values"])) == ("", ["1", "2", "3"])
    for number, one in enumerate(waiting, 1):
        value, leaf = base64.b64decode(said["values"][str(number)]), ion.signing_certificate
        leaf.check(one.require_algorithm(), leaf.cms_value(value), one.data_to_sign)
    (shown,) = agent.person.seen
    assert (shown.origin, shown.service, shown.description) == (SITE, "eCerere · Primăria Model", "Cerere nr. 17")
    assert shown.documents[1] == ("Contract 2", "sha256", "02" * 32)


def test_the_published_protocol_gives_a_finished_file(agent: RunningAgent) -> None:
    status, headers, said = call(agent, "/sign/data", data_question(agent))
    assert (status, said) == (201, None)
    assert headers["Location"].endswith("/XAdES")
    file = base64.b64decode(result(agent, headers)["base64File"])
    assert b"SignatureTimeStamp" in file


def test_a_used_nonce_is_refused(agent: RunningAgent, ion: Signer) -> None:
    asked = question(ion)
    assert call(agent, "/sign/prepared", asked)[0] == 201
    status, _, said = call(agent, "/sign/prepared", asked)
    assert (status, said["code"]) == (400, "replayed")
    assert len(agent.person.seen) == 1


def test_a_job_is_of_one_site(tokens: MemoryTokens, ion: Signer) -> None:
    other = "https://mpass.example"
    with running_agent(tokens, settings=AgentSettings(origins=(SITE, other))) as agent:
        _, headers, _ = call(agent, "/sign/prepared", question(ion))
        path = urlsplit(headers["Location"]).path
        assert call(agent, path, origin=other)[0] == 404
        assert call(agent, path)[0] == 200


def test_what_is_signed_must_cover_what_is_shown(agent: RunningAgent, ion: Signer) -> None:
    asked = question(ion)
    asked["items"][0]["digest"] = base64.b64encode(bytes(32)).decode()
    assert call(agent, "/sign/prepared", asked)[2]["code"] == "malformed"
    asked["items"][0]["toSign"] = base64.b64encode(b"log me in somewhere").decode()
    assert call(agent, "/sign/prepared", asked)[2]["code"] == "malformed"
    assert not agent.person.seen


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"1" * 50, b'"' + b"a" * 100, b"[" * 50_000, b"\xff\xfe", b"{}",
        b'{"nonce":"0123456789abcdef","certificate":1,"items":[]}',
    ],
    ids=["empty", "open", "list", "number", "string", "deep", "bytes", "nothing", "kinds"],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/sign/data", "/sign/prepared"])
def test_malformed_questions_are_refused_unread(agent: RunningAgent, body: bytes, path: str) -> None:
    status, _, said = call(agent, path, body, method="POST")
    assert (status, said["code"]) == (400, "malformed")
    assert not agent.person.seen


def test_forms_of_other_kinds_are_refused(agent: RunningAgent, ion: Signer) -> None:
    assert call(agent, "/sign/prepared", question(ion), kind="text/plain")[0] == 400


def test_an_oversized_question_is_refused_by_its_length(agent: RunningAgent) -> None:
    status, _, said = call(agent, "/sign/prepared", b"{}", **{"Content-Length": str(9 * 1024 * 1024)})
    assert (status, said["code"]) == (400, "too-large")


def test_too_many_items_are_refused(agent: RunningAgent, ion: Signer) -> None:
    asked = question(ion)
    asked["items"] = [{**asked["items"][0], "id": str(n)} for n in range(101)]
    assert call(agent, "/sign/prepared", asked)[2]["code"] == "malformed"


def test_refusing_is_told(agent: RunningAgent, ion: Signer) -> None:
    agent.person.script = [REFUSE]
    status, _, said = call(agent, "/sign/prepared", question(ion))
    assert (status, said["code"]) == (403, "cancelled")


def test_nobody_at_the_computer_is_told(agent: RunningAgent, ion: Signer) -> None:
    agent.person.script = [Decision(approved=False, in_time=False)]
    assert call(agent, "/sign/prepared", question(ion))[2]["code"] == "timed-out"


def test_a_wrong_pin_may_be_typed_again_and_the_last_try_is_announced(
    agent: RunningAgent, ion: Signer, tokens: MemoryTokens
) -> None:
    agent.person.script = [WRONG, WRONG, SIGN]
    assert call(agent, "/sign/prepared", question(ion))[0] == 201
    assert [(one.problem, one.final_try) for one in agent.person.seen] == [
        ("", False), ("wrong-pin", False), ("wrong-pin", True),
    ]  # fmt: skip
    assert tokens.tries == 3


def test_a_locked_token_is_told_and_not_asked_for(agent: RunningAgent, ion: Signer) -> None:
    agent.person.script = [WRONG]
    assert call(agent, "/sign/prepared", question(ion))[2]["code"] == "wrong-pin"
    asked = len(agent.person.seen)
    answer = call(agent, "/sign/prepared", question(ion, nonce="another-0123456789"))
    assert answer[2]["code"] == "pin-locked"
    assert len(agent.person.seen) == asked


def test_without_the_token_nothing_is_asked(agent: RunningAgent, ion: Signer, tokens: MemoryTokens) -> None:
    tokens.gone = True
    assert call(agent)[2]["certificateModel"] == []
    status, _, said = call(agent, "/sign/prepared", question(ion))
    assert (status, said["code"]) == (404, "no-token")


def test_one_question_at_a_time(tokens: MemoryTokens, ion: Signer) -> None:
    person = Person(hold=threading.Event())
    with running_agent(tokens, person=person) as agent:
        first: list[int] = []
        thread = threading.Thread(
            target=lambda: first.append(call(agent, "/sign/prepared", question(ion))[0]), daemon=True
        )
        thread.start()
        assert person.asked.wait(10)
        status, _, said = call(agent, "/sign/prepared", question(ion, nonce="second-0123456789"))
        assert (status, said["code"]) == (403, "busy")
        assert call(agent)[0] == 200
        assert person.hold is not None
        person.hold.set()
        thread.join(10)
        assert (first, len(person.seen)) == ([201], 1)


def test_a_page_gone_wild_is_slowed_down(tokens: MemoryTokens, ion: Signer) -> None:
    with running_agent(tokens, settings=AgentSettings(origins=(SITE,), calls_per_minute=2)) as agent:
        agent.person.script = [REFUSE]
        codes = [
            call(agent, "/sign/prepared", question(ion, nonce=f"number-{n}-0123456789"))[2]["code"] for n in range(3)
        ]
        assert codes == ["cancelled", "cancelled", "too-often"]
        assert len(agent.person.seen) == 2


def test_no_pin_is_ever_logged(agent: RunningAgent, ion: Signer, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        agent.person.script = [Decision(approved=True, pin="pin-of-the-person"), REFUSE]
        call(agent, "/sign/prepared", question(ion))
    assert "pin-of-the-person" not in caplog.text
    assert "pin-of-the-person" not in repr(Decision(approved=True, pin="pin-of-the-person"))


def test_other_addresses_are_unknown(agent: RunningAgent) -> None:
    assert call(agent, "/")[0] == 404
    assert call(agent, "/sign/data/PKCS11/00000000-0000-0000-0000-000000000000/pdf")[0] == 404
    assert call(agent, "/sign/else", {})[0] == 404
