from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from msign.audit import queries as trail
from msign.audit import services as audit
from msign.audit.tags import Tag
from msign.kernel.errors import Code, MSignError
from msign.kernel.languages import Language
from msign.kernel.words import ContentType, DelegatorType, Environment, FailureReason, SignStatus
from msign.mandates import services as mandates
from msign.mandates.values import Mandate
from msign.providers.base import Pending, Refused
from msign.signrequests.models import SigningSession, SignRequest
from msign.signrequests.rules import Rules
from msign.signrequests.usage import Usage, usage
from msign.signrequests.values import ExpectedSigner, SignResponse, SignResult
from msign.validation.model import Indication, SubIndication
from tests.unit.signrequests.cast import (
    ALICE,
    BOB,
    CERTIFICATE,
    HASH,
    OTHER,
    PERSON,
    FakeInstrument,
    Stage,
    away,
    make_stage,
    passed,
    pdf,
    sign,
    wait,
)

EPOCH = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


def test_a_document_is_posted_signed_and_fetched(stage: Stage) -> None:
    request_id = stage.post(stage.content(pdf(), "first"), stage.content(pdf("two"), "second"))
    assert stage.answer(request_id) == SignResponse(SignStatus.PENDING)
    stage.choose(request_id)
    stage.worker.run_due()
    answer = stage.answer(request_id)
    assert isinstance(answer, SignResponse)
    assert (answer.status, answer.message) == (SignStatus.SUCCESS, None)
    assert answer.results is not None
    assert [one.correlation_id for one in answer.results] == ["first", "second"]
    assert {one.certificate for one in answer.results} == {CERTIFICATE}
    assert stage.store.path(answer.results[0].signature_key or "").read_bytes() == pdf() + b"% signed 1"
    assert stage.answer(request_id) == answer


def test_a_hash_is_signed_too_and_its_file_goes_at_once(stage: Stage) -> None:
    request_id = stage.post(HASH, content_type=ContentType.HASH)
    assert stage.files() == 0
    stage.choose(request_id)
    stage.worker.run_due()
    answer = stage.answer(request_id)
    assert isinstance(answer, SignResponse)
    assert answer.status is SignStatus.SUCCESS
    assert stage.provider.orders[0].items[0].digest == HASH


def test_the_trail_tells_the_story_and_counts_one_fetch(stage: Stage) -> None:
    request_id = stage.signed()
    for _ in range(2):
        stage.answer(request_id)
    assert [event.tag.removeprefix("signrequests:") for event in trail.events(subject=request_id)] == [
        "request:posted",
        "session:started",
        "request:signed",
        "result:fetched",
    ]
    assert audit.verify()


def test_an_asynchronous_provider_is_polled_with_its_state_and_shows_its_code(stage: Stage) -> None:
    stage.provider.script = [wait, wait, sign]
    request_id = stage.signed()
    view = stage.service.view(request_id)
    assert view is not None
    assert view.session is not None
    assert (view.session.verification_code, view.session.device_url) == ("1234", "http://phone.example/1")
    for _ in range(2):
        stage.clock.move(seconds=3)
        stage.worker.run_due()
    assert stage.provider.calls == ["start", "poll s1", "poll s1"]
    assert isinstance(stage.answer(request_id), SignResponse)


def test_what_the_person_has_confirmed_of_a_batch_is_shown_and_never_taken_back(stage: Stage) -> None:
    said = iter([("1",), ("1", "2"), ()])
    stage.provider.script = [lambda _order, _workspace: Pending(b"s", retry_after=1.0, confirmed=next(said))]
    request_id = stage.signed(stage.content(pdf(), "a"), stage.content(pdf(), "b"), stage.content(pdf(), "c"))
    seen = []
    for _ in range(3):
        view = stage.service.view(request_id)
        assert view is not None
        assert view.session is not None
        seen.append(view.session.confirmed)
        stage.clock.move(seconds=1)
        stage.worker.run_due()
    assert seen == [{0}, {0, 1}, {0, 1}]


def test_the_page_of_a_batch_knows_that_its_signatures_are_being_judged(stage: Stage) -> None:
    request_id = stage.signed(stage.content(pdf(), "a"), stage.content(pdf(), "b"))
    session = SigningSession.objects.get(request_id=request_id)
    assert session.checked == 0  # told once; the next word would have come half a second later
    assert SigningSession.objects.get(request_id=stage.signed()).checked is None


