"""What a report says of documents that are as they should be, in all their variety."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from msign.kernel.words import SignatureLevel
from msign.pdf.reader import PdfFile
from msign.pdf.values import as_dict
from msign.pki.evidence import NoRevocation
from msign.pki.trust import TrustStore
from msign.validation.context import ValidationContext
from msign.validation.model import Indication, Integrity, Modification, Scope, SubIndication, Verdict
from msign.validation.pades.judge import validate_pdf
from tests.support.attacks import annotation, certified, draft, filled, sneaky_signature, victim
from tests.support.pdfmaker import sample, update, write
from tests.support.pdfsign import add_dss, change, context, dump, sign, timestamp
from tests.support.pki import session_pki


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> ValidationContext:
    return context(tmp_path_factory.mktemp("trust"))


@pytest.fixture(scope="module")
def offline(judged: ValidationContext) -> ValidationContext:
    return dataclasses.replace(judged, revocation=NoRevocation())


def test_a_report_says_who_when_and_what(judged: ValidationContext) -> None:
    pdf = victim(who="maria")
    (signature,) = validate_pdf(pdf, judged).signatures
    assert signature.name == "Signature1"
    assert signature.person_id == "2000000000015"
    assert signature.organisation_id == "1000000000007"
    assert signature.certificate == session_pki().person("maria").der
    assert signature.signed_at == signature.best_signature_time
    assert signature.scope is Scope.FULL
    assert signature.revision == 1
    assert signature.signed_bytes == len(pdf)
    assert pdf[: signature.signed_bytes] == pdf
    assert signature.level is SignatureLevel.T


@pytest.mark.parametrize(
    ("pdf", "level"),
    [
        (sign(write(sample()), stamp=False), SignatureLevel.B),
        (sign(write(sample())), SignatureLevel.T),
        (add_dss(sign(write(sample()))), SignatureLevel.LT),
        (timestamp(add_dss(sign(write(sample())))), SignatureLevel.LTA),
    ],
    ids=["B", "T", "LT", "LTA"],
)
def test_levels(pdf: bytes, level: SignatureLevel, judged: ValidationContext, offline: ValidationContext) -> None:
    carries_its_evidence = level in (SignatureLevel.LT, SignatureLevel.LTA)
    online = validate_pdf(pdf, judged).signatures[0]
    assert online.indication is Indication.TOTAL_PASSED
    alone = validate_pdf(pdf, offline).signatures[0]
    assert (alone.indication is Indication.TOTAL_PASSED) is carries_its_evidence
    assert (alone if carries_its_evidence else online).level is level


def test_trusting_nobody_leaves_integrity_told(judged: ValidationContext) -> None:
    report = validate_pdf(victim(), dataclasses.replace(judged, trust=TrustStore()))
    (signature,) = report.signatures
    assert report.verdict is Verdict.UNKNOWN
    assert signature.integrity is Integrity.VALID
    assert signature.modification is Modification.NONE
    assert signature.sub_indication is SubIndication.NO_CERTIFICATE_CHAIN_FOUND


@pytest.mark.parametrize("who", ["untrusted", "revoked-before", "expired", "not-yet-valid", "suspended"])
def test_people_who_may_not_sign(who: str, judged: ValidationContext) -> None:
    report = validate_pdf(victim(who=who), judged)
    assert report.verdict is not Verdict.VALID
    assert report.signatures[0].integrity is Integrity.VALID


def test_a_document_without_signature_is_none(judged: ValidationContext) -> None:
    report = validate_pdf(write(draft()), judged)
    assert (report.verdict, report.refused, report.signatures) == (Verdict.NONE, None, ())


def test_what_cannot_be_read_is_refused_by_name(judged: ValidationContext) -> None:
    report = validate_pdf(b"no pdf", judged)
    assert (report.verdict, report.refused) == (Verdict.UNKNOWN, "pdf-not-a-pdf")


def test_document_timestamps_are_no_signatures(judged: ValidationContext) -> None:
    report = validate_pdf(timestamp(victim(), kind=b"Sig"), judged)
    assert len(report.signatures) == 1
    kinds = {stamp.kind: stamp.valid for stamp in report.signatures[0].timestamps}
    assert kinds == {"signature": True, "document": True}


def test_a_broken_document_timestamp_proves_nothing(judged: ValidationContext) -> None:
    pdf = timestamp(victim(stamp=False))
    place = pdf.rindex(b"/Contents <") + 400
    broken = pdf[:place] + (b"00" if pdf[place : place + 2] != b"00" else b"11") + pdf[place + 2 :]
    assert validate_pdf(pdf, judged).signatures[0].best_signature_time is not None
    assert validate_pdf(broken, judged).signatures[0].best_signature_time is None


def test_two_fields_with_one_value_are_one_signature(judged: ValidationContext) -> None:
    pdf = write(draft())
    opened = PdfFile.open(sign(pdf))
    fields = as_dict(opened.catalog["AcroForm"])["Fields"]
    assert isinstance(fields, list)
    objects = draft()
    number = opened.next_number + 5
    objects[number] = b"<< /FT /Sig /T (Twin) /V %s /Type /Annot /Subtype /Widget /Rect [0 0 0 0] >>" % dump(
        as_dict(opened.get(fields[-1])).get("V")
    )
    objects[1] = objects[1].replace(b"16 0 R]", b"16 0 R %d 0 R]" % number)
    report = validate_pdf(sign(write(objects, xref="table")), judged)
    assert len(report.signatures) == 1


def test_a_field_may_have_several_widgets(judged: ValidationContext) -> None:
    objects = draft()
    objects[1] = objects[1].replace(b"16 0 R]", b"16 0 R 20 0 R]")
    objects[5] = objects[5].replace(b"16 0 R]", b"16 0 R 21 0 R 22 0 R]")
    objects[20] = b"<< /FT /Sig /T (Many) /Kids [21 0 R 22 0 R] >>"
    for widget in (21, 22):
        objects[widget] = b"<< /Parent 20 0 R /Type /Annot /Subtype /Widget /F 132 /Rect [0 0 0 0] /P 5 0 R >>"
    once = sign(write(objects), number=20)
    report = validate_pdf(sign(once, who="maria", name="S2"), judged)
    assert report.verdict is Verdict.VALID
    assert [s.name for s in report.signatures] == ["Many", "S2"]


def test_a_removed_signature_is_told(judged: ValidationContext) -> None:
    pdf = sign(victim(), who="maria", name="S2")
    form = dict(as_dict(PdfFile.open(pdf).catalog["AcroForm"]))
    fields = form["Fields"]
    assert isinstance(fields, list)
    report = validate_pdf(change(pdf, 1, AcroForm=form | {"Fields": fields[:-1]}), judged)
    assert [reason.code for reason in report.reasons if reason.code == "signature-removed"]
    assert report.verdict is Verdict.CHANGED


def test_reasons_name_page_and_object(judged: ValidationContext) -> None:
    report = validate_pdf(update(victim(), {6: b"<< /Length 0 >>\nstream\n\nendstream"}), judged)
    facts = next(dict(r.facts) for r in report.signatures[0].reasons if r.code == "page-content-changed")
    assert facts == {"revision": "3", "object": "6", "page": "1", "modification": "undefined"}


def test_an_annotation_over_text_is_told_apart_from_a_note_in_the_margin(judged: ValidationContext) -> None:
    over = validate_pdf(annotation(certified(3)), judged)
    beside = validate_pdf(annotation(certified(3), rect=(60, 20, 400, 50)), judged)
    assert (over.verdict, beside.verdict) == (Verdict.CHANGED, Verdict.VALID)
    assert beside.signatures[0].scope is Scope.PARTIAL


def test_a_look_over_text_is_a_warning_where_nobody_certified(judged: ValidationContext) -> None:
    report = validate_pdf(sneaky_signature(victim()), judged)
    assert report.verdict is Verdict.VALID
    facts = next(dict(r.facts) for r in report.signatures[0].reasons if r.code == "signature-added")
    assert facts["covers-content"] == "yes"


def test_filling_a_form_is_reported_with_its_field(judged: ValidationContext) -> None:
    signature = validate_pdf(filled(certified(2)), judged).signatures[0]
    assert ("form-filled", "Sum") in [(r.code, dict(r.facts).get("name")) for r in signature.reasons]


def test_fifty_signatures_are_all_judged(judged: ValidationContext) -> None:
    pdf = write(sample())
    for index in range(50):
        pdf = sign(pdf, name=f"S{index}", who="maria" if index % 2 else "ion-p256")
    report = validate_pdf(pdf, judged)
    assert report.verdict is Verdict.VALID
    assert [s.revision for s in report.signatures] == list(range(1, 51))


def test_a_path_is_judged_like_bytes(tmp_path: Path, judged: ValidationContext) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(victim())
    assert validate_pdf(path, judged) == validate_pdf(path.read_bytes(), judged)
