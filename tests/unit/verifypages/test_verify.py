"""The verify page: one sentence first, then why and who can act; nothing is kept."""

from __future__ import annotations

import base64
import html
import json
import os
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import translation

from msign.faces.verifypages import words
from msign.kernel.languages import Language
from msign.validation.model import Indication, Integrity, Modification, Reason, Scope, SubIndication, Verdict
from msign.validation.reports.machine import machine_report
from msign.validation.reports.sentences import sentence
from tests.support import reports
from tests.support.documents import write_pdf
from tests.support.pages import Pages

PDF = b"%PDF-1.7\nsigned part\nand what came later\n"


def send(client: Client, content: bytes = PDF, name: str = "Contract.pdf", **more: object) -> str:
    response = client.post("/verify", {"document": SimpleUploadedFile(name, content), **more})
    assert response.status_code == 303, response.text
    return str(response.headers["Location"])


def show(pages: Pages, client: Client, report: object) -> str:
    pages.judge.report = report
    return client.get(send(client)).text


def test_the_verdict_comes_first_in_one_sentence(pages: Pages, client: Client) -> None:
    text = show(pages, client, reports.document(Verdict.VALID, reports.signature()))
    assert "<h1>The signature is valid</h1>" in text
    assert "<title>The signature is valid – Verification – MSign</title>" in text
    for fact in ("Ion Model", "2000000000004", "2 March 2026, 11:15, confirmed by a time-stamp", "Qualified"):
        assert fact in text


@pytest.mark.parametrize(
    ("verdict", "words_first"),
    [
        (Verdict.CHANGED, "The signature is not valid"),
        (Verdict.INVALID, "The signature is not valid"),
        (Verdict.UNKNOWN, "Cannot be determined"),
        (Verdict.NONE, "The document contains no signatures"),
    ],
)
def test_every_other_verdict_says_who_can_act(pages: Pages, client: Client, verdict: Verdict, words_first: str) -> None:
    report = reports.document(verdict)
    assert f"<h1>{words_first}</h1>" in show(pages, client, report)
    with translation.override("en"):
        assert words.document_sentence(report).action


def test_a_refused_file_is_not_called_invalid(pages: Pages, client: Client) -> None:
    text = show(pages, client, reports.document(Verdict.UNKNOWN, refused="too-many-objects"))
    assert "<h1>Cannot be determined</h1>" in text
    assert "could not be read safely" in text


def test_two_signatures_are_two_cards(pages: Pages, client: Client) -> None:
    second = reports.signature(signer_name="Maria Model", signed_at=None, claimed_time=reports.MOMENT)
    text = show(pages, client, reports.document(Verdict.VALID, reports.signature(), second))
    assert "All signatures are valid" in text
    assert text.count("<article") == 2
    assert "according to the signer; no time-stamp confirms it" in text


def test_a_changed_document_offers_what_was_signed(pages: Pages, client: Client) -> None:
    pages.judge.report = reports.changed()
    address = send(client)
    assert "The document was changed after this signature" in client.get(address).text
    response = client.get(f"{address}/signed/1")
    assert b"".join(response.streaming_content) == PDF[:12]
    assert "Contract.signed-version-1.pdf" in response.headers["Content-Disposition"]


def test_a_broken_signature_says_nothing_of_what_was_signed(pages: Pages, client: Client) -> None:
    broken = reports.signature(indication=Indication.TOTAL_FAILED, integrity=Integrity.INVALID)
    pages.judge.report = reports.document(Verdict.INVALID, broken)
    address = send(client)
    text = client.get(address).text
    assert "Nothing was added or changed" not in text
    assert "Download what was signed" not in text
    assert client.get(f"{address}/signed/1").status_code == 404


@pytest.mark.parametrize("number", [0, 2])
def test_there_is_no_other_signed_version(pages: Pages, client: Client, number: int) -> None:
    pages.judge.report = reports.changed()
    assert client.get(f"{send(client)}/signed/{number}").status_code == 404


