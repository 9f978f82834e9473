"""VerifySignatures in the contract's words: order, messages, languages, hashes compared item by item."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from msign.faces.soap.contract import NAMESPACE
from msign.faces.soap.options import SoapOptions
from msign.faces.soap.verdicts import NOT_KNOWN_NOW, NOT_VALID
from msign.kernel.errors import Code, MSignError
from msign.kernel.languages import Language
from msign.pki.certificate import load_certificate, subject_text
from msign.validation.model import Indication, Integrity, Modification, Reason, Severity, SubIndication, Verdict
from tests.support.pki import session_pki
from tests.unit.soap.support import SCHEMA, Answer, Desk, envelope, report, signature

HASH = bytes(range(32))
OTHER = bytes(32)


def ask(*items: tuple[bytes | None, bytes], kind: str = "Hash", language: str | None = "en") -> bytes:
    contents = "".join(
        "<VerificationContent>"
        + (f"<Content>{base64.b64encode(content).decode()}</Content>" if content is not None else "")
        + f"<CorrelationID>item-{at}</CorrelationID><Signature>{base64.b64encode(signed).decode()}</Signature>"
        "</VerificationContent>"
        for at, (content, signed) in enumerate(items)
    )
    spoken = "" if language is None else f"<Language>{language}</Language>"
    return envelope(
        f'<VerifySignatures xmlns="{NAMESPACE}"><request><Contents>{contents}</Contents>{spoken}'
        f"<SignedContentType>{kind}</SignedContentType></request></VerifySignatures>"
    )


def told(answer: Answer) -> list[tuple[str, str, str]]:
    assert answer.status == 200
    SCHEMA.assertValid(answer.tree)
    found = answer.tree.iter(f"{{{NAMESPACE}}}VerificationResult")
    names = ("CorrelationID", "SignaturesValid", "Message")
    return [tuple(one.findtext(f"{{{NAMESPACE}}}{name}") or "" for name in names) for one in found]  # type: ignore[misc]


@pytest.mark.parametrize(
    ("language", "good", "bad"),
    [
        ("ro", "Semnătura este validă", "Semnătura nu este validă"),
        ("RU", "Подпись действительна", "Подпись недействительна"),
        ("en", "The signature is valid", "The signature is not valid"),
        ("", "Semnătura este validă", "Semnătura nu este validă"),
        (None, "Semnătura este validă", "Semnătura nu este validă"),
    ],
)
async def test_messages_in_three_languages_and_request_order(
    desk: Desk, language: str | None, good: str, bad: str
) -> None:
    desk.validator.by_content = {b"<a/>": report(signature(content_digest=HASH)), b"<b/>": report(verdict=Verdict.NONE)}
    answer = await desk.post(ask((HASH, b"<a/>"), (HASH, b"<b/>"), language=language))
    assert told(answer) == [("item-0", "true", good), ("item-1", "false", bad)]
    assert sorted(desk.validator.seen) == [b"<a/>", b"<b/>"]


async def test_a_good_signature_over_another_hash_is_not_valid(desk: Desk) -> None:
    desk.validator.reports = [report(signature(content_digest=OTHER))]
    answer = await desk.post(ask((HASH, b"<a/>")))
    assert told(answer)[0][1] == "false"
    assert b"<SignatureValid>false</SignatureValid>" in answer.body


async def test_a_report_without_the_digest_is_not_believed(desk: Desk) -> None:
    desk.validator.reports = [report(signature(content_digest=None))]
    assert told(await desk.post(ask((HASH, b"<a/>"))))[0][1] == "false"


async def test_hashes_are_compared_item_by_item(desk: Desk) -> None:
    desk.validator.by_content = {
        b"<a/>": report(signature(content_digest=OTHER)),
        b"<b/>": report(signature(content_digest=HASH)),
    }
    answer = await desk.post(ask((HASH, b"<a/>"), (OTHER, b"<b/>")))
    assert [one[1] for one in told(answer)] == ["false", "false"]


async def test_a_pdf_tells_one_certificate_for_each_signature(desk: Desk) -> None:
    bad = signature(indication=Indication.TOTAL_FAILED, integrity=Integrity.INVALID, signed_at=None)
    desk.validator.reports = [report(signature(), bad, verdict=Verdict.INVALID)]
    answer = await desk.post(ask((None, b"%PDF-1.7"), kind="Pdf"))
    assert told(answer)[0][1] == "false"
    flags = [one.text for one in answer.tree.iter(f"{{{NAMESPACE}}}SignatureValid")]
    assert flags == ["true", "false"]
    assert answer.body.count(b"<SignedAt>2026-03-02T09:15:30Z</SignedAt>") == 1


async def test_content_beside_a_pdf_is_ignored(desk: Desk) -> None:
    desk.validator.reports = [report(signature())]
    assert told(await desk.post(ask((b"x", b"%PDF-1.7"), kind="Pdf")))[0][1] == "true"


async def test_a_change_after_signing_is_not_valid(desk: Desk) -> None:
    changed = signature(modification=Modification.FORBIDDEN)
    desk.validator.reports = [report(changed, verdict=Verdict.CHANGED)]
    answer = await desk.post(ask((None, b"%PDF-1.7"), kind="Pdf"))
    assert b"<SignatureValid>false</SignatureValid>" in answer.body


async def test_without_signatures_certificates_are_omitted(desk: Desk) -> None:
    answer = await desk.post(ask((None, b"%PDF-1.7"), kind="Pdf"))
    assert told(answer)[0][1] == "false"
    assert b"Certificates" not in answer.body


async def test_an_unreadable_file_is_a_negative_result_and_no_fault(desk: Desk) -> None:
    desk.validator.by_content = {
        b"garbage": MSignError(Code.UNREADABLE_DOCUMENT, "no PDF"),
        b"<a/>": report(signature(content_digest=HASH)),
    }
    answer = await desk.post(ask((HASH, b"garbage"), (HASH, b"<a/>")))
    assert [one[1] for one in told(answer)] == ["false", "true"]


async def test_many_items_keep_their_order_whichever_is_judged_first(desk: Desk) -> None:
    items = [b"<n%d/>" % at for at in range(40)]
    desk.validator.by_content = {xml: report(signature(content_digest=HASH)) for xml in items[::3]}
    answer = await desk.post(ask(*((HASH, xml) for xml in items)))
    assert [(name, valid) for name, valid, _ in told(answer)] == [
        (f"item-{at}", "true" if at % 3 == 0 else "false") for at in range(40)
    ]


async def test_an_engine_that_could_not_run_is_a_fault_and_no_verdict(desk: Desk) -> None:
    desk.validator.reports = [RuntimeError("broken")]
    assert (await desk.post(ask((HASH, b"<a/>")))).fault[0] == "Server"


async def test_a_xades_of_absurd_size_is_a_negative_result(desk: Desk) -> None:
    answer = await desk.post(ask((HASH, bytes(8 * 1024 * 1024 + 1))))
    assert told(answer)[0][1] == "false"
    assert desk.validator.seen == []


async def test_large_items_reach_the_engine_whole(desk: Desk) -> None:
    large = b"%PDF-" + bytes(300_000)
    desk.validator.reports = [report(signature())]
    assert told(await desk.post(ask((None, large), kind="Pdf")))[0][1] == "true"
    assert desk.validator.seen == [large]
    assert desk.store.created == 0


async def test_the_subject_is_cut_at_250_characters(desk: Desk) -> None:
    desk.validator.reports = [report(signature(subject="CN=" + "ă" * 400))]
    answer = await desk.post(ask((None, b"%PDF-1.7"), kind="Pdf"))
    (subject,) = [one.text for one in answer.tree.iter(f"{{{NAMESPACE}}}Subject")]
    assert len(subject or "") == 250


async def test_a_signature_without_certificate_counts_but_is_not_listed(desk: Desk) -> None:
    desk.validator.reports = [
        report(signature(), signature(certificate=None, indication=Indication.INDETERMINATE), verdict=Verdict.UNKNOWN)
    ]
    answer: Any = await desk.post(ask((None, b"%PDF-1.7"), kind="Pdf"))
    assert told(answer)[0][1] == "false"
    assert answer.body.count(b"<VerificationCertificate>") == 1


@pytest.mark.parametrize("order", ["reverse", "encoded"])
async def test_the_subject_is_read_from_the_certificate_in_the_order_of_the_setting(tmp_path: Path, order: str) -> None:
    person = session_pki().person("ion-p256")
    desk = Desk(tmp_path, options=SoapOptions(subject_order=order))
    desk.validator.reports = [report(signature(certificate=person.der))]
    answer = await desk.post(ask((None, b"%PDF-1.7"), kind="Pdf"))
    (subject,) = [one.text for one in answer.tree.iter(f"{{{NAMESPACE}}}Subject")]
    assert subject == subject_text(load_certificate(person.der), order)
    assert "2000000000004" in subject
    assert {part.partition("=")[0] for part in subject.split(", ")} >= {"CN", "SERIALNUMBER", "C"}
    assert (subject.partition("=")[0] == "C") == (order == "encoded")
    desk.app.close()


def outage(**changes: Any) -> Any:
    """A signature that nobody could ask the status of."""
    reasons = (Reason("signer-revocation-unknown"), Reason("counter-signature-noted", Severity.INFORM))
    facts = {"indication": Indication.INDETERMINATE, "sub_indication": SubIndication.TRY_LATER, "reasons": reasons}
    return signature(**{"content_digest": HASH, **facts, **changes})


@pytest.mark.parametrize(
    ("doubtful", "later"),
    [
        ([outage()], True),
        ([outage(), signature(content_digest=HASH)], True),
        ([outage(), outage(integrity=Integrity.INVALID, sub_indication=SubIndication.HASH_FAILURE)], False),
        ([outage(content_digest=OTHER)], False),
        ([outage(reasons=(Reason("signer-revocation-unknown"), Reason("document-changed")))], False),
        ([outage(reasons=(Reason("signer-certificate-suspended"),))], False),
        ([outage(sub_indication=SubIndication.NO_CERTIFICATE_CHAIN_FOUND)], False),
        ([], False),
    ],
)
async def test_an_outage_of_status_services_is_told_in_the_message(
    desk: Desk, doubtful: list[Any], later: bool
) -> None:
    desk.validator.by_content = {b"<a/>": report(*doubtful, verdict=Verdict.UNKNOWN)}
    [(_, valid, message)] = told(await desk.post(ask((HASH, b"<a/>"))))
    assert valid == "false"
    assert message == (NOT_KNOWN_NOW if later else NOT_VALID)[Language.EN]


async def test_what_a_call_brings_lies_in_the_folder_of_the_options_and_goes(tmp_path: Path) -> None:
    store, scratch = tmp_path / "store", tmp_path / "data" / "scratch"
    store.mkdir()
    desk = Desk(store, options=SoapOptions(scratch=scratch))
    try:
        await desk.post(ask((None, bytes(300_000)), kind="Pdf"))
    finally:
        desk.app.close()
    assert len(desk.validator.seen[0]) == 300_000
    assert list(scratch.iterdir()) == []
