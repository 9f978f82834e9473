"""Headers of every page."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.http import HttpResponse
from django.test import Client, override_settings

from msign.frame import security
from tests.support import pages

PUBLISHED = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


def test_the_policy_is_the_published_one() -> None:
    assert security.policy({}) == PUBLISHED


def test_every_answer_carries_the_headers(tmp_path: Path) -> None:
    with override_settings(ROOT_URLCONF=pages.build(tmp_path), **pages.NO_DATABASE):
        response = Client().get("/nothing")
    assert response.headers["Content-Security-Policy"] == PUBLISHED
    assert response.headers["Referrer-Policy"] == "same-origin"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_an_exception_holds_for_one_directive_of_one_response() -> None:
    response = HttpResponse()
    security.allow(response, "form-action", "https://app.example:8443/after?x=1")
    security.add_headers(response)
    assert "form-action 'self' https://app.example:8443; " in response.headers["Content-Security-Policy"]
    assert "connect-src 'self'; " in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://app.example/x", "https://app.example"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
        ("https://țară.example/", "https://xn--ar-kla13i.example"),
        ("https://a.example; script-src *", ""),
        ("https://a.example:notaport/", ""),
        ("javascript:alert(1)", ""),
        ("https://", ""),
        ("https://user@app.example", "https://app.example"),
    ],
)
def test_only_a_plain_origin_enters_the_header(address: str, origin: str) -> None:
    assert security.origin_of(address) == origin


def test_an_unknown_directive_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError):
        security.allow(HttpResponse(), "img-source", "https://app.example")
