"""Every rule of PostSignRequest: what breaks it, which member is named, and that nothing is left behind."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from msign.audit import queries as trail
from msign.audit.tags import Tag
from msign.kernel.errors import Code, MSignError
from msign.kernel.identifiers import IdCheck
from msign.kernel.words import ContentType, DelegatorType, Environment
from msign.signrequests.models import SignRequest
from msign.signrequests.rules import Quota, Rules
from msign.signrequests.usage import usage
from msign.signrequests.values import ExpectedSigner, NewSignRequest, PostedContent
from tests.unit.signrequests.cast import (
    ALICE,
    HASH,
    ORGANISATION,
    PERSON,
    FakeInstrument,
    Stage,
    alice,
    make_stage,
    pdf,
)

SHA1 = HASH[:20]


def _refused(stage: Stage, *contents: bytes | PostedContent, caller: object = ALICE, **changes: object) -> MSignError:
    with pytest.raises(MSignError) as caught:
        stage.service.post(caller, stage.new(*contents, **changes))  # type: ignore[arg-type]
    assert not SignRequest.objects.exists()
    assert stage.files() == 0
    return caught.value


@pytest.mark.parametrize(
    ("changes", "member"),
    [
        ({"content_type": None}, "ContentType"),
        ({"short_description": None}, "ShortContentDescription"),
        ({"short_description": "  \n "}, "ShortContentDescription"),
        ({"short_description": "x" * 91}, "ShortContentDescription"),
        ({"short_description": "nul\0"}, "ShortContentDescription"),
        ({"description": "x" * 513}, "ContentDescription"),
        ({"reason": "x" * 256}, "SignatureReason"),
        ({"expected_signer": ExpectedSigner("12")}, "ExpectedSigner.ID"),
        ({"expected_signer": ExpectedSigner("200000000000A")}, "ExpectedSigner.ID"),
        (
            {"expected_signer": ExpectedSigner(PERSON, DelegatorType.ORGANIZATION)},
            "ExpectedSigner.DelegatorID",
        ),
        (
            {"expected_signer": ExpectedSigner(PERSON, DelegatorType.ORGANIZATION, "123")},
            "ExpectedSigner.DelegatorID",
        ),
        ({"expected_signer": ExpectedSigner(None, DelegatorType.PERSON, "x")}, "ExpectedSigner.DelegatorID"),
    ],
)
def test_a_broken_member_is_named(stage: Stage, changes: dict[str, object], member: str) -> None:
    fault = _refused(stage, **changes)
    assert (fault.code, fault.member) == (Code.INVALID_PARAMETER, member)


def test_a_request_without_contents(stage: Stage) -> None:
    with pytest.raises(MSignError) as caught:
        stage.service.post(ALICE, NewSignRequest(ContentType.PDF, (), "Cerere nr. 17"))
    assert caught.value.member == "Contents"


@pytest.mark.parametrize(
    ("more", "member"),
    [
        ({"correlation": "x" * 37}, "Contents[1].CorrelationID"),
        ({"correlation": " " + "x" * 36}, "Contents[1].CorrelationID"),
        ({"correlation": "same"}, "Contents[1].CorrelationID"),
        ({"name": "x" * 257}, "Contents[1].Name"),
    ],
)
def test_a_broken_member_of_a_content_is_named_with_its_place(stage: Stage, more: dict[str, str], member: str) -> None:
    fault = _refused(stage, stage.content(pdf(), "same"), stage.content(pdf(), **more))  # type: ignore[arg-type]
    assert fault.member == member


def test_contents_without_correlation_ids_are_no_duplicates(stage: Stage) -> None:
    assert stage.post(stage.content(pdf()), stage.content(pdf(), ""), stage.content(pdf(), None))


def test_more_contents_than_the_installation_takes(tmp_path: Path, db: None) -> None:
    stage = make_stage(tmp_path, Rules(max_contents=2))
    assert _refused(stage, pdf(), pdf(), pdf()).member == "Contents"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "must not be empty"),
        (b"PK\x03\x04 a Word file", "a PDF document expected"),
        (b"%PDF-1.7\nnothing more", "a readable PDF document expected"),
    ],
)
def test_what_is_no_pdf_is_refused(stage: Stage, data: bytes, words: str) -> None:
    fault = _refused(stage, data)
    assert fault.member == "Contents[0].Content"
    assert words in fault.message


def test_a_pdf_with_a_password_is_refused(stage: Stage) -> None:
    locked = "/Encrypt<</Filter/Standard/V 2/R 3/Length 128/P -4/O(" + "o" * 32 + ")/U(" + "u" * 32 + ")>>/ID[(a)(a)]"
    assert "password" in _refused(stage, pdf(trailer=locked)).message


def test_a_document_over_the_limit_is_refused(tmp_path: Path, db: None) -> None:
    stage = make_stage(tmp_path, Rules(max_pdf_bytes=100))
    assert "at most 100 bytes" in _refused(stage, pdf()).message


@pytest.mark.parametrize("flag", [False, True])
def test_signed_input_without_the_flag_is_a_setting(tmp_path: Path, db: None, flag: bool) -> None:
    signed = pdf().replace(b"/Type/Catalog", b"/AcroForm<</SigFlags 3/Fields[]>>/Type/Catalog").replace(b"/Note()", b"")
    stage = make_stage(tmp_path, Rules(refuse_signed_input_without_flag=True))
    content = stage.content(signed, multiple_signatures=flag)
    if flag:
        assert stage.post(content)
    else:
        assert "already signed" in _refused(stage, content).message


@pytest.mark.parametrize("length", [0, 1, 19, 21, 31, 33, 47, 49, 63, 65, 4096])
def test_a_hash_has_the_length_of_an_algorithm(stage: Stage, length: int) -> None:
    fault = _refused(stage, b"h" * length, content_type=ContentType.HASH)
    assert fault.member == "Contents[0].Content"


@pytest.mark.parametrize("length", [20, 32, 48, 64])
def test_hashes_of_all_four_lengths_are_taken(stage: Stage, length: int) -> None:
    assert stage.post(b"h" * length, content_type=ContentType.HASH)


def test_sha1_needs_the_agreement_of_the_consumer(stage: Stage) -> None:
    fault = _refused(stage, SHA1, caller=alice(allow_sha1=False), content_type=ContentType.HASH)
    assert "not accepted from this system" in fault.message


def test_sha1_ends_with_its_last_day_in_chisinau(tmp_path: Path, db: None) -> None:
    stage = make_stage(tmp_path, Rules(sha1_sunset=dt.date(2026, 3, 2)))
    stage.clock.moment = dt.datetime(2026, 3, 2, 21, 59, tzinfo=dt.UTC)
    assert stage.post(SHA1, content_type=ContentType.HASH)
    SignRequest.objects.all().delete()
    stage.clock.move(minutes=1)
    assert "until 2026-03-02" in _refused(stage, SHA1, content_type=ContentType.HASH).message


def test_sha1_is_counted_and_recorded_for_each_consumer(stage: Stage) -> None:
    for _ in range(2):
        request_id = stage.post(SHA1, SHA1[::-1], HASH, content_type=ContentType.HASH)
    assert usage("alice", Environment.TEST).sha1_hashes == 4
    recorded = [event.facts for event in trail.events(subject=request_id, tags=(Tag.SHA1_ACCEPTED,))]
    assert recorded == [{"count": 4}]


def test_sha1_that_no_instrument_signs_is_refused_at_once(tmp_path: Path, db: None) -> None:
    stage = make_stage(tmp_path, instrument=FakeInstrument(accepts_sha1=False))
    assert "no signing instrument" in _refused(stage, SHA1, content_type=ContentType.HASH).message
    assert stage.post(HASH, content_type=ContentType.HASH)


def test_a_request_is_taken_though_no_instrument_runs_just_now(stage: Stage) -> None:
    stage.registry.instruments = ()
    assert stage.post()


def test_the_identity_number_of_a_hash_may_be_required(tmp_path: Path, db: None) -> None:
    stage = make_stage(tmp_path, Rules(id_required_for_hash=True))
    assert _refused(stage, HASH, content_type=ContentType.HASH).member == "ExpectedSigner.ID"
    assert stage.post()


@pytest.mark.parametrize(("check", "taken"), [(IdCheck.FORMAT, True), (IdCheck.STRICT, False)])
def test_numbers_are_judged_as_the_environment_says(tmp_path: Path, db: None, check: IdCheck, taken: bool) -> None:
    stage = make_stage(tmp_path, Rules(id_check=dict.fromkeys(Environment, check)))
    signer = ExpectedSigner("2222222222222")
    if taken:
        assert stage.post(expected_signer=signer)
    else:
        assert _refused(stage, expected_signer=signer).member == "ExpectedSigner.ID"


def test_a_person_may_delegate_to_himself(stage: Stage) -> None:
    assert stage.post(expected_signer=ExpectedSigner(PERSON, DelegatorType.PERSON, PERSON))


def test_what_has_no_meaning_is_dropped(stage: Stage) -> None:
    signer = ExpectedSigner("", DelegatorType.NONE, ORGANISATION, 7)
    request_id = stage.post(stage.content(HASH), content_type=ContentType.HASH, expected_signer=signer, reason="x")
    view = stage.service.view(request_id)
    assert view is not None
    assert view.expected_signer == ExpectedSigner()
    assert view.reason == ""


def test_the_page_sees_what_was_posted(stage: Stage) -> None:
    content = stage.content(pdf(), "a", name="cerere\r\n17.pdf")
    request_id = stage.post(content, short_description=" Cerere\nnr. 17 ", reason="Aprobat")
    view = stage.service.view(request_id)
    assert view is not None
    assert (view.short_description, view.description, view.reason) == ("Cerere nr. 17", "Cerere nr. 17", "Aprobat")
    assert view.contents[0].name == "cerere 17.pdf"
    assert stage.store.path(view.contents[0].key).read_bytes() == pdf()
    assert view.expires_at - view.created_at == dt.timedelta(hours=24)


@pytest.mark.parametrize(
    ("quota", "limit"),
    [
        (Quota(requests_per_minute=1), "requests_per_minute"),
        (Quota(open_requests=1), "open_requests"),
        (Quota(stored_bytes=len(pdf()) + 1), "stored_bytes"),
    ],
)
def test_a_system_over_its_quota_gets_a_clear_fault_and_one_event_a_minute(
    tmp_path: Path, db: None, quota: Quota, limit: str
) -> None:
    stage = make_stage(tmp_path, Rules(quota=quota))
    stage.post()
    for _ in range(3):
        with pytest.raises(MSignError) as caught:
            stage.post()
        assert (caught.value.code, caught.value.member) == (Code.LIMIT_EXCEEDED, limit)
    assert stage.files() == 1
    assert [event.facts["limit"] for event in trail.events(tags=(Tag.LIMIT_EXCEEDED,))] == [limit]


def test_what_was_agreed_with_a_system_outweighs_the_installation(stage: Stage) -> None:
    fault = _refused(stage, caller=alice(largest_document=10))
    assert (fault.code, fault.member) == (Code.LIMIT_EXCEEDED, "largest_document")
    stage.service.post(alice(requests_per_minute=1), stage.new())
    with pytest.raises(MSignError):
        stage.service.post(alice(requests_per_minute=1), stage.new())
    stage.clock.move(minutes=1)
    assert stage.service.post(alice(requests_per_minute=1), stage.new())


def test_another_systems_requests_do_not_count(stage: Stage) -> None:
    other = replace(alice(open_requests=1), system_id="bob")
    stage.post()
    assert stage.service.post(other, stage.new())
