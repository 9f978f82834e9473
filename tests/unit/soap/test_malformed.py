"""Hostile and broken messages: each gets its fault with a text that says what and where, and leaves nothing behind."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from msign.faces.soap.contract import ENVELOPE, NAMESPACE, Operation
from msign.faces.soap.envelope import EnvelopeParser
from msign.faces.soap.options import SoapOptions
from msign.faces.soap.scratch import Scratch
from msign.kernel.errors import MSignError
from tests.unit.soap.support import Desk, envelope, post_envelope, sample

CONTENT = "<SignContent><Content>QUJD</Content></SignContent>"
GOOD = post_envelope(CONTENT)


def verify_envelope(contents: str, rest: str = "<SignedContentType>Hash</SignedContentType>") -> bytes:
    return envelope(
        f'<VerifySignatures xmlns="{NAMESPACE}"><request><Contents>{contents}</Contents>{rest}</request>'
        "</VerifySignatures>"
    )


def get_envelope(inner: str) -> bytes:
    return envelope(f'<GetSignResponse xmlns="{NAMESPACE}">{inner}</GetSignResponse>')


BROKEN = {
    "empty": (b"", "not well-formed"),
    "not XML": (b"GET / HTTP/1.1", "not well-formed"),
    "truncated": (GOOD[:-40], "not well-formed"),
    "text after the end": (GOOD + b"x", "not well-formed"),
    "two roots": (GOOD + GOOD, "not well-formed"),
    "undefined entity": (GOOD.replace(b"QUJD", b"&x;"), "not well-formed"),
    "bad utf-8": (GOOD.replace(b"Cerere", b"\xff\xfe"), "not well-formed"),
    "null character": (GOOD.replace(b"Cerere", b"&#0;"), "not well-formed"),
    "doctype": (b"<!DOCTYPE a>" + GOOD, "document type declaration"),
    "billion laughs": (
        b'<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>' + GOOD.replace(b"Cerere", b"&b;"),
        "document type declaration",
    ),
    "external entity": (
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]>' + GOOD.replace(b"Cerere", b"&x;"),
        "document type declaration",
    ),
    "parameter entity": (
        b'<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x"> %p;]>' + GOOD,
        "document type declaration",
    ),
    "external subset": (b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd">' + GOOD, "document type declaration"),
    "deep nesting": (GOOD.replace(CONTENT.encode(), b"<x>" * 40 + b"</x>" * 40), "deeper than 32"),
    "deep nesting in the header": (
        GOOD.replace(b"<s:Body>", b"<s:Header>" + b"<x>" * 5000 + b"</x>" * 5000 + b"</s:Header><s:Body>"),
        "deeper than 32",
    ),
    "many elements": (GOOD.replace(CONTENT.encode(), b"<x/>" * 30_000), "more than 20000 elements"),
    "many attributes": (
        GOOD.replace(b"<ContentType>", b"<y " + b" ".join(b'a%d="1"' % n for n in range(100)) + b"/><ContentType>"),
        "more than 32 attributes",
    ),
    "a tag of namespace declarations": (
        GOOD.replace(
            b"<ContentType>", b"<y " + b" ".join(b'xmlns:a%d="u"' % n for n in range(20_000)) + b"/><ContentType>"
        ),
        "a tag or comment longer than 65536 bytes",
    ),
    "an endless comment": (
        GOOD.replace(b"<ContentType>", b"<!--" + b"a" * 300_000 + b"--><ContentType>"),
        "a tag or comment longer than 65536 bytes",
    ),
    "long names without end": (
        GOOD.replace(CONTENT.encode(), b"".join(b"<n%d" % n + b"a" * 30_000 + b"/>" for n in range(200))),
        "bytes of markup",
    ),
    "references without end": (
        GOOD.replace(b"<s:Body>", b"<s:Header><x>" + b"&#65;" * 1_200_000 + b"</x></s:Header><s:Body>"),
        "bytes of markup",
    ),
    "no envelope": (b"<PostSignRequest/>", "SOAP 1.1 Envelope expected"),
    "no body": (f'<s:Envelope xmlns:s="{ENVELOPE}"/>'.encode(), "no Body"),
    "empty body": (envelope(""), "no operation"),
    "two bodies": (GOOD.replace(b"</s:Body>", b"</s:Body><s:Body/>"), "one Header, then one Body"),
    "header after the body": (GOOD.replace(b"</s:Body>", b"</s:Body><s:Header/>"), "one Header, then one Body"),
    "two operations": (GOOD.replace(b"</s:Body>", b"<x/></s:Body>"), "a second one"),
    "unknown operation": (envelope(f'<Cancel xmlns="{NAMESPACE}"/>'), "no operation is called Cancel"),
    "operation in another namespace": (GOOD.replace(NAMESPACE.encode(), b"urn:x"), f"namespace {NAMESPACE} expected"),
    "trailing slash in the namespace": (
        GOOD.replace(NAMESPACE.encode(), NAMESPACE.encode() + b"/"),
        f"namespace {NAMESPACE} expected",
    ),
    "member without namespace": (
        GOOD.replace(b"<ContentType>", b'<ContentType xmlns="">'),
        f"ContentType: namespace {NAMESPACE} expected, none found",
    ),
    "item in another namespace": (
        GOOD.replace(b"<SignContent>", b'<SignContent xmlns="urn:x">'),
        "Contents[0]: namespace",
    ),
    "member twice": (
        post_envelope("<SignContent><Content>QUJD</Content><Content>QUJE</Content></SignContent>"),
        "Contents[0].Content: given twice",
    ),
    "text beside elements": (post_envelope(f"{CONTENT}text"), "Contents: text where none"),
    "element inside text": (
        post_envelope("<SignContent><Content>QUJD<x/></Content></SignContent>"),
        "Contents[0].Content: no element expected",
    ),
    "nil with content": (
        post_envelope('<SignContent><Content i:nil="true">QUJD</Content></SignContent>'),
        "Contents[0].Content: text where none",
    ),
}


@pytest.mark.parametrize(("body", "text"), BROKEN.values(), ids=BROKEN.keys())
async def test_broken_xml_soap_or_schema_is_the_clients_fault(desk: Desk, body: bytes, text: str) -> None:
    answer = await desk.post(body)
    assert answer.status == 500
    assert answer.fault[0] == "Client"
    assert text in answer.fault[1]
    assert desk.service.posted == []
    assert desk.store.files == []


async def test_soap_1_2_is_a_version_mismatch(desk: Desk) -> None:
    answer = await desk.post(GOOD.replace(ENVELOPE.encode(), b"http://www.w3.org/2003/05/soap-envelope"))
    assert answer.fault[0] == "VersionMismatch"


async def test_body_must_not_contradict_the_action(desk: Desk) -> None:
    answer = await desk.post(GOOD, Operation.GET_SIGN_RESPONSE)
    assert answer.fault == (
        "Client",
        "Body: GetSignResponse expected after the SOAPAction, PostSignRequest found",
    )


INVALID = {
    "no request": (envelope(f'<PostSignRequest xmlns="{NAMESPACE}"/>'), "request: required"),
    "bad base64": (post_envelope("<SignContent><Content>QU*D</Content></SignContent>"), "Contents[0].Content: not ba"),
    "base64 of a bad length": (
        post_envelope(f"{CONTENT}<SignContent><Content>QUJDQ</Content></SignContent>"),
        "Contents[1].Content: not base64: the length is not a multiple of four",
    ),
    "base64 going on after its padding": (
        post_envelope("<SignContent><Content>QQ==QQ==</Content></SignContent>"),
        "text after the padding",
    ),
    "no content": (post_envelope("<SignContent><Name>a</Name></SignContent>"), "Contents[0].Content: required"),
    "nil content": (
        post_envelope('<SignContent><Content i:nil="1"/></SignContent>'),
        "Contents[0].Content: required",
    ),
    "nil item": (post_envelope(f'{CONTENT}<SignContent i:nil="true"/>'), "Contents[1]: must not be nil"),
    "unknown kind": (post_envelope(CONTENT, "Xml"), "ContentType: one of Hash, Pdf expected"),
    "kind in another case": (post_envelope(CONTENT, "hash"), "ContentType: one of Hash, Pdf expected"),
    "unknown delegator": (
        post_envelope(CONTENT, rest="<ExpectedSigner><DelegatorType>Company</DelegatorType></ExpectedSigner>"),
        "ExpectedSigner.DelegatorType: one of None, Person, Organization expected",
    ),
    "bad boolean": (
        post_envelope("<SignContent><Content>QUJD</Content><MultipleSignatures>yes</MultipleSignatures></SignContent>"),
        "Contents[0].MultipleSignatures: true or false expected",
    ),
    "bad number": (
        post_envelope(CONTENT, rest="<ExpectedSigner><DelegatedRoleID>2147483648</DelegatedRoleID></ExpectedSigner>"),
        "ExpectedSigner.DelegatedRoleID: a whole number of 32 bits expected",
    ),
    "endless text": (post_envelope(CONTENT, rest=f"<SignatureReason>{'a' * 20_000}</SignatureReason>"), "too long"),
    "too many contents": (post_envelope(CONTENT * 101), "Contents: at most 100 items expected"),
    "no id": (get_envelope(""), "requestID: required"),
    "blank id": (get_envelope("<requestID> </requestID>"), "requestID: required"),
    "unknown language": (
        get_envelope(f"<requestID>{'a' * 32}</requestID><language>fr</language>"),
        "language: ro, ru or en expected",
    ),
    "verify: no kind": (
        verify_envelope("<VerificationContent><Signature>QUJD</Signature></VerificationContent>", ""),
        "SignedContentType: required",
    ),
    "verify: nothing": (verify_envelope(""), "Contents: at least one item expected"),
    "verify: no hash": (
        verify_envelope("<VerificationContent><Signature>QUJD</Signature></VerificationContent>"),
        "Contents[0].Content: required",
    ),
    "verify: short hash": (
        verify_envelope(
            "<VerificationContent><Content>QUJD</Content><Signature>QUJD</Signature></VerificationContent>"
        ),
        "Contents[0].Content: 20, 32, 48 or 64 bytes expected",
    ),
    "verify: no signature": (
        verify_envelope("<VerificationContent/>", "<SignedContentType>Pdf</SignedContentType>"),
        "Contents[0].Signature: required",
    ),
    "verify: one id twice": (
        verify_envelope(
            "<VerificationContent><CorrelationID>a</CorrelationID><Signature>QUJD</Signature></VerificationContent>"
            * 2,
            "<SignedContentType>Pdf</SignedContentType>",
        ),
        "Contents[1].CorrelationID: used twice in one request",
    ),
    "verify: long id": (
        verify_envelope(
            f"<VerificationContent><CorrelationID>{'a' * 37}</CorrelationID><Signature>QUJD</Signature>"
            "</VerificationContent>",
            "<SignedContentType>Pdf</SignedContentType>",
        ),
        "Contents[0].CorrelationID: at most 36 characters expected",
    ),
    "verify: unknown language": (
        verify_envelope(
            "<VerificationContent><Signature>QUJD</Signature></VerificationContent>",
            "<Language>de</Language><SignedContentType>Pdf</SignedContentType>",
        ),
        "Language: ro, ru or en expected",
    ),
}


@pytest.mark.parametrize(("body", "text"), INVALID.values(), ids=INVALID.keys())
async def test_a_wrong_member_is_named(desk: Desk, body: bytes, text: str) -> None:
    answer = await desk.post(body)
    assert answer.status == 500
    assert answer.fault[0] == "InvalidParameter"
    assert text in answer.fault[1]
    assert desk.store.files == []


async def test_what_cannot_be_an_id_is_an_unknown_one(desk: Desk) -> None:
    answer = await desk.post(get_envelope("<requestID>17</requestID>"))
    assert answer.fault == ("RequestNotFound", "Cannot find such request")


async def test_unknown_members_are_skipped_with_all_their_content(desk: Desk) -> None:
    odd = "<Future><ContentType>no</ContentType><deep><er>text</er></deep></Future>"
    answer = await desk.post(post_envelope(f"{CONTENT}<Other>x</Other>", rest=odd))
    assert answer.status == 200
    assert len(desk.service.posted[0].contents) == 1


async def test_members_may_come_in_any_order_with_comments_between(desk: Desk) -> None:
    body = envelope(
        f'<PostSignRequest xmlns="{NAMESPACE}"><request><!-- a --><ShortContentDescription>C<!-- b -->erere'
        "</ShortContentDescription><Contents><SignContent><CorrelationID>1</CorrelationID><Content>QU<!-- c -->JD"
        "</Content></SignContent></Contents><?pi x?><ContentType> Hash </ContentType></request></PostSignRequest>"
    )
    assert (await desk.post(body)).status == 200
    assert desk.service.posted[0].short_description == "Cerere"
    assert desk.store.files == [b"ABC"]


async def test_base64_may_be_wrapped_and_in_utf_16(desk: Desk) -> None:
    """The bound on markup must not hit what is only text."""
    data = bytes(range(256)) * 20_000
    text = base64.encodebytes(data).replace(b"\n", b"\r\n").decode()
    body = post_envelope(f"<SignContent><Content>{text}</Content></SignContent>", "Pdf")
    assert (await desk.post(body)).status == 200
    assert (await desk.post(body.decode().encode("utf-16"), content_type="text/xml; charset=utf-16")).status == 200
    assert desk.store.files == [data, data]


async def test_a_large_content_is_removed_when_something_later_is_wrong(desk: Desk) -> None:
    large = base64.b64encode(bytes(400_000)).decode()
    body = post_envelope(f"<SignContent><Content>{large}</Content></SignContent>" * 2, "Nonsense")
    answer = await desk.post([body[at : at + 50_000] for at in range(0, len(body), 50_000)])
    assert answer.fault[0] == "InvalidParameter"
    assert desk.store.created == 2
    assert desk.store.files == []


async def test_a_large_content_is_removed_when_the_client_hangs_up(desk: Desk) -> None:
    large = base64.b64encode(bytes(900_000)).decode()
    body = post_envelope(f"<SignContent><Content>{large}</Content></SignContent>")

    answer = await desk.request("POST", body=_hanging_up(body[:800_000]), content_type="text/xml")
    assert answer.status == 0
    assert desk.store.created == 1
    assert desk.store.files == []


def _hanging_up(data: bytes) -> Iterator[bytes]:
    yield data[:600_000]
    yield data[600_000:]
    raise ConnectionResetError


async def test_a_content_above_the_limit_is_refused_while_it_arrives(
    desk: Desk, tmp_path_factory: pytest.TempPathFactory
) -> None:
    small = Desk(tmp_path_factory.mktemp("small"), options=SoapOptions(max_content_bytes=100_000))
    large = base64.b64encode(bytes(300_000)).decode()
    answer = await small.post(post_envelope(f"<SignContent><Content>{large}</Content></SignContent>"))
    small.app.close()
    assert answer.fault == ("InvalidParameter", "Contents[0].Content: at most 100000 bytes expected")
    assert small.store.files == []


_SEEDS = [sample(name) for name in ("post-pdf.wcf.xml", "get.wcf.xml", "verify-hash.wcf.xml", "post-hash.zeep.xml")]


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.sampled_from(_SEEDS),
    changes=st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 30), st.binary(max_size=12)), max_size=4),
    step=st.integers(1, 400),
)
def test_no_message_whatsoever_breaks_the_parser(seed: bytes, changes: list[tuple[int, int, bytes]], step: int) -> None:
    body = seed
    for at, gone, new in changes:
        body = body[: at % len(seed)] + new + body[at % len(seed) + gone :]
    scratch = Scratch()
    parser = EnvelopeParser(create=scratch.create, max_content_bytes=10_000, max_items=10)
    with suppress(MSignError):
        for at in range(0, len(body), step):
            parser.feed(body[at : at + step])
        parser.close()
    parser.abort()
    scratch.clear()