def test_the_evidence_of_a_mandate_is_kept_with_the_result_and_audited(stage: Stage) -> None:
    mandate = Mandate("M-1", DelegatorType.ORGANIZATION, "1010600034203", PERSON, "Procura nr. 5", EPOCH)
    mandates.add([mandate], at=stage.clock.now(), actor="test")
    signer = ExpectedSigner(PERSON, DelegatorType.ORGANIZATION, "1010600034203")
    request_id = stage.signed(expected_signer=signer)
    view = stage.service.view(request_id)
    assert view is not None
    assert view.delegation is not None
    assert (view.status, view.delegation.how, view.delegation.reference) == (SignStatus.SUCCESS, "mandate", "M-1")
    [signed] = trail.events(subject=request_id, tags=(Tag.REQUEST_SIGNED,))
    assert signed.facts["notes"] == ["delegation-mandate", "M-1"]


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("sign_it", [True, False])
def test_own_documents_are_gone_a_day_after_their_upload_signed_or_not(tmp_path: Path, sign_it: bool) -> None:
    stage = make_stage(tmp_path, Rules(own_systems=frozenset({ALICE.system_id}), own_keep=dt.timedelta(hours=24)))
    stage.service.schedule_upkeep()
    request_id = stage.signed() if sign_it else stage.post()
    for minutes in (23 * 60 + 40, 5, 5):
        stage.clock.move(minutes=minutes)
        stage.worker.run_due()
    assert stage.files() == (2 if sign_it else 1)
    stage.clock.move(minutes=5)
    stage.worker.run_due()
    assert stage.files() == 0
    assert stage.service.view(request_id) is None


@pytest.mark.usefixtures("db")
def test_an_own_document_is_removed_when_its_owner_asks_and_a_consumers_is_not(tmp_path: Path) -> None:
    stage = make_stage(tmp_path, Rules(own_systems=frozenset({ALICE.system_id})))
    pending, finished = stage.post(), stage.signed()
    foreign = stage.service.post(BOB, stage.new())
    stage.service.cancel(foreign)
    assert [stage.service.discard(one) for one in (pending, foreign, finished, finished)] == [False, False, True, False]
    assert stage.service.view(finished) is None


@pytest.mark.usefixtures("db")
def test_an_own_document_may_be_signed_with_another_instrument_after_a_failure(tmp_path: Path) -> None:
    stage = make_stage(tmp_path, Rules(own_systems=frozenset({ALICE.system_id})))
    stage.provider.script = [lambda _order, _workspace: Refused(FailureReason.WRONG_PIN), sign]
    request_id = stage.signed()
    view = stage.service.view(request_id)
    assert view is not None
    assert (view.status, view.failure, view.session) == (SignStatus.PENDING, FailureReason.WRONG_PIN, None)
    stage.choose(request_id)
    stage.worker.run_due()
    answer = stage.answer(request_id)
    assert isinstance(answer, SignResponse)
    assert answer.status is SignStatus.SUCCESS


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "https://" + "x" * 500])
def test_a_device_address_that_is_no_web_address_is_not_offered(stage: Stage, url: str) -> None:
    stage.provider.script = [lambda _order, _workspace: Pending(b"s", device_url=url)]
    view = stage.service.view(stage.signed())
    assert view is not None
    assert view.session is not None
    assert view.session.device_url == ""


def test_a_callback_wakes_the_session_and_a_foreign_one_does_not(stage: Stage) -> None:
    stage.provider.script = [wait, sign]
    request_id = stage.signed()
    assert not stage.service.wake("another-provider", request_id)
    assert not stage.service.wake("demo", "f" * 32)
    assert stage.worker.run_due() == 0
    assert stage.service.wake("demo", request_id)
    assert stage.worker.run_due() == 1


@pytest.mark.parametrize("language", Language)
def test_a_refusal_of_the_provider_fails_the_request_with_its_sentence(stage: Stage, language: Language) -> None:
    stage.provider.script = [lambda _order, _workspace: Refused(FailureReason.WRONG_PIN)]
    request_id = stage.signed(stage.content(pdf(), "a"), stage.content(pdf(), "b"))
    answer = stage.answer(request_id, language)
    assert isinstance(answer, SignResponse)
    assert answer.status is SignStatus.FAILURE
    assert answer.message in ("Codul PIN introdus este greșit", "Введён неверный PIN-код", "The PIN entered is wrong")
    assert answer.results == (SignResult("a"), SignResult("b"))