@pytest.mark.parametrize("sub", list(SubIndication))
@pytest.mark.parametrize("language", ["ro", "ru", "en"])
def test_every_sub_indication_has_a_reason_and_an_action(sub: SubIndication, language: str) -> None:
    report = reports.signature(indication=Indication.INDETERMINATE, sub_indication=sub)
    with translation.override(language):
        told = words.signature_sentence(report)
    revoked = sub in {SubIndication.REVOKED_NO_POE, SubIndication.REVOKED_CA_NO_POE}
    assert told.kind == ("error" if revoked else "warning")
    assert told.meaning
    assert told.action


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, "success"),
        ({"modification": Modification.PERMITTED}, "success"),
        ({"modification": Modification.UNDEFINED}, "error"),
        ({"modification": Modification.FORBIDDEN}, "error"),
        ({"integrity": Integrity.INVALID}, "error"),
        ({"indication": Indication.TOTAL_FAILED}, "error"),
        ({"indication": Indication.INDETERMINATE}, "warning"),
    ],
)
def test_only_what_passed_is_shown_as_valid(changes: dict[str, object], kind: str) -> None:
    assert words.signature_sentence(reports.signature(**changes)).kind == kind


def test_the_tables_are_complete() -> None:
    assert words._DOCUMENT.keys() == set(Verdict)
    assert words._WHY.keys() == set(SubIndication)


def test_a_partial_signature_says_so(pages: Pages, client: Client) -> None:
    text = show(pages, client, reports.document(Verdict.VALID, reports.signature(scope=Scope.PARTIAL)))
    assert "Only a part of the document" in text
    assert "<h1>The signature is valid</h1>" in text
    assert 'class="verdict warning"' in text
    assert "covers only a part of what you see" in text


def test_reasons_are_told_in_words_with_a_remedy(pages: Pages, client: Client) -> None:
    reason = Reason("document-digest-differs")
    text = show(
        pages, client, reports.document(Verdict.INVALID, reports.signature(reasons=(reason,)), reasons=(reason,))
    )
    assert "document-digest-differs" not in text
    assert sentence(reason, Language.EN).text in html.unescape(text)


def test_the_report_for_programs_is_the_one_of_the_command(pages: Pages, client: Client) -> None:
    pages.judge.report = reports.changed()
    response = client.get(f"{send(client)}/report.json")
    assert response.json() == machine_report(reports.changed(), "Contract.pdf", Language.EN)
    assert "attachment" in response.headers["Content-Disposition"]


def test_signed_and_present_pages_stand_side_by_side(pages: Pages, client: Client, tmp_path: Path) -> None:
    document = write_pdf(tmp_path / "a.pdf", pages=2).read_bytes()
    signature = reports.signature(modification=Modification.FORBIDDEN, signed_bytes=len(document))
    pages.judge.report = reports.document(Verdict.CHANGED, signature)
    address = send(client, document + b"\n% something later\n")
    assert f'href="{address}/compare/1"' in client.get(address).text
    text = client.get(f"{address}/compare/1").text
    for version in ("0", "1"):
        assert f'src="{address}/versions/{version}/2.png"' in text
        assert client.get(f"{address}/versions/{version}/2.png").headers["Content-Type"] == "image/png"
    assert client.get(f"{address}/versions/1/3.png").status_code == 404
    assert client.get(f"{address}/compare/2").status_code == 404


def test_pages_that_cannot_be_drawn_are_said_so(pages: Pages, client: Client) -> None:
    pages.judge.report = reports.changed()
    assert "cannot be shown here" in client.get(f"{send(client)}/compare/1").text


def test_what_a_file_claims_is_escaped(pages: Pages, client: Client) -> None:
    evil = reports.signature(signer_name="<script>x</script>", subject="<b>")
    text = show(pages, client, reports.document(Verdict.VALID, evil))
    assert "<script>x" not in text
    assert "<b>" not in text


def test_an_xml_signature_goes_with_its_original(pages: Pages, client: Client) -> None:
    client.get(send(client, b"<?xml version='1.0'?><x/>", "s.xml", original=SimpleUploadedFile("a.txt", b"words")))
    assert pages.judge.asked == [("document", "a.txt")]


