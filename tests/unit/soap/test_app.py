"""Order and manners: who calls is settled before the body is read, and a refused client still hears why."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest

from msign.access.testimony import Testimony
from msign.access.values import Caller, Circumstances, Decision, DenialReason
from msign.faces.soap.contract import NAMESPACE, Operation
from msign.faces.soap.options import SoapOptions
from msign.faces.soap.tls import DROP
from msign.kernel.errors import Code, MSignError, invalid
from msign.kernel.words import Environment
from tests.unit.soap.support import REQUEST_ID, SERIAL, Desk, FakeGate, denied, envelope, not_found, sample

POST = sample("post-hash.node-soap.xml")
GET = sample("get.node-soap.xml")


class Counting:
    """A body that counts how much of it was read."""

    def __init__(self, size: int = 10) -> None:
        self.left = size
        self.read = 0

    def __iter__(self) -> Counting:
        return self

    def __next__(self) -> bytes:
        if not self.left:
            raise StopIteration
        self.left -= 1
        self.read += 1
        return b"x" * 1000


async def test_the_gate_hears_environment_certificate_and_address(desk: Desk) -> None:
    await desk.post(POST)
    assert desk.gate.asked == [(Environment.TEST, b"certificate", "192.0.2.10")]


CERTIFICATE = "Invalid authentication certificate provided"
CONSUMER = f"Unknown service consumer: {SERIAL}"
TEXTS = {
    DenialReason.NO_CERTIFICATE: CERTIFICATE,
    DenialReason.UNREADABLE_CERTIFICATE: CERTIFICATE,
    DenialReason.UNTRUSTED_ISSUER: CERTIFICATE,
    DenialReason.FINGERPRINT_MISMATCH: CERTIFICATE,
    DenialReason.CERTIFICATE_EXPIRED: CERTIFICATE,
    DenialReason.CERTIFICATE_NOT_YET_VALID: CERTIFICATE,
    DenialReason.CERTIFICATE_REVOKED: CERTIFICATE,
    DenialReason.NOT_REGISTERED: CONSUMER,
    DenialReason.ACCESS_DISABLED: CONSUMER,
}


@pytest.mark.parametrize("reason", TEXTS)
async def test_each_refusal_has_its_text_and_the_body_is_drained(desk: Desk, reason: DenialReason) -> None:
    desk.gate.decision = denied(reason)
    body = Counting()
    answer = await desk.post(body, Operation.POST_SIGN_REQUEST)
    assert answer.status == 500
    assert answer.fault == ("AuthenticationFailed", TEXTS[reason])
    assert body.left == 0
    assert "connection" not in answer.headers
    assert desk.store.created == 0


def test_no_reason_of_denial_is_forgotten() -> None:
    assert {*TEXTS, DenialReason.FOREIGN_ADDRESS, DenialReason.NO_NETWORKS} == set(DenialReason)


async def test_get_says_unknown_or_unregistered_system(desk: Desk) -> None:
    desk.gate.decision = denied(DenialReason.NOT_REGISTERED)
    answer = await desk.post(GET, Operation.GET_SIGN_RESPONSE)
    assert answer.fault[1] == f"Unknown or unregistered system: {SERIAL}"


@pytest.mark.parametrize(
    ("form", "text"), [("lower-hex", SERIAL.lower()), ("decimal", str(int(SERIAL, 16))), ("upper-hex", SERIAL)]
)
async def test_the_serials_form_is_a_setting(tmp_path: Path, form: str, text: str) -> None:
    desk = Desk(tmp_path, options=SoapOptions(fault_serial_format=form))
    desk.gate.decision = denied(DenialReason.NOT_REGISTERED)
    assert (await desk.post(POST)).fault[1].endswith(f": {text}")
    desk.app.close()


@pytest.mark.parametrize("reason", [DenialReason.FOREIGN_ADDRESS, DenialReason.NO_NETWORKS])
async def test_a_foreign_address_gets_403(desk: Desk, reason: DenialReason) -> None:
    desk.gate.decision = denied(reason)
    answer = await desk.post(POST)
    assert answer.status == 403
    assert b"Fault" not in answer.body


async def test_a_foreign_address_may_get_a_fault(tmp_path: Path) -> None:
    desk = Desk(tmp_path, options=SoapOptions(ip_reject="fault"))
    desk.gate.decision = denied(DenialReason.FOREIGN_ADDRESS)
    assert (await desk.post(POST)).fault == ("AuthenticationFailed", CONSUMER)
    desk.app.close()


async def test_a_foreign_address_may_be_dropped(tmp_path: Path) -> None:
    desk = Desk(tmp_path, options=SoapOptions(ip_reject="drop"))
    desk.gate.decision = denied(DenialReason.FOREIGN_ADDRESS)
    dropped: list[bool] = []
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError("nothing should be read")

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/MSign.svc",
        "query_string": b"",
        "headers": [],
        "extensions": {DROP: lambda: dropped.append(True)},
    }
    await desk.app(scope, receive, send)
    assert dropped == [True]
    assert sent == []
    desk.app.close()


async def test_draining_ends_at_its_bound_and_the_connection_closes(tmp_path: Path) -> None:
    desk = Desk(tmp_path, options=SoapOptions(drain_bytes=3000))
    desk.gate.decision = denied(DenialReason.NOT_REGISTERED)
    body = Counting(10)
    answer = await desk.post(body)
    assert answer.fault[0] == "AuthenticationFailed"
    assert answer.headers["connection"] == "close"
    assert body.left > 0
    desk.app.close()


async def test_a_refused_client_that_waits_for_100_continue_is_told_at_once(desk: Desk) -> None:
    desk.gate.decision = denied(DenialReason.NOT_REGISTERED)
    body = Counting(10)
    answer = await desk.post(body, expect="100-Continue")
    assert answer.fault[0] == "AuthenticationFailed"
    assert answer.headers["connection"] == "close"
    assert body.read <= 1


@pytest.mark.parametrize(
    "headers",
    [
        {"content_type": "application/soap+xml"},
        {"content_type": "application/json"},
        {"content_type": "text/xml; charset=koi8-r"},
        {"content_encoding": "gzip"},
    ],
)
async def test_other_media_types_get_415(desk: Desk, headers: dict[str, str]) -> None:
    answer = await desk.post(POST, **headers)
    assert answer.status == 415
    assert desk.service.posted == []


@pytest.mark.parametrize("content_type", ["text/xml", 'TEXT/XML;charset="UTF-8"', "text/xml; charset=utf-8; action=x"])
async def test_spellings_of_text_xml_are_accepted(desk: Desk, content_type: str) -> None:
    assert (await desk.post(POST, content_type=content_type)).status == 200


async def test_utf_16_is_read_by_its_mark(desk: Desk) -> None:
    text = GET.decode().replace("utf-8", "utf-16")
    assert (await desk.post(text.encode("utf-16"), content_type="text/xml; charset=utf-16")).status == 200


async def test_an_announced_length_above_the_limit_gets_413_before_any_parsing(tmp_path: Path) -> None:
    desk = Desk(tmp_path, options=SoapOptions(max_message_bytes=2000))
    answer = await desk.post(Counting(3), content_length="3000")
    assert answer.status == 413
    assert answer.fault == ("Client", "the message is larger than 2000 bytes")
    desk.app.close()


async def test_a_chunked_body_above_the_limit_gets_413(tmp_path: Path) -> None:
    desk = Desk(tmp_path, options=SoapOptions(max_message_bytes=2000))
    assert (await desk.post(Counting(3))).status == 413
    desk.app.close()


async def test_a_body_that_stands_still_is_given_up(tmp_path: Path) -> None:
    desk = Desk(tmp_path, options=SoapOptions(idle_seconds=0.01))
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    waits = iter([{"type": "http.request", "body": POST[:100], "more_body": True}])

    async def receive() -> Any:
        return next(waits, None) or await asyncio.Event().wait()

    scope = {"type": "http", "method": "POST", "path": "/MSign.svc", "headers": [(b"content-type", b"text/xml")]}
    await desk.app(scope, receive, send)
    assert sent[0]["status"] == 500
    assert (b"connection", b"close") in sent[0]["headers"]
    assert b"too slowly" in sent[1]["body"]
    desk.app.close()


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_other_methods_get_405(desk: Desk, method: str) -> None:
    answer = await desk.request(method)
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, POST")


async def test_other_paths_are_404(desk: Desk) -> None:
    assert (await desk.request("POST", "/Other.svc")).status == 404
    assert desk.gate.asked == []


@pytest.mark.parametrize("path", ["/MSign.svc", "/msign.svc", "/MSIGN.SVC/"])
async def test_the_path_is_matched_in_any_case(desk: Desk, path: str) -> None:
    assert (await desk.request("GET", path, host="localhost")).status == 200


# -- errors of the rooms below -------------------------------------------------------------------------------------

FAULTS = {
    Code.AUTHENTICATION_FAILED: "AuthenticationFailed",
    Code.AUTHORIZATION_FAILED: "AuthorizationFailed",
    Code.ADDRESS_REFUSED: "AuthenticationFailed",
    Code.INVALID_PARAMETER: "InvalidParameter",
    Code.REQUEST_NOT_FOUND: "RequestNotFound",
    Code.BAD_MESSAGE: "Client",
    Code.TOO_LARGE: "Client",
    Code.UNSUPPORTED_MEDIA: "Client",
    Code.LIMIT_EXCEEDED: "Server",
    Code.CONFLICT: "Server",
    Code.UNREADABLE_DOCUMENT: "InvalidParameter",
    Code.SIGNING_FAILED: "Server",
    Code.UNAVAILABLE: "Server",
    Code.MISCONFIGURED: "Server",
    Code.INTERNAL: "Server",
}


@pytest.mark.parametrize("code", Code)
async def test_every_code_has_its_fault(desk: Desk, code: Code) -> None:
    desk.service.error = MSignError(code, "the inside story", member="Contents[0]")
    answer = await desk.post(GET)
    name, text = answer.fault
    assert name == FAULTS[code]
    if name == "Server" and code is not Code.LIMIT_EXCEEDED:
        assert "story" not in text
        assert "reference" in text
    assert answer.status == {Code.TOO_LARGE: 413, Code.UNSUPPORTED_MEDIA: 415}.get(code, 500)


async def test_the_contracts_texts_are_used(desk: Desk) -> None:
    desk.service.error = MSignError(Code.AUTHORIZATION_FAILED, "other words")
    assert (await desk.post(GET)).fault[1] == "This signature request was not initiated by this system"
    desk.service.error = not_found()
    assert (await desk.post(GET)).fault[1] == "Cannot find such request"
    desk.service.error = invalid("Contents[0].Content", "20, 32, 48 or 64 bytes expected")
    assert (await desk.post(GET)).fault[1] == "Contents[0].Content: 20, 32, 48 or 64 bytes expected"


async def test_a_quota_is_told_to_the_system_that_it_belongs_to(desk: Desk) -> None:
    text = "this system may post at most 60 requests a minute"
    desk.service.error = MSignError(Code.LIMIT_EXCEEDED, text, member="requests_per_minute", retry=True)
    assert (await desk.post(POST)).fault == ("Server", text)


async def test_an_unknown_failure_is_bare_and_its_reference_leads_to_the_log(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.service.error = RuntimeError("password=hunter2")
    with caplog.at_level(logging.ERROR, "msign.soap"):
        name, text = (await desk.post(GET)).fault
    assert name == "Server"
    assert "hunter2" not in text
    reference = text.rpartition(" ")[2].rstrip(")")
    assert reference in caplog.text
    assert "hunter2" in caplog.text


async def test_a_failing_gate_is_a_bare_fault_too(desk: Desk) -> None:
    desk.gate.decide = _raising  # type: ignore[method-assign]
    body = Counting()
    answer = await desk.post(body)
    assert answer.fault[0] == "Server"
    assert body.left == 0


def _raising(*_: object) -> Any:
    raise RuntimeError("database is gone")


async def test_a_refused_request_leaves_no_content(desk: Desk) -> None:
    desk.service.error = invalid("ShortContentDescription", "required")
    assert (await desk.post(POST)).fault[0] == "InvalidParameter"
    assert desk.store.files == []


async def test_after_an_unknown_error_the_content_stays_because_the_request_may_exist(desk: Desk) -> None:
    desk.service.error = RuntimeError("connection lost after commit")
    assert (await desk.post(POST)).fault[0] == "Server"
    assert len(desk.store.files) == 1


@pytest.mark.parametrize(("form", "start"), [("own-namespace", "m:"), ("envelope", "s:")])
async def test_the_form_of_faultcode_is_a_setting(tmp_path: Path, form: str, start: str) -> None:
    desk = Desk(tmp_path, options=SoapOptions(faultcode_form=form))
    desk.service.error = not_found()
    answer = await desk.post(GET)
    assert answer.fault[0] == "RequestNotFound"
    code = answer.tree.find(".//faultcode")
    assert code is not None
    assert code.text == f"{start}RequestNotFound"
    assert code.nsmap[start[:-1]] == (NAMESPACE if start == "m:" else "http://schemas.xmlsoap.org/soap/envelope/")
    desk.app.close()


async def test_fault_text_from_the_message_is_escaped(desk: Desk) -> None:
    answer = await desk.post(envelope('<x xmlns="urn:&lt;&amp;\'">a</x>'))
    assert answer.fault[0] == "Client"


class Observer:
    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []

    def answered(self, caller: Caller, operation: str, outcome: str) -> None:
        self.heard.append((operation, outcome))
        raise RuntimeError("the observer is broken")


async def test_the_observer_hears_each_outcome_and_cannot_break_a_call(desk: Desk) -> None:
    observer = Observer()
    desk.app._observer = observer
    assert (await desk.post(POST)).status == 200
    desk.service.error = not_found()
    await desk.post(GET, Operation.GET_SIGN_RESPONSE)
    assert observer.heard == [("PostSignRequest", "ok"), ("GetSignResponse", "RequestNotFound")]


class Listening:
    """A witness that remembers."""

    def __init__(self) -> None:
        self.told: list[Testimony] = []

    def saw(self, caller: Caller, testimony: Testimony) -> None:
        self.told.append(testimony)


async def test_the_witness_hears_what_a_call_was_about(desk: Desk) -> None:
    witness = Listening()
    desk.app._witness = witness
    await desk.post(POST)
    await desk.post(GET, Operation.GET_SIGN_RESPONSE)
    await desk.post(sample("verify-hash.wcf.xml"))
    desk.service.error = invalid("ExpectedSigner.ID", "an IDNP expected")
    await desk.post(POST, Operation.POST_SIGN_REQUEST)
    posted, fetched, verified, refused = witness.told
    assert (posted.operation, posted.outcome, posted.request_id) == ("PostSignRequest", "ok", REQUEST_ID)
    assert (fetched.operation, fetched.status) == ("GetSignResponse", "Pending")
    assert [len(item.sha256) for item in verified.verified] == [64, 64]
    assert refused.operation == "PostSignRequest"
    assert (refused.outcome, refused.member) == ("InvalidParameter", "ExpectedSigner.ID")


class BrokenGate(FakeGate):
    """A gate whose database is away."""

    def decide(
        self, environment: Environment, certificate_der: bytes | None, address: str, circumstances: Circumstances
    ) -> Decision:
        raise RuntimeError("password of the database")


async def test_a_wsdl_that_cannot_be_decided_about_is_not_there_for_the_moment(tmp_path: Path) -> None:
    desk = Desk(tmp_path, options=SoapOptions(wsdl_require_certificate=True), gate=BrokenGate())
    answer = await desk.request("GET")
    assert answer.status == 503
    assert answer.body.startswith(b"Internal error (reference ")
    assert b"password" not in answer.body
