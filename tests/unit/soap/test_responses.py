"""Replies: valid against the schema in every state, nil where the contract says nil, files never whole in memory."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msign.faces.soap import responses
from msign.faces.soap.options import SoapOptions
from msign.faces.soap.responses import FilePart, base64_pieces, file_part
from msign.faces.soap.verdicts import Judged, JudgedSignature
from msign.faces.soap.xmltext import xml_text
from msign.kernel.words import SignStatus
from msign.signrequests.values import SignResponse, SignResult
from tests.unit.soap.support import SCHEMA, SIGNED_AT, Answer, Desk, sample

GET = sample("get.node-soap.xml")
FAILED = tuple(SignResult(correlation_id=name) for name in ("a", None, "c"))
RESPONSES = {
    "pending": SignResponse(SignStatus.PENDING),
    "failure": SignResponse(SignStatus.FAILURE, "Semnarea a fost anulată <de> utilizator & alții", FAILED),
    "expired": SignResponse(SignStatus.EXPIRED, "Cererea de semnare a expirat", FAILED),
    "no results at all": SignResponse(SignStatus.FAILURE, "x", ()),
}


@pytest.mark.parametrize("response", RESPONSES.values(), ids=RESPONSES.keys())
@pytest.mark.parametrize("null_message", ["nil", "omit"])
async def test_every_state_is_valid(tmp_path: Path, response: SignResponse, null_message: str) -> None:
    desk = Desk(tmp_path, options=SoapOptions(null_message=null_message))
    desk.service.response = response
    answer = await desk.post(GET)
    assert answer.status == 200
    SCHEMA.assertValid(answer.tree)
    assert answer.headers["content-length"] == str(len(answer.body))
    assert texts(answer, "Status") == [response.status.value]
    desk.app.close()


def texts(answer: Answer, name: str) -> list[str | None]:
    return [element.text for element in answer.tree.iter(f"{{https://msign.gov.md}}{name}")]


async def test_pending_has_nil_message_and_nil_results(desk: Desk) -> None:
    answer = await desk.post(GET)
    assert b'<Message i:nil="true"/><Results i:nil="true"/><Status>Pending</Status>' in answer.body


async def test_results_stream_from_the_store(desk: Desk) -> None:
    sizes = (0, 1, 2, 3, 196_607, 196_608, 196_609, 1_000_000)
    contents = [bytes((number + at) % 251 for number in range(size)) for at, size in enumerate(sizes)]
    for at, content in enumerate(contents):
        (desk.root / f"content-{at}").write_bytes(content)
    desk.service.response = SignResponse(
        SignStatus.SUCCESS,
        None,
        tuple(SignResult(f"d{at}", b"certificate", f"content-{at}") for at in range(len(sizes))),
    )
    answer = await desk.post(GET)
    assert answer.headers["content-length"] == str(len(answer.body))
    SCHEMA.assertValid(answer.tree)
    assert [base64.b64decode(text or "") for text in texts(answer, "Signature")] == contents
    assert texts(answer, "CorrelationID") == [f"d{at}" for at in range(len(sizes))]


async def test_a_missing_file_is_a_fault_and_not_half_an_answer(desk: Desk) -> None:
    desk.service.response = SignResponse(SignStatus.SUCCESS, None, (SignResult("a", b"c", "content-9"),))
    assert (await desk.post(GET)).fault[0] == "Server"


async def test_a_file_that_shrinks_while_it_is_sent_ends_the_connection(desk: Desk) -> None:
    (desk.root / "content-1").write_bytes(bytes(500_000))
    part = file_part(desk.root / "content-1")
    (desk.root / "content-1").write_bytes(bytes(10))
    with pytest.raises(OSError, match="became shorter"):
        list(base64_pieces(part))


@given(size=st.integers(0, 10**6))
def test_the_promised_length_is_that_of_the_base64_text(size: int) -> None:
    assert FilePart(Path("x"), size).length == len(base64.b64encode(bytes(size)))


def test_verification_reply_is_in_order_and_valid() -> None:
    told = JudgedSignature(b"der", valid=True, signed_at=SIGNED_AT, subject='O="A, B", CN=<Ion>')
    untimed = JudgedSignature(b"der", valid=False, signed_at=None, subject="CN=\x00\x1b")
    reply = responses.verification(
        [
            Judged("a", valid=True, message="Semnătura este validă", signatures=(told, untimed)),
            Judged(None, valid=False, message="Semnătura nu este validă"),
        ]
    )
    answer = Answer(200, {}, b"".join(part for part in reply.parts if isinstance(part, bytes)))
    SCHEMA.assertValid(answer.tree)
    assert texts(answer, "SignedAt") == ["2026-03-02T09:15:30Z"]
    assert texts(answer, "Subject") == ['O="A, B", CN=<Ion>', "CN=\ufffd\ufffd"]
    assert answer.body.count(b"<Certificates>") == 1


@given(text=st.text())
def test_any_text_at_all_makes_well_formed_xml(text: str) -> None:
    reply = responses.sign_response(SignResponse(SignStatus.FAILURE, text), [], null_message="nil")
    body = b"".join(part for part in reply.parts if isinstance(part, bytes))
    assert Answer(200, {}, body).tree is not None
    assert "\x00" not in xml_text(text)