def test_a_report_is_made_once(pages: Pages, client: Client) -> None:
    address = send(client)
    client.get(address)
    client.get(address)
    assert len(pages.judge.asked) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "Choose the signed document"),
        (b"", "The chosen file is empty"),
        (b"PK\x05\x06", "neither a PDF nor a signature nor a container"),
        (PDF + b"0" * 1_000_000, "The file is larger than"),
    ],
)
def test_each_refusal_says_what_to_do(pages: Pages, client: Client, content: bytes | None, said: str) -> None:
    data = {} if content is None else {"document": SimpleUploadedFile("a.pdf", content)}
    response = client.post("/verify", data)
    assert response.status_code == 422
    assert said in response.text
    assert response.text.index("error-summary") < response.text.index("<h1")


@pytest.mark.parametrize("head", [b"<ds:Signature/>", b"\x30\x82\x01\x00", b"\x30\x80", b"PK\x03\x04", b"\xff\xfe<\0"])
def test_signatures_and_containers_of_every_kind_are_taken(pages: Pages, client: Client, head: bytes) -> None:
    response = client.post("/verify", {"document": SimpleUploadedFile("a.bin", head + b" rest")})
    assert response.status_code == 303


def test_files_are_gone_when_their_time_is_over(pages: Pages, client: Client, tmp_path: Path) -> None:
    address = send(client)
    assert "11:30" in client.get(address).text
    pages.clock.move(minutes=15)
    response = client.get(address)
    assert response.status_code == 404
    assert "no longer kept" in response.text
    send(client)
    assert not (tmp_path / "verify" / address.rsplit("/", 1)[1]).exists()


def test_files_are_gone_when_asked(pages: Pages, client: Client, tmp_path: Path) -> None:
    address = send(client)
    assert client.post(f"{address}/forget").status_code == 303
    assert list((tmp_path / "verify").iterdir()) == []
    assert client.get(address).status_code == 404


def test_an_upload_that_was_cut_is_swept_later(pages: Pages, client: Client, tmp_path: Path) -> None:
    half = tmp_path / "verify" / ("0" * 32)
    half.mkdir(parents=True)
    os.utime(half, (0, 0))
    send(client)
    assert not half.exists()


@pytest.mark.parametrize("token", ["0" * 32, "..", "x", "../../etc"])
def test_a_guessed_token_finds_nothing(pages: Pages, client: Client, token: str) -> None:
    assert client.get(f"/verify/{token}").status_code == 404
    assert client.post(f"/verify/{token}/forget").status_code in {303, 404}


def test_the_file_name_is_kept_out_of_the_folder_names(pages: Pages, client: Client, tmp_path: Path) -> None:
    send(client, name="../../evil.pdf")
    [place] = (tmp_path / "verify").iterdir()
    assert sorted(path.name for path in place.iterdir()) == ["document", "facts.json"]
    assert json.loads((place / "facts.json").read_text("utf-8"))["name"] == "evil.pdf"


def test_changing_the_language_judges_nothing(pages: Pages, client: Client) -> None:
    response = client.post("/verify", {"lang": "ro"})
    assert response.status_code == 200
    assert "Verifică semnătura" in response.text
    assert "error-summary" not in response.text


def given(client: Client, digests: str) -> object:
    xml = SimpleUploadedFile("s.xml", b"<?xml version='1.0'?><x/>")
    return client.post("/verify", {"document": xml, "original_digests": digests, "original_name": "../a.txt"})


def test_the_digest_of_an_original_goes_in_its_place(pages: Pages, client: Client, tmp_path: Path) -> None:
    response = given(client, "sha256:" + base64.b64encode(bytes(32)).decode())
    text = client.get(response.headers["Location"]).text  # type: ignore[attr-defined]
    assert pages.judge.asked == [("document", "a.txt")]
    assert "a.txt stayed on your device" in text
    [place] = (tmp_path / "verify").iterdir()
    assert not (place / "original").exists()


@pytest.mark.parametrize("digests", ["sha256:AAAA", "md5:" + "A" * 24, "sha256", "sha256:*", "x" * 2000])
@pytest.mark.usefixtures("pages")
def test_digests_that_are_none_are_refused(client: Client, digests: str) -> None:
    assert given(client, digests).status_code == 422  # type: ignore[attr-defined]
