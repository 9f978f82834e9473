"""One test for each way in which a provider's result can fail, and that the good one passes."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from msign.kernel.errors import Code, MSignError
from msign.kernel.words import ContentType, DelegatorType, FailureReason, SignatureLevel
from msign.mandates.values import MandateFound, MandateQuestion, NoMandate, WhyNot
from msign.providers.base import ItemToSign, Signed, SignedItem
from msign.signrequests import judge as judging
from msign.signrequests.judge import Bad, Good, Judge, Judgement, Terms, Undecided
from msign.signrequests.values import DelegationProof, ExpectedSigner
from msign.validation.model import Indication, Integrity, Modification, SubIndication
from tests.unit.signrequests.cast import (
    CERTIFICATE,
    HASH,
    ORGANISATION,
    OTHER,
    PERSON,
    FakeValidator,
    passed,
    pdf,
)


class Case:
    """A posted PDF and hash with their results in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "posted.pdf").write_bytes(pdf())
        (folder / "signed.pdf").write_bytes(pdf() + b"% signed")
        (folder / "signed.xml").write_bytes(b"<Signature/>")
        self.pdf = ItemToSign("1", ContentType.PDF, document=folder / "posted.pdf")
        self.hash = ItemToSign("2", ContentType.HASH, digest=HASH)
        self.answer = Signed(
            (SignedItem("1", folder / "signed.pdf"), SignedItem("2", folder / "signed.xml")), CERTIFICATE
        )
        self.terms = Terms(items=(self.pdf, self.hash), signer_id=PERSON, expected=ExpectedSigner(PERSON))
        self.validator = FakeValidator()
        self.register: Register = Register(NoMandate())

    def judged(self) -> Judgement:
        return Judge(self.validator, self.register).judge(self.answer, self.terms)

    def reason(self) -> FailureReason:
        verdict = self.judged()
        assert isinstance(verdict, Bad)
        return verdict.reason


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path)


def test_a_good_result_stands(case: Case) -> None:
    assert case.judged() == Good(CERTIFICATE, PERSON)


def test_who_waits_hears_how_many_items_are_judged(case: Case) -> None:
    heard: list[int] = []
    Judge(case.validator).judge(case.answer, case.terms, told=heard.append)
    assert heard == [0, 1]


@pytest.mark.parametrize("ids", [("1",), ("1", "2", "3"), ("1", "1"), ("2", "3"), ()])
def test_missing_extra_and_duplicate_items(case: Case, ids: tuple[str, ...]) -> None:
    case.answer = Signed(tuple(SignedItem(one, case.folder / "signed.pdf") for one in ids), CERTIFICATE)
    assert case.reason() is FailureReason.INCOMPLETE_ANSWER


def test_an_item_without_a_file_and_one_behind_a_link(case: Case) -> None:
    (case.folder / "signed.xml").unlink()
    assert case.reason() is FailureReason.INCOMPLETE_ANSWER
    (case.folder / "signed.xml").symlink_to(case.folder / "signed.pdf")
    assert case.reason() is FailureReason.INCOMPLETE_ANSWER


@pytest.mark.parametrize("data", [pdf("another") + b"% signed", b"", pdf()[:-1], b" " + pdf() + b"% signed"])
def test_another_document_than_the_posted_one(case: Case, data: bytes) -> None:
    (case.folder / "signed.pdf").write_bytes(data)
    assert case.reason() is FailureReason.WRONG_DOCUMENT


@pytest.mark.parametrize("modification", [Modification.FORBIDDEN, Modification.UNDEFINED])
def test_something_laid_over_the_document_together_with_the_signature(case: Case, modification: Modification) -> None:
    case.validator.modification = modification
    assert case.reason() is FailureReason.WRONG_DOCUMENT


def test_another_hash_than_the_posted_one(case: Case) -> None:
    case.validator.report = passed(content_digest=HASH[::-1])
    assert case.reason() is FailureReason.WRONG_DOCUMENT


def test_no_new_signature_and_two_new_ones(case: Case) -> None:
    case.validator.report = passed(signed_bytes=10)
    assert case.reason() is FailureReason.NOT_INTACT
    case.validator.report = passed()
    case.validator.earlier = (passed(name="Signature2", signed_bytes=10_000),)
    assert case.reason() is FailureReason.NOT_INTACT


