"""Files that come in are bounded and known by their content; files that go out are saved, never shown in our origin."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from msign.connections.certificates import MAX_UPLOAD_BYTES
from msign.connections.documents import checks
from msign.connections.fees import Kind
from msign.connections.models import Case, Certificate, Document, Invoice
from msign.connections.services import billing
from msign.connections.states import Action
from msign.faces.desk.tables import csv_file
from tests.support.desk import PRIVATE
from tests.support.pki import session_pki
from tests.unit.connections.test_certificates import made
from tests.unit.desk.conftest import Pages

HTML = b"<html><script>alert(1)</script></html>"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("system.cer", b"", "The submitted file is empty|The file is empty|Choose the certificate file"),
        ("system.cer", b"\x30" * (MAX_UPLOAD_BYTES + 1), "too large for a certificate"),
        ("system.cer", HTML, "not a certificate"),
        ("system.cer", b"%PDF-1.7\n", "not a certificate"),
        ("photo.png", None, "What we read"),  # what counts is the content, whatever the name says
    ],
)
def test_a_certificate_is_known_by_its_content(pages: Pages, name: str, content: bytes | None, words: str) -> None:
    reference = pages.cast.start()
    pages.cast.do(reference, Action.SUBMIT, Action.TAKE, Action.CONFIRM)
    data = session_pki().system("alfa-test").der if content is None else content
    answer = pages.of(pages.cast.ana).post(
        f"/connect/cases/{reference}/certificate/test/", {"file": SimpleUploadedFile(name, data, "image/png")}
    )
    assert answer.status_code == (200 if content is None else 422)
    assert any(one in answer.content.decode() for one in words.split("|"))
    assert not Certificate.objects.exists()


def issued(pages: Pages) -> tuple[str, int]:
    reference = pages.cast.start(PRIVATE, Kind.PRIVATE, rrsi="")
    pages.cast.do(reference, Action.SUBMIT, Action.TAKE, Action.CONFIRM, Action.ISSUE_DOCUMENTS)
    return reference, Document.objects.filter(case__reference=reference).latest("pk").pk


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (HTML, "not a PDF"),
        (b"%PDF-1.7\nanother", "not the document that was issued"),
        (b"%PDF-" + bytes(checks.MAX_COPY_BYTES), "too large for this document"),
    ],
    ids=["markup", "another", "large"],
)
def test_a_signed_copy_is_known_by_its_content(pages: Pages, content: bytes, words: str) -> None:
    reference, number = issued(pages)
    answer = pages.of(pages.cast.ana).post(
        f"/connect/cases/{reference}/documents/{number}/",
        {"copy": SimpleUploadedFile("contract.pdf", content, "application/pdf")},
    )
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert Document.objects.get(pk=number).state == "issued"


def test_every_file_is_a_download_that_nothing_sniffs(pages: Pages) -> None:
    reference, number = issued(pages)
    billing.issue_first(pages.cast.desk, Case.objects.select_related("organisation").get(reference=reference))
    invoice = Invoice.objects.get().pk
    case = f"/connect/cases/{reference}"
    ana, fima, olga = (pages.of(one) for one in (pages.cast.ana, pages.cast.fima, pages.cast.olga))
    answers = [
        ana.get(f"{case}/documents/{number}/paper/"),
        ana.get(f"{case}/invoices/{invoice}/"),
        ana.get(f"{case}/sent/receipt.pdf"),
        fima.get("/connect/desk/lists/invoices/?csv=1"),
        olga.get("/connect/desk/?tab=all&csv=1"),
        olga.get("/connect/desk/lists/systems/?csv=1"),
    ]
    for answer in answers:
        assert answer.status_code == 200
        assert answer["Content-Disposition"].startswith("attachment; filename=")
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Type"].split(";")[0] in ("application/pdf", "text/csv")


def test_a_certificate_without_an_end_is_shown(pages: Pages) -> None:
    """RFC 5280 writes "no end" as the last second of 9999, for which there is no local time."""
    reference = pages.cast.start()
    pages.cast.do(reference, Action.SUBMIT, Action.TAKE, Action.CONFIRM)
    der = made(until=dt.datetime(9999, 12, 31, 23, 59, 59, tzinfo=dt.UTC)).der
    shown = pages.of(pages.cast.ana).post(
        f"/connect/cases/{reference}/certificate/test/", {"file": SimpleUploadedFile("a.cer", der)}
    )
    assert "31 December 9999" in shown.content.decode()


def test_no_cell_of_a_table_is_a_formula_whatever_parts_the_columns() -> None:
    rows = [["=1+1", "Alfa;=HYPERLINK(1)", "Beta\n+1", "-", "5-6; a"]]
    text = csv_file("a.csv", ["a"], rows).content.decode()
    assert text.splitlines()[1:] == ["'=1+1,Alfa;'=HYPERLINK(1),\"Beta", "'+1\",'-,5-6; a"]


def test_a_message_that_is_too_long_is_shown_again(pages: Pages) -> None:
    reference = pages.cast.start()
    words = "cuvinte " * 300
    answer = pages.of(pages.cast.ana).post(
        f"/connect/cases/{reference}/comment/", {"field": "legal_basis", "text": words}
    )
    assert answer.status_code == 422
    assert words.strip() in answer.content.decode()
    assert "at most 2000 characters" in answer.content.decode()
    assert 'name="field" value="legal_basis"' in answer.content.decode()
