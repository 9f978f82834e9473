"""Every dialect of wire contract 11, as recorded samples: the same request from each client stack."""

from __future__ import annotations

import base64

import pytest

from msign.faces.soap.contract import Operation
from msign.kernel.languages import Language
from msign.kernel.words import ContentType, DelegatorType
from tests.unit.soap.support import EXAMPLES, REQUEST_ID, SCHEMA, Desk, post_envelope, report, sample, signature

HASH = base64.b64decode("n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=")
POSTS = sorted(path.name for path in EXAMPLES.glob("post-*.xml"))
GETS = sorted(path.name for path in EXAMPLES.glob("get.*.xml"))
VERIFIES = sorted(path.name for path in EXAMPLES.glob("verify-*.xml"))


@pytest.mark.parametrize("name", POSTS)
@pytest.mark.parametrize("action", [Operation.POST_SIGN_REQUEST, None, ""], ids=["action", "no-action", "empty-action"])
async def test_post_is_understood(desk: Desk, name: str, action: Operation | str | None) -> None:
    answer = await desk.post(sample(name), action)
    assert answer.status == 200
    SCHEMA.assertValid(answer.tree)
    assert answer.tree.xpath("string(//*[local-name()='PostSignRequestResult'])") == REQUEST_ID
    (posted,) = desk.service.posted
    assert posted.short_description is not None
    assert posted.short_description.startswith("Cerere de probă")
    if posted.content_type is ContentType.HASH:
        assert desk.store.files == [HASH]
    else:
        assert all(content.startswith(b"%PDF-") for content in desk.store.files)


@pytest.mark.parametrize("name", POSTS)
async def test_post_may_arrive_byte_by_byte(desk: Desk, name: str) -> None:
    whole = sample(name)
    answer = await desk.post([whole[at : at + 7] for at in range(0, len(whole), 7)], Operation.POST_SIGN_REQUEST)
    assert answer.status == 200


async def test_all_members_of_the_full_request_arrive(desk: Desk) -> None:
    await desk.post(sample("post-pdf.wcf.xml"))
    (posted,) = desk.service.posted
    first, second = posted.contents
    assert (first.correlation_id, first.name, first.multiple_signatures) == (
        "11111111-2222-3333-4444-555555555501",
        "cerere.pdf",
        True,
    )
    assert (second.name, second.multiple_signatures) == (None, False)
    assert second.size == len(desk.store.files[1])
    assert posted.description == "Cerere de probă privind un extras"
    assert posted.reason == "Aprobat"
    signer = posted.expected_signer
    assert signer is not None
    assert (signer.id, signer.delegator_type, signer.delegator_id, signer.delegated_role_id) == (
        "2000000000004",
        DelegatorType.ORGANIZATION,
        "1000000000007",
        0,
    )


@pytest.mark.parametrize("name", GETS)
async def test_get_is_understood(desk: Desk, name: str) -> None:
    answer = await desk.post(sample(name), Operation.GET_SIGN_RESPONSE)
    assert answer.status == 200
    assert desk.service.asked == [(REQUEST_ID, Language.RO)]
    SCHEMA.assertValid(answer.tree)


@pytest.mark.parametrize("name", VERIFIES)
async def test_verify_is_understood(desk: Desk, name: str) -> None:
    good = report(signature(content_digest=HASH))
    desk.validator.by_content = {b"<Signature/>": good, b"%PDF-1.7\n% a sample, not a whole document\n": good}
    answer = await desk.post(sample(name), Operation.VERIFY_SIGNATURES)
    assert answer.status == 200
    SCHEMA.assertValid(answer.tree)
    assert answer.tree.xpath("string((//*[local-name()='SignaturesValid'])[1])") == "true"
    assert desk.store.created == 0, "what is only verified does not belong into the content store"


async def test_odd_spellings_of_the_request_id_mean_the_same(desk: Desk) -> None:
    dashed = f"{REQUEST_ID[:8]}-{REQUEST_ID[8:12]}-{REQUEST_ID[12:16]}-{REQUEST_ID[16:20]}-{REQUEST_ID[20:]}".upper()
    dashed_sample = sample("get.node-soap.xml").replace(REQUEST_ID.encode(), dashed.encode())
    assert (await desk.post(dashed_sample)).status == 200
    assert desk.service.asked[0][0] == REQUEST_ID


@pytest.mark.parametrize(
    ("text", "number"), [("", 0), (" +7\n", 7), ("-0", 0), ("0000000000017", 17), ("-2147483648", -(2**31))]
)
async def test_every_spelling_of_an_xs_int_is_read(desk: Desk, text: str, number: int) -> None:
    content = f"<SignContent><Content>{base64.b64encode(HASH).decode()}</Content></SignContent>"
    signer = f"<ExpectedSigner><DelegatedRoleID>{text}</DelegatedRoleID></ExpectedSigner>"
    answer = await desk.post(post_envelope(content, rest=signer))
    assert answer.status == 200
    posted = desk.service.posted[0].expected_signer
    assert posted is not None
    assert posted.delegated_role_id == number