def test_an_earlier_signature_may_be_there_but_not_be_broken(case: Case) -> None:
    case.validator.earlier = (passed(name="Earlier", signed_bytes=10),)
    assert case.judged()
    case.validator.earlier = (passed(name="Earlier", signed_bytes=10, modification=Modification.FORBIDDEN),)
    assert case.reason() is FailureReason.WRONG_DOCUMENT


def test_an_earlier_signature_that_was_broken_before_is_not_our_business(case: Case) -> None:
    broken = passed(name="Earlier", signed_bytes=10, modification=Modification.FORBIDDEN)
    case.validator.earlier = case.validator.earlier_before = (broken,)
    assert isinstance(case.judged(), Good)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"integrity": Integrity.INVALID}, FailureReason.NOT_INTACT),
        ({"modification": Modification.FORBIDDEN}, FailureReason.WRONG_DOCUMENT),
        ({"level": SignatureLevel.B}, FailureReason.NO_TIMESTAMP),
        ({"level": SignatureLevel.UNKNOWN}, FailureReason.NO_TIMESTAMP),
        ({"signed_at": None}, FailureReason.NO_TIMESTAMP),
        ({"indication": Indication.INDETERMINATE}, FailureReason.UNTRUSTED),
        ({"indication": Indication.TOTAL_FAILED}, FailureReason.UNTRUSTED),
        ({"certificate": None}, FailureReason.SIGNER_MISMATCH),
        ({"certificate": b"another"}, FailureReason.SIGNER_MISMATCH),
        ({"person_id": OTHER}, FailureReason.SIGNER_MISMATCH),
        ({"person_id": None}, FailureReason.SIGNER_MISMATCH),
    ],
)
def test_a_signature_that_does_not_stand(case: Case, changes: dict[str, object], reason: FailureReason) -> None:
    case.validator.report = passed(**changes)
    assert case.reason() is reason


@pytest.mark.parametrize("sub_indication", [one for one in SubIndication if one is not SubIndication.TRY_LATER])
def test_every_subindication_is_a_failure_even_if_the_engine_called_it_passed(
    case: Case, sub_indication: SubIndication
) -> None:
    for indication in (Indication.INDETERMINATE, Indication.TOTAL_FAILED):
        case.validator.report = passed(indication=indication, sub_indication=sub_indication)
        assert isinstance(case.reason(), FailureReason)


def test_revocation_that_cannot_be_asked_now_is_asked_again(case: Case) -> None:
    case.validator.report = passed(
        indication=Indication.INDETERMINATE, sub_indication=SubIndication.TRY_LATER, level=SignatureLevel.B
    )
    assert isinstance(case.judged(), Undecided)
    case.validator.report = replace(case.validator.report, integrity=Integrity.INVALID)
    assert case.reason() is FailureReason.NOT_INTACT


def test_what_the_engine_cannot_read(case: Case) -> None:
    case.validator.refused = "pdf-too-deep"
    assert case.reason() is FailureReason.NOT_INTACT
    case.validator.error = MSignError(Code.UNREADABLE_DOCUMENT, "broken")
    assert case.reason() is FailureReason.NOT_INTACT
    case.validator.error = MSignError(Code.UNAVAILABLE, "away", retry=True)
    assert isinstance(case.judged(), Undecided)


@pytest.mark.parametrize("code", ["time-limit", "worker-failed"])
def test_a_machine_that_is_too_busy_to_judge_judges_again(case: Case, code: str) -> None:
    case.validator.refused = code
    verdict = case.judged()
    assert isinstance(verdict, Undecided)
    assert verdict.reason is FailureReason.NOT_INTACT


def test_a_result_that_grew_beyond_reason(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "MAX_PDF_GROWTH", 3)
    assert case.reason() is FailureReason.NOT_INTACT


def test_a_claimed_certificate_that_is_not_the_signers(case: Case) -> None:
    case.answer = replace(case.answer, certificate=b"claimed")
    assert case.reason() is FailureReason.SIGNER_MISMATCH
    case.answer = replace(case.answer, certificate=None)
    assert case.judged()


def test_a_qualified_signature_where_the_consumer_requires_one(case: Case) -> None:
    case.terms = replace(case.terms, required_level="qualified")
    assert case.reason() is FailureReason.UNTRUSTED
    case.validator.report = passed(qualification="qualified")
    assert case.judged()


