"""Error pages are designed, speak three languages and tell nothing they should not."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.urls import path

from msign.frame import errors
from msign.kernel.errors import Code, MSignError
from tests.support import pages


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("secret detail")


@pytest.fixture
def client(tmp_path: Path) -> Client:
    made = pages.build(tmp_path)
    made.urlpatterns.append(path("broken", broken))
    with override_settings(ROOT_URLCONF=made, **pages.NO_DATABASE):
        yield Client(raise_request_exception=False)


def test_an_internal_error_gives_a_reference_and_no_detail(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, logger="msign.frame.errors"):
        response = client.get("/broken?lang=en")
    assert response.status_code == 500
    assert "secret detail" not in response.text
    [record] = [record for record in caplog.records if record.name == "msign.frame.errors"]
    reference = record.getMessage().rsplit(" ", 1)[1]
    assert reference in response.text


@pytest.mark.parametrize("language", ["ro", "ru", "en"])
def test_each_page_has_its_frame(client: Client, language: str) -> None:
    text = client.get(f"/none?lang={language}").text
    assert text.count("<h1>") == 1
    assert 'href="#main"' in text
    assert f'<html lang="{language}">' in text


def test_an_unreadable_form_is_a_designed_400(client: Client) -> None:
    response = client.post("/none", data=b"x", content_type="multipart/form-data; boundary=")
    assert response.status_code == 400
    assert "<h1>" in response.text


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (OperationalError("the database is locked"), 503),
        (InterfaceError("connection already closed"), 503),
        (MSignError(Code.UNAVAILABLE, "the disk is nearly full", retry=True), 503),
        (MSignError(Code.INTERNAL, "a defect"), 500),
        (IntegrityError("a defect"), 500),
    ],
)
def test_what_is_away_for_a_moment_is_said_so_on_every_face(
    tmp_path: Path, error: Exception, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    made = pages.build(tmp_path)
    made.requests.broken = made.judge.broken = error
    with override_settings(ROOT_URLCONF=made, **pages.NO_DATABASE), caplog.at_level(logging.CRITICAL):
        client = Client(raise_request_exception=False, headers={"Accept-Language": "en"})
        document = SimpleUploadedFile("a.pdf", b"%PDF-1.7", "application/pdf")
        answers = [
            client.get(f"/{pages.REQUEST_ID}"),
            client.post(f"/{pages.REQUEST_ID}/sign"),
            client.post("/verify", {"document": document}, follow=True),
        ]
    for response in answers:
        assert response.status_code == status
        assert "secret" not in response.text
        assert ("Retry-After" in response.headers) is (status == 503)
        assert "Content-Security-Policy" in response.headers


@pytest.mark.parametrize("seconds", [0, 31_536_000])
def test_https_is_promised_where_people_use_it(client: Client, seconds: int) -> None:
    with override_settings(SECURE_HSTS_SECONDS=seconds):
        said = client.get("/none").headers.get("Strict-Transport-Security")
    assert said == (f"max-age={seconds}" if seconds else None)


@pytest.mark.parametrize(
    ("handler", "status"), [(errors.forbidden, 403), (errors.csrf_failure, 403), (errors.unavailable, 503)]
)
def test_the_rare_ones(client: Client, handler: object, status: int) -> None:
    response = handler(RequestFactory().get("/"))
    assert response.status_code == status
    assert "<h1>" in response.text
    assert "Content-Security-Policy" in response.headers
