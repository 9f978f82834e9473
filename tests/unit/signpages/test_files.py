"""Preview, text and download of what is to be signed."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from django.test import Client

from msign.frame.pageimage import MAX_HEIGHT, WIDTH
from msign.frame.previews import LimitedPageImages
from msign.kernel.errors import Code, MSignError
from msign.kernel.words import ContentType, SignStatus
from tests.support import documents
from tests.support.pages import OTHER_ID, REQUEST_ID, Pages, hash_content, pdf_content, request_view

FILE = f"/{REQUEST_ID}/files/1"


def test_the_preview_lists_the_pages_and_loads_them_late(pages: Pages, client: Client) -> None:
    pages.requests.put(request_view())
    text = client.get(FILE).text
    assert text.count('<img loading="lazy"') == 3
    assert "3 pages" in text
    assert f'src="{FILE}/3.png"' in text
    assert f'href="{FILE}/document"' in text


def test_a_page_is_an_image_that_nobody_keeps(pages: Pages, client: Client) -> None:
    pages.requests.put(request_view())
    response = client.get(f"{FILE}/1.png")
    assert response.headers["Content-Type"] == "image/png"
    assert response.headers["Cache-Control"] == "no-store"
    assert struct.unpack(">I", response.content[16:20]) == (WIDTH,)


def test_the_text_version_holds_the_words(pages: Pages, client: Client) -> None:
    pages.requests.put(request_view())
    assert "Cerere nr. 17, page 2 of 3" in client.get(f"{FILE}/text").text


def test_the_document_itself_is_offered_under_its_name(pages: Pages, client: Client, tmp_path: Path) -> None:
    pages.requests.put(request_view(contents=(pdf_content(name="../../Cerere șț.pdf"),)))
    response = client.get(f"{FILE}/document")
    assert b"".join(response.streaming_content) == (tmp_path / "doc").read_bytes()
    assert response.headers["Content-Disposition"] == "attachment; filename*=utf-8''Cerere%20%C8%99%C8%9B.pdf"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("address", ["/files/0", "/files/2", "/files/1/4.png", "/files/2/document", "/files/1/0.png"])
def test_what_is_not_there_is_not_found(pages: Pages, client: Client, address: str) -> None:
    pages.requests.put(request_view())
    assert client.get(f"/{REQUEST_ID}{address}").status_code == 404


@pytest.mark.parametrize("address", ["/files/1", "/files/1/1.png", "/files/1/document", "/files/1/text"])
def test_expired_and_unknown_requests_show_no_files(pages: Pages, client: Client, address: str) -> None:
    pages.requests.put(request_view(status=SignStatus.EXPIRED))
    assert client.get(f"/{REQUEST_ID}{address}").status_code == 404
    assert client.get(f"/{OTHER_ID}{address}").status_code == 404


def test_a_hash_has_no_document(pages: Pages, client: Client) -> None:
    pages.requests.put(request_view(content_type=ContentType.HASH, contents=(hash_content(),)))
    assert client.get(f"{FILE}/document").status_code == 404


@pytest.mark.django_db  # closing the answer looks at the connection that an earlier test may have left open
def test_signed_documents_go_only_to_who_uploaded_them_here(pages: Pages, client: Client) -> None:
    contents = (pdf_content(signature_key="doc"),)
    pages.requests.put(request_view(status=SignStatus.SUCCESS, contents=contents))
    assert client.get(f"{FILE}/signed").status_code == 404
    pages.requests.put(request_view(status=SignStatus.SUCCESS, contents=contents, system_id="own"))
    response = client.get(f"{FILE}/signed")
    assert 'filename="Cerere nr. 17.signed.pdf"' in response.headers["Content-Disposition"]


def test_a_broken_document_costs_only_its_preview(pages: Pages, client: Client, tmp_path: Path) -> None:
    (tmp_path / "doc").write_bytes(b"%PDF-1.7 nothing more")
    pages.requests.put(request_view())
    response = client.get(FILE)
    assert response.status_code == 200
    assert "The pages cannot be shown here" in response.text
    assert client.get(f"{FILE}/1.png").status_code == 404


def test_a_page_of_any_shape_stays_within_the_bounds(tmp_path: Path) -> None:
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(tmp_path / "long.pdf"), pagesize=(50, 14_000))
    canvas.showPage()
    canvas.save()
    [(width, height)] = LimitedPageImages().outline(tmp_path / "long.pdf").pages
    assert width >= 1
    assert height <= MAX_HEIGHT


def test_a_worker_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    document = documents.write_pdf(tmp_path / "a.pdf")
    with pytest.raises(MSignError) as caught:
        LimitedPageImages(seconds=0.001).outline(document)
    assert caught.value.code in {Code.UNREADABLE_DOCUMENT, Code.UNAVAILABLE}


def test_the_worker_sees_none_of_our_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MSIGN_SECRET_KEY", "secret")
    worker = LimitedPageImages()
    out = worker._run(["/bin/sh", "-c", "env"])
    assert b"MSIGN_SECRET_KEY" not in out