def test_an_unknown_text_of_the_provider_is_shown_as_given(stage: Stage) -> None:
    stage.provider.script = [lambda _order, _workspace: Refused(FailureReason.PROVIDER_TEXT, "Abonatul\n" + "x" * 200)]
    answer = stage.answer(stage.signed())
    assert isinstance(answer, SignResponse)
    assert answer.message is not None
    assert answer.message.startswith("Abonatul x")
    assert len(answer.message) == 100


def test_cancel_before_an_instrument_was_chosen(stage: Stage) -> None:
    request_id = stage.post()
    stage.service.cancel(request_id)
    answer = stage.answer(request_id, Language.EN)
    assert isinstance(answer, SignResponse)
    assert (answer.status, answer.message) == (SignStatus.FAILURE, "Signing was cancelled by the user")
    with pytest.raises(MSignError) as caught:
        stage.choose(request_id)
    assert caught.value.code is Code.CONFLICT


def test_cancel_while_the_phone_waits_tells_the_provider(stage: Stage) -> None:
    stage.provider.script = [wait]
    request_id = stage.signed()
    for _ in range(2):
        stage.service.cancel(request_id)
    view = stage.service.view(request_id)
    assert view is not None
    assert view.session is not None
    assert view.session.cancelling
    stage.worker.run_due()
    assert stage.provider.calls == ["start", "cancel"]
    view = stage.service.view(request_id)
    assert view is not None
    assert (view.status, view.failure, view.session) == (SignStatus.FAILURE, FailureReason.CANCELLED, None)
    with pytest.raises(MSignError):
        stage.service.cancel(request_id)


def test_a_result_that_comes_after_the_cancel_is_not_released(stage: Stage) -> None:
    def cancelled_meanwhile(order: object, workspace: object) -> object:
        stage.service.cancel(request_id)
        return sign(order, workspace)  # type: ignore[arg-type]

    stage.provider.script = [cancelled_meanwhile]  # type: ignore[list-item]
    request_id = stage.post()
    stage.choose(request_id)
    stage.worker.run_due()
    answer = stage.answer(request_id)
    assert isinstance(answer, SignResponse)
    assert answer.status is SignStatus.FAILURE
    assert stage.files() == 1  # the posted document; the late signature is gone


def test_a_second_start_finds_the_first_under_way(stage: Stage) -> None:
    stage.provider.script = [wait]
    request_id = stage.signed()
    with pytest.raises(MSignError) as caught:
        stage.choose(request_id)
    assert caught.value.code is Code.CONFLICT
    assert SigningSession.objects.count() == 1


def test_a_provider_that_is_never_reached_ends_at_the_deadline_as_unavailable(stage: Stage) -> None:
    stage.provider.script = [away]
    request_id = stage.signed()
    while stage.clock.now() < SigningSession.objects.get().deadline:
        stage.clock.move(seconds=10)
        stage.worker.run_due()
    view = stage.service.view(request_id)
    assert view is not None
    assert view.failure is FailureReason.INSTRUMENT_UNAVAILABLE


def test_a_person_who_never_confirms_ends_at_the_deadline_as_timed_out(stage: Stage) -> None:
    stage.provider.script = [wait]
    request_id = stage.signed()
    stage.clock.move(seconds=301)
    stage.worker.run_due()
    view = stage.service.view(request_id)
    assert view is not None
    assert view.failure is FailureReason.TIMED_OUT
    assert stage.provider.calls[-1] == "cancel"


def test_a_session_that_outlives_its_provider_fails(stage: Stage) -> None:
    request_id = stage.post()
    stage.choose(request_id)
    stage.registry.working.clear()
    stage.worker.run_due()
    view = stage.service.view(request_id)
    assert view is not None
    assert view.failure is FailureReason.INSTRUMENT_UNAVAILABLE


def test_the_number_of_the_phone_is_erased_when_the_session_ends(stage: Stage) -> None:
    stage.provider.script = [wait, sign]
    request_id = stage.post()
    stage.choose(request_id, msisdn="+373 60 000 000")
    stage.worker.run_due()
    assert SigningSession.objects.get().msisdn == "37360000000"
    stage.clock.move(seconds=3)
    stage.worker.run_due()
    assert SigningSession.objects.get().msisdn == ""
    assert stage.provider.orders[-1].msisdn == "37360000000"