@pytest.mark.parametrize(
    ("expected", "proven"),
    [
        (ExpectedSigner(PERSON, DelegatorType.NONE, ORGANISATION), True),
        (ExpectedSigner(PERSON, DelegatorType.PERSON, PERSON), True),
        (ExpectedSigner(PERSON, DelegatorType.PERSON, OTHER), False),
        (ExpectedSigner(PERSON, DelegatorType.PERSON, None), False),
        (ExpectedSigner(PERSON, DelegatorType.ORGANIZATION, ORGANISATION), True),
        (ExpectedSigner(PERSON, DelegatorType.ORGANIZATION, "1010600034203"), False),
        (ExpectedSigner(PERSON, DelegatorType.ORGANIZATION, None), False),
    ],
)
def test_on_whose_behalf(case: Case, expected: ExpectedSigner, proven: bool) -> None:
    case.validator.report = passed(organisation_id=ORGANISATION)
    case.terms = replace(case.terms, expected=expected)
    verdict = case.judged()
    assert isinstance(verdict, Good) is proven
    if not proven:
        assert case.reason() is FailureReason.DELEGATION_UNPROVEN
        case.terms = replace(case.terms, accept_unproven_delegation=True)
        unproven = Good(CERTIFICATE, PERSON, ("delegation-unproven",), DelegationProof("unproven"))
        assert case.judged() == unproven


class Register:
    """Answers what the test wants; remembers what it was asked."""

    def __init__(self, answer: MandateFound | NoMandate | MSignError) -> None:
        self.answer = answer
        self.asked: list[MandateQuestion] = []

    def ask(self, question: MandateQuestion) -> MandateFound | NoMandate:
        self.asked.append(question)
        if isinstance(self.answer, MSignError):
            raise self.answer
        return self.answer


FOUND = MandateFound("local", "M-1", "Procura nr. 5", dt.datetime(2026, 3, 2, 10, tzinfo=dt.UTC))


@pytest.mark.parametrize(
    ("kind", "delegator"), [(DelegatorType.ORGANIZATION, ORGANISATION), (DelegatorType.PERSON, OTHER)]
)
def test_a_mandate_proves_it_where_the_certificate_does_not(case: Case, kind: DelegatorType, delegator: str) -> None:
    case.terms = replace(case.terms, expected=ExpectedSigner(PERSON, kind, delegator, 7))
    case.register = Register(FOUND)
    verdict = case.judged()
    assert isinstance(verdict, Good)
    assert verdict.notes == ("delegation-mandate", "M-1")
    proof = DelegationProof("mandate", "local", "M-1", "Procura nr. 5", "2026-03-02T10:00:00+00:00")
    assert verdict.delegation == proof
    assert case.register.asked == [MandateQuestion(kind, delegator, PERSON, 7, passed().signed_at)]  # type: ignore[arg-type]


def test_no_register_is_asked_where_the_certificate_or_the_name_proves_it(case: Case) -> None:
    case.validator.report = passed(organisation_id=ORGANISATION)
    case.register = Register(MSignError(Code.UNAVAILABLE, "away", retry=True))
    for expected in (
        ExpectedSigner(PERSON, DelegatorType.ORGANIZATION, ORGANISATION),
        ExpectedSigner(PERSON, DelegatorType.PERSON, PERSON),
        ExpectedSigner(PERSON),
    ):
        case.terms = replace(case.terms, expected=expected)
        assert isinstance(case.judged(), Good)
    assert case.register.asked == []


def test_a_register_that_is_away_decides_nothing_yet(case: Case) -> None:
    case.terms = replace(case.terms, expected=ExpectedSigner(PERSON, DelegatorType.ORGANIZATION, ORGANISATION))
    case.register = Register(MSignError(Code.UNAVAILABLE, "away", retry=True))
    assert case.judged() == Undecided("", FailureReason.DELEGATION_UNPROVEN)


def test_the_nearest_miss_is_told_to_the_trail(case: Case) -> None:
    case.terms = replace(case.terms, expected=ExpectedSigner(PERSON, DelegatorType.ORGANIZATION, ORGANISATION))
    case.register = Register(NoMandate(WhyNot.EXPIRED))
    assert case.judged() == Bad(FailureReason.DELEGATION_UNPROVEN, "", ("delegation", "expired"))
