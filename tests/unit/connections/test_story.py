"""The eight steps with real rows, real access and a real audit trail; only the gateway's signer is a fake."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from msign.access.queries import access_state
from msign.audit.chain import Intact
from msign.audit.queries import events
from msign.audit.services import verify
from msign.audit.tags import Tag
from msign.connections.actors import Refusal
from msign.connections.conformance.values import Verified
from msign.connections.fees import Kind
from msign.connections.models import Case, Document, Grant, HistoryEvent, TestEvidence
from msign.connections.ports import ChainVerdict, GatewayResult, Seen
from msign.connections.queries.cases import case_view
from msign.connections.services import (
    applications,
    billing,
    grants,
    people,
    signatures,
    steps,
    suspending,
    technical,
    testing,
)
from msign.connections.states import Action, State
from msign.connections.suspension import Access, Flag
from msign.kernel.errors import Code
from msign.kernel.languages import Language
from msign.kernel.words import Environment, SignStatus
from msign.notices import queries as notices
from msign.notices.values import Sent
from msign.validation.model import Indication, Integrity, Modification, SubIndication
from tests.support.desk import PRIVATE, Cast, make_cast, whole_story
from tests.support.pki import IDNP_ELENA, IDNP_ION, IDNP_MARIA, session_pki

pytestmark = pytest.mark.django_db
TEST, PRODUCTION = Environment.TEST, Environment.PRODUCTION


@pytest.fixture
def cast(tmp_path: Path) -> Cast:
    return make_cast(tmp_path)


def enforced(reference: str, environment: Environment) -> tuple[bool, list[str], list[str]]:
    system = Case.objects.get(reference=reference).system
    assert system is not None
    state = access_state(system.public_id.hex, environment)
    serials = [one.serial for one in state.certificates if one.status == "active"]
    return state.enabled and not state.suspensions, serials, list(state.networks)


def test_a_public_body_goes_from_the_form_to_production(cast: Cast) -> None:
    reference = cast.start()
    assert cast.do(reference, Action.SUBMIT) is State.SUBMITTED
    assert cast.do(reference, Action.TAKE, Action.CONFIRM, Action.ISSUE_DOCUMENTS) is State.AWAITING_SIGNATURE
    cast.sign_all(reference)
    assert cast.gateway.signers == [IDNP_ION, IDNP_ION, IDNP_ELENA, IDNP_ELENA]
    view = case_view(cast.desk, cast.ana, reference)
    assert view.line.state is State.AWAITING_TECHNICAL_DATA
    assert [document.state for document in view.documents] == ["in-force", "in-force"]
    assert not view.invoices
    cast.give(reference, TEST, "alfa-test", "185.108.180.10")
    assert enforced(reference, TEST) == (False, [], [])
    cast.do(reference, Action.GIVE_TEST_DATA, Action.CONFIGURE_TEST)
    assert enforced(reference, TEST)[0]
    assert enforced(reference, TEST)[2] == ["185.108.180.10/32"]
    assert not enforced(reference, PRODUCTION)[0]
    assert cast.to_production_data(reference) is State.PRODUCTION_READY
    assert not enforced(reference, PRODUCTION)[0]
    assert cast.do(reference, Action.ACTIVATE) is State.ACTIVE
    assert enforced(reference, PRODUCTION)[0]
    steps.complete_when_told(cast.desk, Sent("activate", reference))
    view = case_view(cast.desk, cast.ana, reference)
    assert view.line.state is State.COMPLETED
    assert [card.applied for card in view.environments] == ["applied", "applied"]
    assert [event.plan[0].networks_added for event in view.history if event.action == "activate"] == [
        ("185.108.180.20/32",)
    ]
    assert isinstance(verify(), Intact)


def test_every_turn_of_the_story_is_told(cast: Cast) -> None:
    reference = cast.start()
    cast.to_test(reference)
    cast.to_production_data(reference)
    cast.do(reference, Action.ACTIVATE)
    letters = notices.latest(about=reference)
    kinds = {letter.kind for letter in letters}
    assert {"submit", "confirm", "issue-documents", "half-signed", "signatures-present", "activate"} <= kinds
    completion = {letter.recipient for letter in letters if letter.kind == "activate"}
    assert completion == {"ana@model.md", "it@model.md", "director@model.md", "tehnic@model.md"}


def test_a_private_company_pays_before_production(cast: Cast) -> None:
    reference = cast.start(PRIVATE, Kind.PRIVATE, rrsi="")
    cast.do(reference, Action.SUBMIT, Action.TAKE, Action.CONFIRM, Action.ISSUE_DOCUMENTS)
    cast.sign_all(reference)
    (invoice,) = case_view(cast.desk, cast.ana, reference).invoices
    assert invoice.bani == 1_520_000
    Case.objects.filter(reference=reference).update(state="production-ready")
    with pytest.raises(Refusal, match="not been paid"):
        steps.perform(cast.desk, cast.olga, reference, Action.ACTIVATE)
    billing.mark_paid(cast.desk, cast.fima, invoice.number, cast.clock.now().date())
    assert case_view(cast.desk, cast.ana, reference).invoices[0].standing == "paid"
    with pytest.raises(Refusal, match="paid or cancelled already"):
        billing.mark_paid(cast.desk, cast.fima, invoice.number, cast.clock.now().date())


def test_an_extension_signs_the_annex_only(cast: Cast) -> None:
    first = cast.start()
    cast.to_test(first)
    second = cast.start(system_name="Evidența autorizațiilor", rrsi="RSI-0007-2025")
    cast.do(second, Action.SUBMIT, Action.TAKE, Action.CONFIRM, Action.ISSUE_DOCUMENTS)
    assert [document.kind for document in case_view(cast.desk, cast.ana, second).documents] == ["annex"]


def test_the_same_system_twice_is_refused_while_the_first_is_open(cast: Cast) -> None:
    cast.do(cast.start(), Action.SUBMIT)
    with pytest.raises(Refusal, match="still open"):
        cast.do(cast.start(), Action.SUBMIT)


def test_an_unknown_rrsi_number_stops_the_form(cast: Cast) -> None:
    reference = cast.start(rrsi="RSI-9999-2025")
    with pytest.raises(Refusal, match="register does not know"):
        cast.do(reference, Action.SUBMIT)


def test_a_number_of_another_owner_stops_the_form(cast: Cast) -> None:
    reference = cast.start(rrsi="RSI-0001-2025")
    with pytest.raises(Refusal, match="another owner"):
        cast.do(reference, Action.SUBMIT)


def test_questions_stop_the_clock_and_must_be_answered(cast: Cast) -> None:
    reference = cast.start()
    cast.do(reference, Action.SUBMIT, Action.TAKE)
    applications.comment(cast.desk, cast.olga, reference, field="legal_basis", text="Care articol?")
    cast.do(reference, Action.ASK, reason="Vedeți întrebarea")
    assert case_view(cast.desk, cast.ana, reference).line.turn == "beneficiary"
    with pytest.raises(Refusal, match="open: 1"):
        cast.do(reference, Action.ANSWER)
    cast.fill(reference, legal_basis="Legea 124/2022, articolul 21")
    assert cast.do(reference, Action.ANSWER) is State.IN_REVIEW
    assert case_view(cast.desk, cast.olga, reference).changed_fields == {"legal_basis"}


def test_the_second_of_two_people_gets_a_clear_answer(cast: Cast) -> None:
    reference = cast.start()
    cast.do(reference, Action.SUBMIT, Action.TAKE)
    version = case_view(cast.desk, cast.olga, reference).version
    steps.perform(cast.desk, cast.olga, reference, Action.CONFIRM, version=version)
    with pytest.raises(Refusal, match="Somebody else"):
        steps.perform(cast.desk, cast.olga, reference, Action.REJECT, version=version, reason="nu")
    assert case_view(cast.desk, cast.olga, reference).line.state is State.CONFIRMED


def test_a_reopened_form_endangers_nothing(cast: Cast) -> None:
    reference = cast.start()
    cast.to_test(reference)
    cast.to_production_data(reference)
    cast.do(reference, Action.ACTIVATE, Action.REOPEN)
    before = enforced(reference, PRODUCTION)
    assert before[0]
    cast.fill(reference, volume="5000")
    cast.do(reference, Action.SUBMIT, Action.TAKE)
    assert cast.do(reference, Action.CONFIRM) is State.AWAITING_TECHNICAL_DATA
    technical.save_addresses(cast.desk, cast.ana, reference, PRODUCTION, "185.108.180.77", vpn=False)
    assert enforced(reference, PRODUCTION) == before
    assert case_view(cast.desk, cast.olga, reference).environment(PRODUCTION).plan.networks_added == (
        "185.108.180.77/32",
    )
    assert cast.do(reference, Action.WITHDRAW) is State.COMPLETED
    assert enforced(reference, PRODUCTION) == before
    view = case_view(cast.desk, cast.olga, reference)
    assert view.answers["volume"] == "1200"
    assert view.environment(PRODUCTION).plan.empty


def test_withdrawing_before_production_closes_test_access(cast: Cast) -> None:
    reference = cast.start()
    cast.to_test(reference)
    assert cast.do(reference, Action.WITHDRAW) is State.WITHDRAWN
    assert enforced(reference, TEST) == (False, [], [])
    assert not Grant.objects.filter(ended=None).exists()


def test_terminating_closes_everything(cast: Cast) -> None:
    reference = cast.start()
    cast.to_test(reference)
    cast.do(reference, Action.TERMINATE, reason="Sistemul a fost scos din uz")
    assert enforced(reference, TEST) == (False, [], [])


def test_flags_suspend_and_resume_the_gateway(cast: Cast) -> None:
    reference = cast.start()
    cast.to_test(reference)
    suspending.suspend(cast.desk, cast.ana, reference, Flag.BENEFICIARY, reason="Lucrări planificate")
    suspending.suspend(cast.desk, cast.sec, reference, Flag.INCIDENT, reason="Chei scurse")
    assert not enforced(reference, TEST)[0]
    suspending.resume(cast.desk, cast.ana, reference, Flag.BENEFICIARY)
    assert not enforced(reference, TEST)[0]
    assert case_view(cast.desk, cast.ana, reference).environment(TEST).access is Access.SUSPENDED
    suspending.resume(cast.desk, cast.sec, reference, Flag.INCIDENT)
    assert enforced(reference, TEST)[0]


def test_the_beneficiary_cannot_lift_the_operators_flag(cast: Cast) -> None:
    reference = cast.start()
    cast.to_test(reference)
    suspending.suspend(cast.desk, cast.olga, reference, Flag.OPERATOR, reason="Verificare")
    with pytest.raises(Refusal, match="Somebody else keeps"):
        suspending.resume(cast.desk, cast.ana, reference, Flag.OPERATOR)


def test_an_unpaid_invoice_suspends_after_grace_and_payment_resumes(cast: Cast) -> None:
    reference = cast.start(PRIVATE, Kind.PRIVATE, rrsi="")
    cast.do(reference, Action.SUBMIT, Action.TAKE, Action.CONFIRM, Action.ISSUE_DOCUMENTS)
    cast.sign_all(reference)
    Case.objects.filter(reference=reference).update(state="test-configured")
    case = Case.objects.get(reference=reference)
    grants.grant(cast.desk, cast.olga, case, TEST, HistoryEvent.objects.filter(case=case).latest("pk"))
    cast.clock.move(days=59)
    assert suspending.follow_fees(cast.desk) == 0
    cast.clock.move(days=3)
    assert suspending.follow_fees(cast.desk) == 1
    assert suspending.follow_fees(cast.desk) == 0
    (invoice,) = case_view(cast.desk, cast.ana, reference).invoices
    billing.mark_paid(cast.desk, cast.fima, invoice.number, cast.clock.now().date())
    assert suspending.follow_fees(cast.desk) == 1
    assert case_view(cast.desk, cast.ana, reference).line.flags == frozenset()


# --- signed copies ---------------------------------------------------------------------------------------------------

REFUSED = [
    ({"integrity": Integrity.INVALID}, "does not fit the document"),
    ({"indication": Indication.TOTAL_FAILED, "sub_indication": SubIndication.REVOKED}, "not valid (REVOKED)"),
    (
        {"indication": Indication.INDETERMINATE, "sub_indication": SubIndication.NO_CERTIFICATE_CHAIN_FOUND},
        "NO_CERTIFICATE",
    ),
    ({"modification": Modification.FORBIDDEN}, "added to the document after"),
    ({"person_id": IDNP_MARIA, "signer_name": "Maria Model"}, "another person (Maria Model)"),
    ({"person_id": None}, "does not say which person"),
]


def issued(cast: Cast) -> tuple[str, int, bytes]:
    reference = cast.start()
    cast.do(reference, Action.SUBMIT, Action.TAKE, Action.CONFIRM, Action.ISSUE_DOCUMENTS)
    number = case_view(cast.desk, cast.ana, reference).documents[0].number
    return reference, number, bytes(Document.objects.get(pk=number).issued)


@pytest.mark.parametrize(("changes", "words"), REFUSED)
def test_a_bad_signature_is_refused_with_its_exact_reason(cast: Cast, changes: dict[str, object], words: str) -> None:
    reference, number, paper = issued(cast)
    cast.judge.newest = changes
    with pytest.raises(Refusal) as caught:
        signatures.accept(cast.desk, cast.ana, reference, number, paper + f"\n% signed by {IDNP_ION}\n".encode())
    assert any(words in str(reason) for reason in caught.value.reasons)
    assert case_view(cast.desk, cast.ana, reference).documents[0].state == "issued"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda _paper: b"not a pdf", "not a PDF"),
        (lambda paper: paper, "no new signature"),
        (
            lambda paper: paper.replace(b"/Title", b"/Tutle", 1) + b"\n% signed by 2000000000004\n",
            "not the document that was issued",
        ),
        (lambda paper: paper + b"\n% an edit\n", "no new signature"),
        (lambda paper: paper + b"\n% signed by 2000000000004\n\n% signed by 2000000000004\n", "2 new signatures"),
    ],
)
def test_another_file_is_refused_with_its_exact_reason(cast: Cast, make: object, words: str) -> None:
    reference, number, paper = issued(cast)
    with pytest.raises(Refusal, match=words):
        signatures.accept(cast.desk, cast.ana, reference, number, make(paper))  # type: ignore[operator]


def test_an_uploaded_copy_counts_like_one_signed_here(cast: Cast) -> None:
    reference, number, paper = issued(cast)
    signatures.accept(cast.desk, cast.ana, reference, number, paper + f"\n% signed by {IDNP_ION}\n".encode())
    assert case_view(cast.desk, cast.ana, reference).documents[0].state == "half-signed"


def test_only_the_right_side_signs(cast: Cast) -> None:
    reference, number, _paper = issued(cast)
    with pytest.raises(Refusal, match="role"):
        signatures.start_signing(cast.desk, cast.oleg, reference, number)


def test_a_failed_or_pending_signing_changes_nothing(cast: Cast) -> None:
    reference, number, _paper = issued(cast)
    signatures.start_signing(cast.desk, cast.ana, reference, number)
    request_id = next(iter(cast.gateway.posted))
    cast.gateway.answers[request_id] = GatewayResult(SignStatus.PENDING)
    assert signatures.finish_signing(cast.desk, cast.ana, reference, number, request_id) is None
    cast.gateway.answers[request_id] = GatewayResult(SignStatus.FAILURE, "Anulat de utilizator")
    with pytest.raises(Refusal, match="Anulat de utilizator"):
        signatures.finish_signing(cast.desk, cast.ana, reference, number, request_id)
    with pytest.raises(Refusal, match="Anulat de utilizator"):  # the page is loaded again: not "accepted" now
        signatures.finish_signing(cast.desk, cast.ana, reference, number, request_id)
    assert case_view(cast.desk, cast.ana, reference).documents[0].state == "issued"


# --- technical data --------------------------------------------------------------------------------------------------


def confirmed(cast: Cast) -> str:
    reference = cast.start()
    cast.do(reference, Action.SUBMIT, Action.TAKE, Action.CONFIRM)
    return reference


def test_a_certificate_of_test_cannot_serve_production(cast: Cast) -> None:
    reference = confirmed(cast)
    cast.give(reference, TEST, "alfa-test", "185.108.180.10")
    with pytest.raises(Refusal, match="other environment"):
        cast.give(reference, PRODUCTION, "alfa-test", "185.108.180.20")


@pytest.mark.parametrize(
    ("verdict", "words"),
    [(ChainVerdict(trusted=False), "not issued by"), (ChainVerdict(trusted=True, revoked=True), "has revoked")],
)
def test_an_untrusted_or_revoked_certificate_is_refused(cast: Cast, verdict: ChainVerdict, words: str) -> None:
    reference = confirmed(cast)
    cast.chain.verdict = verdict
    with pytest.raises(Refusal, match=words):
        cast.give(reference, TEST, "alfa-test", "185.108.180.10")


def test_a_serial_in_any_spelling_names_a_registered_certificate(cast: Cast) -> None:
    reference = confirmed(cast)
    cast.give(reference, TEST, "alfa-test", "185.108.180.10")
    serial = case_view(cast.desk, cast.ana, reference).environment(TEST).certificates[0].serial
    spelled = ":".join(serial[at : at + 2] for at in range(0, len(serial), 2)).lower()
    offered = technical.inspect_serial(cast.desk, cast.ana, reference, TEST, f"0x{spelled}")
    assert isinstance(offered, technical.Offered)
    assert offered.acceptable
    unknown = technical.inspect_serial(cast.desk, cast.ana, reference, TEST, "40 00 00 01")
    assert "Send the .cer file" in str(unknown)


def test_the_first_call_moves_the_case_and_traffic_proves_test_cases(cast: Cast) -> None:
    reference = cast.start()
    cast.to_test(reference)
    testing.observe(cast.desk, reference)
    assert case_view(cast.desk, cast.ana, reference).line.state is State.TEST_CONFIGURED
    now = cast.clock.now()
    cast.calls.facts = Seen(first_call=now, last_call=now)
    cast.calls.tale = replace(whole_story(now), signings=whole_story(now).signings[1:])
    testing.observe(cast.desk, reference)
    view = case_view(cast.desk, cast.ana, reference)
    assert view.line.state is State.TESTING
    assert [test.code[-1] for test in view.tests if test.done] == ["1", "4", "5", "6"]
    with pytest.raises(Refusal, match="TC_FUNCT_02"):
        cast.do(reference, Action.VALIDATE)
    with pytest.raises(Refusal, match="Only real calls count"):
        testing.declare_test(cast.desk, cast.ana, reference, "TC_FUNCT_02", "Am anulat și am văzut motivul.")
    testing.waive_test(cast.desk, cast.olga, reference, "TC_FUNCT_02", "Sistemul nu are buton de anulare")
    waived = case_view(cast.desk, cast.ana, reference).tests[1]
    assert (waived.decision, waived.by, waived.done) == ("waived", "Olga Operator", True)
    (event,) = events(subject=f"connection:{reference}", tags=(Tag.CONNECTION_TEST,))
    assert (event.actor, event.facts["reason"]) == (cast.olga.label, "Sistemul nu are buton de anulare")


def test_a_run_is_frozen_with_the_request_to_go_live(cast: Cast) -> None:
    reference = cast.start()
    cast.to_test(reference)
    cast.to_production_data(reference)
    run = case_view(cast.desk, cast.ana, reference).run
    assert run is not None
    assert run.intact
    assert [test.result for test in run.tests] == ["passed"] * 6
    TestEvidence.objects.all().delete()
    assert case_view(cast.desk, cast.ana, reference).run == run
    event = HistoryEvent.objects.get(case__reference=reference, action="validate")
    event.data["conformance"]["cases"][0]["result"] = "failed"
    event.save()
    changed = case_view(cast.desk, cast.ana, reference).run
    assert changed is not None
    assert not changed.intact


def test_an_old_test_has_to_be_done_again(cast: Cast) -> None:
    reference = cast.start()
    cast.to_test(reference)
    cast.calls.pass_all(cast.clock.now())
    testing.observe(cast.desk, reference)
    cast.clock.moment += dt.timedelta(days=91)
    assert [test.result for test in case_view(cast.desk, cast.ana, reference).tests] == ["review"] * 6
    with pytest.raises(Refusal, match="needs a look"):
        cast.do(reference, Action.VALIDATE)
    cast.calls.pass_all(cast.clock.now())
    testing.observe(cast.desk, reference)
    assert cast.do(reference, Action.VALIDATE) is State.BENEFICIARY_VALIDATED


def test_what_only_people_can_judge_is_explained_by_the_beneficiary(cast: Cast) -> None:
    reference = cast.start()
    cast.to_test(reference)
    now = cast.clock.now()
    cast.calls.pass_all(now)
    cast.calls.tale = replace(
        cast.calls.tale, verified=(Verified(now, "other", True, 1), Verified(now, "s3", False, 1))
    )
    testing.observe(cast.desk, reference)
    assert case_view(cast.desk, cast.ana, reference).tests[4].result == "review"
    with pytest.raises(Refusal, match="TC_FUNCT_05"):
        cast.do(reference, Action.VALIDATE)
    testing.declare_test(cast.desk, cast.ana, reference, "TC_FUNCT_05", "Fișierul a fost semnat la ghișeu.")
    assert cast.do(reference, Action.VALIDATE) is State.BENEFICIARY_VALIDATED


def test_an_address_used_elsewhere_is_a_warning_without_a_name(cast: Cast) -> None:
    cast.to_test(cast.start())
    stranger = make_stranger(cast)
    reference = stranger_case(stranger)
    lines, stops = technical.inspect_addresses(cast.desk, stranger.ana, reference, TEST, "185.108.180.10", vpn=False)
    assert not stops
    assert "a system of another organisation" in str(lines[0].findings[0].sentence)


def make_stranger(cast: Cast) -> Cast:
    key = people.register_person(cast.desk, email="radu@izvor.md", name="Radu", language=Language.RU)
    found = people.actor_of(key)
    assert found is not None
    cast.ana = found
    return cast


def stranger_case(cast: Cast) -> str:
    reference = cast.start(PRIVATE, Kind.PRIVATE, rrsi="", system_name="Altul")
    cast.do(reference, Action.SUBMIT, Action.TAKE, Action.CONFIRM)
    return reference


def test_a_strangers_case_does_not_exist(cast: Cast) -> None:
    reference = cast.start()
    stranger = make_stranger(cast)
    with pytest.raises(Refusal) as caught:
        case_view(cast.desk, stranger.ana, reference)
    assert caught.value.code is Code.REQUEST_NOT_FOUND


def test_a_private_key_is_never_stored(cast: Cast) -> None:
    reference = confirmed(cast)
    key = session_pki().system("alfa-test").key_pem
    answer = technical.inspect_certificate(cast.desk, cast.ana, reference, TEST, key)
    assert "private key" in str(answer)