def test_the_expected_signer_cannot_be_changed_on_the_page(stage: Stage) -> None:
    request_id = stage.post(expected_signer=ExpectedSigner(PERSON))
    stage.choose(request_id, signer_id=OTHER)
    stage.worker.run_due()
    assert stage.provider.orders[0].signer_id == PERSON


def test_a_person_asked_for_on_the_page_becomes_the_check(stage: Stage) -> None:
    request_id = stage.post()
    stage.choose(request_id, signer_id=OTHER)
    stage.worker.run_due()
    view = stage.service.view(request_id)
    assert view is not None
    assert view.failure is FailureReason.SIGNER_MISMATCH


@pytest.mark.parametrize(
    ("needs", "choice", "member"),
    [
        ({"idnp"}, {}, "IDNP"),
        (set(), {"signer_id": "12"}, "IDNP"),
        ({"msisdn"}, {}, "MSISDN"),
        ({"msisdn"}, {"msisdn": "00000000"}, "MSISDN"),
        (set(), {"instrument": "unknown"}, "Instrument"),
    ],
)
def test_a_choice_that_does_not_suit_is_refused(
    stage: Stage, needs: set[str], choice: dict[str, object], member: str
) -> None:
    stage.registry.instruments = (FakeInstrument(needs=frozenset(needs)),)
    request_id = stage.post()
    with pytest.raises(MSignError) as caught:
        stage.choose(request_id, **choice)
    assert (caught.value.code, caught.value.member) == (Code.INVALID_PARAMETER, member)
    assert not SigningSession.objects.exists()


def test_an_unknown_id_an_empty_one_and_one_of_another_system(stage: Stage) -> None:
    request_id = stage.post()
    for wrong in ("f" * 32, "nonsense"):
        with pytest.raises(MSignError) as caught:
            stage.answer(wrong)
        assert (caught.value.code, caught.value.message) == (Code.REQUEST_NOT_FOUND, "Cannot find such request")
    with pytest.raises(MSignError) as caught:
        stage.answer(" ")
    assert caught.value.code is Code.INVALID_PARAMETER
    with pytest.raises(MSignError) as caught:
        stage.service.get_response(BOB, request_id, Language.RO)
    assert caught.value.message == "This signature request was not initiated by this system"
    assert stage.answer(request_id.upper()) == SignResponse(SignStatus.PENDING)


def test_nobody_signs_in_time(stage: Stage) -> None:
    request_id = stage.post(stage.content(pdf(), "a"))
    stage.clock.move(hours=24)
    answer = stage.answer(request_id, Language.EN)
    assert answer == SignResponse(SignStatus.EXPIRED, "The signature request has expired", (SignResult("a"),))
    with pytest.raises(MSignError):
        stage.choose(request_id)


def test_a_session_under_way_when_the_time_is_over_may_finish(stage: Stage) -> None:
    stage.provider.script = [wait, sign]
    request_id = stage.post()
    stage.clock.move(hours=23, minutes=59)
    stage.choose(request_id)
    stage.worker.run_due()
    stage.clock.move(seconds=90)
    assert stage.answer(request_id) == SignResponse(SignStatus.PENDING)
    stage.worker.run_due()
    answer = stage.answer(request_id)
    assert isinstance(answer, SignResponse)
    assert answer.status is SignStatus.SUCCESS


def test_upkeep_expires_removes_and_sweeps(stage: Stage) -> None:
    stage.service.schedule_upkeep()
    waiting, done = stage.post(), stage.signed()
    stage.clock.move(hours=25)
    stage.worker.run_due()
    assert SignRequest.objects.get(pk=waiting).status == "Expired"
    assert stage.files() == 3
    stage.clock.move(days=31)
    stage.worker.run_due()
    assert not SignRequest.objects.exists()
    assert stage.files() == 0
    for request_id in (waiting, done):
        assert stage.service.view(request_id) is None
        with pytest.raises(MSignError) as caught:
            stage.answer(request_id)
        assert caught.value.code is Code.REQUEST_NOT_FOUND


