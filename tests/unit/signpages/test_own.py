"""Home, about, and "sign your own document"."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from msign.kernel.errors import Code
from msign.kernel.words import SignStatus
from tests.support.pages import REQUEST_ID, Pages, pdf_content, request_view

PAGE = f"/{REQUEST_ID}"
PDF = b"%PDF-1.7\n%invented\n"


def upload(name: str = "Contract.pdf", content: bytes = PDF) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "application/pdf")


def test_the_home_page_offers_both_acts(pages: Pages, client: Client) -> None:
    text = client.get("/").text
    assert 'href="/sign"' in text
    assert 'href="/verify"' in text


def test_the_footer_leads_somewhere(pages: Pages, client: Client) -> None:
    text = client.get("/about").text
    for anchor in ("help", "data", "accessibility", "terms"):
        assert f'id="{anchor}"' in text
        assert f'href="/about#{anchor}"' in text


def test_limits_and_keeping_are_stated_before_choosing(pages: Pages, client: Client) -> None:
    text = client.get("/sign").text
    assert "At most 3 PDF documents, each up to 1\u00a0MB, together up to 2\u00a0MB." in text
    assert "at the latest 24 hours" in text
    assert 'aria-describedby="id_documents-hint"' in text


def test_uploaded_documents_are_posted_and_signed_on_the_same_page(
    pages: Pages, client: Client, tmp_path: Path
) -> None:
    response = client.post("/sign", {"documents": [upload("../a.pdf"), upload("b.pdf", PDF + b"2")]})
    assert (response.status_code, response.headers["Location"]) == (303, PAGE)
    [request] = pages.requests.posted
    assert [item.name for item in request.contents] == ["a.pdf", "b.pdf"]
    assert all(item.multiple_signatures for item in request.contents)
    assert (tmp_path / request.contents[1].key).read_bytes() == PDF + b"2"
    assert "Your documents" in client.get(PAGE).text


def test_signed_documents_are_offered_to_who_uploaded_them(pages: Pages, client: Client) -> None:
    client.post("/sign", {"documents": [upload()]})
    done = request_view(system_id="own", status=SignStatus.SUCCESS, contents=(pdf_content(signature_key="doc"),))
    pages.requests.put(done)
    assert f'href="{PAGE}/files/1/signed"' in client.get(PAGE).text
    assert f'href="{PAGE}/files/1/signed"' not in Client().get(PAGE).text


def test_documents_are_removed_at_once_for_who_uploaded_them_and_asks(pages: Pages, client: Client) -> None:
    client.post("/sign", {"documents": [upload()]})
    client.post(f"{PAGE}/remove")
    assert pages.requests.views, "what is not finished stays"
    pages.requests.put(request_view(system_id="own", status=SignStatus.SUCCESS))
    assert f'action="{PAGE}/remove"' in client.get(PAGE).text
    assert Client().post(f"{PAGE}/remove").status_code == 404
    assert pages.requests.views, "a stranger removes nothing"
    response = client.post(f"{PAGE}/remove", follow=True)
    assert "Your documents are removed from this service" in response.text
    assert pages.requests.views == {}


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([], "Choose at least one PDF document"),
        ([upload(content=b"")], "The chosen document is empty"),
        ([upload("letter.docx", b"PK\x03\x04")], "“letter.docx” is not a PDF document"),
        ([upload(content=PDF + b"0" * 1_000_000)], "“Contract.pdf” is too large"),
        ([upload() for _ in range(4)], "Choose at most 3 documents"),
        ([upload(content=PDF + b"0" * 900_000) for _ in range(3)], "The documents are too large together"),
    ],
)
def test_each_refusal_says_what_to_do(
    pages: Pages, client: Client, files: list[SimpleUploadedFile], words: str
) -> None:
    for file in files:
        file.seek(0)
    response = client.post("/sign", {"documents": files})
    assert response.status_code == 422
    assert words in response.text
    assert "<title>Error: " in response.text
    assert 'href="#id_documents"' in response.text
    assert pages.requests.posted == []


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (Code.INVALID_PARAMETER, "damaged, or it opens only with a password"),
        (Code.TOO_LARGE, "too large together"),
        (Code.LIMIT_EXCEEDED, "could not be accepted now"),
    ],
)
def test_what_the_gateway_refuses_leaves_no_file(
    pages: Pages, client: Client, tmp_path: Path, code: Code, words: str
) -> None:
    before = set(tmp_path.iterdir())
    pages.requests.refuse_post = code
    assert words in client.post("/sign", {"documents": [upload()]}).text
    assert set(tmp_path.iterdir()) == before


def test_changing_the_language_judges_nothing(pages: Pages, client: Client) -> None:
    response = client.post("/sign", {"lang": "ru"})
    assert response.status_code == 200
    assert '<html lang="ru">' in response.text
    assert "error-summary" not in response.text


def test_uploading_needs_our_own_form(pages: Pages, strict_client: Client) -> None:
    assert strict_client.post("/sign", {"documents": [upload()]}).status_code == 403
    assert pages.requests.posted == []