def test_what_a_system_uses_is_counted_to_the_byte_and_goes_back_to_nothing(stage: Stage) -> None:
    stage.service.schedule_upkeep()
    document, signed = len(pdf()), len(pdf()) + len("% signed 1")
    stage.post()
    assert usage("alice", Environment.TEST) == Usage(1, document)
    stage.signed()
    stage.service.cancel(stage.post())
    assert usage("alice", Environment.TEST) == Usage(1, 3 * document + signed)
    stage.clock.move(hours=25)
    stage.worker.run_due()
    assert usage("alice", Environment.TEST).open_requests == 0
    stage.clock.move(days=31)
    stage.worker.run_due()
    assert usage("alice", Environment.TEST) == Usage()


def test_after_retention_a_request_is_gone_even_before_the_job_ran(stage: Stage) -> None:
    request_id = stage.signed()
    stage.clock.move(days=30)
    assert stage.service.view(request_id) is None
    with pytest.raises(MSignError):
        stage.answer(request_id)


def test_what_does_not_stand_up_to_our_own_judgement_is_not_released(stage: Stage) -> None:
    stage.validator.report = passed(signed_at=None)
    request_id = stage.signed()
    view = stage.service.view(request_id)
    assert view is not None
    assert view.failure is FailureReason.NO_TIMESTAMP
    assert stage.files() == 1
    tags = [event.tag for event in trail.events(subject=request_id)]
    assert "signrequests:result:refused" in tags


def test_revocation_that_cannot_be_asked_is_asked_until_the_deadline(stage: Stage) -> None:
    stage.validator.report = passed(indication=Indication.INDETERMINATE, sub_indication=SubIndication.TRY_LATER)
    patient, lost = stage.signed(), stage.signed()
    assert stage.answer(patient) == SignResponse(SignStatus.PENDING)
    stage.service.cancel(lost)
    stage.worker.run_due()
    stage.clock.move(seconds=10)
    stage.validator.report = passed()
    stage.worker.run_due()
    views = [stage.service.view(one) for one in (patient, lost)]
    assert [one.status for one in views if one] == [SignStatus.SUCCESS, SignStatus.FAILURE]
    assert stage.provider.calls == ["start", "start", "cancel"]  # the answers were kept, the provider not asked again


def test_revocation_that_stays_unknown_fails_the_request(stage: Stage) -> None:
    stage.validator.report = passed(indication=Indication.INDETERMINATE, sub_indication=SubIndication.TRY_LATER)
    request_id = stage.signed()
    while SigningSession.objects.filter(active=True).exists():
        stage.clock.move(seconds=5)
        stage.worker.run_due()
    view = stage.service.view(request_id)
    assert view is not None
    assert view.failure is FailureReason.REVOCATION_UNKNOWN
    assert stage.clock.now() <= SigningSession.objects.get().deadline


def test_results_that_the_judge_trips_over_do_not_keep_the_person_waiting_for_ever(stage: Stage) -> None:
    stage.validator.error = RecursionError("a defect of ours")
    request_id = stage.signed()
    assert stage.answer(request_id) == SignResponse(SignStatus.PENDING)
    deadline = SigningSession.objects.get().deadline
    while SigningSession.objects.filter(active=True).exists():
        assert stage.clock.now() < deadline + dt.timedelta(minutes=15)
        stage.clock.move(seconds=60)
        stage.worker.run_due()
    view = stage.service.view(request_id)
    assert view is not None
    assert view.failure is FailureReason.NOT_INTACT


def test_a_judge_that_recovers_before_the_deadline_loses_nothing(stage: Stage) -> None:
    stage.validator.error = OSError("no space left")
    request_id = stage.signed()
    stage.validator.error = None
    stage.clock.move(seconds=5)
    stage.worker.run_due()
    view = stage.service.view(request_id)
    assert view is not None
    assert view.status is SignStatus.SUCCESS


def test_retrying_on_the_page_is_a_setting(tmp_path: Path, db: None) -> None:
    stage = make_stage(tmp_path, Rules(retry_after_failure=True))
    stage.provider.script = [lambda _order, _workspace: Refused(FailureReason.WRONG_PIN), sign]
    request_id = stage.signed()
    view = stage.service.view(request_id)
    assert view is not None
    assert (view.status, view.failure) == (SignStatus.PENDING, FailureReason.WRONG_PIN)
    stage.choose(request_id)
    stage.worker.run_due()
    assert [order.request_id for order in stage.provider.orders] == [request_id, f"{request_id}-2"]
    answer = stage.service.get_response(ALICE, request_id, Language.RO)
    assert answer.status is SignStatus.SUCCESS
