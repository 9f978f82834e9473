"""Which language a page speaks."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client, override_settings

from tests.support import pages

UNKNOWN = "/no-such-page"


@pytest.fixture
def client(tmp_path: Path) -> Client:
    made = pages.build(tmp_path)
    with override_settings(ROOT_URLCONF=made, **pages.NO_DATABASE):
        yield Client()


@pytest.mark.parametrize(
    ("query", "header", "expected"),
    [
        ("", "", "ro"),
        ("", "de-DE,de;q=0.9", "ro"),
        ("", "ru-RU,ru;q=0.9,en;q=0.8", "ru"),
        ("", "en;q=0.4,ru;q=0.7", "ru"),
        ("", "en;q=x, ru;q=0", "ro"),
        ("?lang=en", "ru", "en"),
        ("?LANG=RU", "", "ru"),
        ("?lang=klingon", "ru", "ro"),
        ("?lang=ro%3FredirectUrl=x", "ru", "ro"),
        ("?lang=", "ru", "ru"),
    ],
)
def test_parameter_then_browser_then_romanian(client: Client, query: str, header: str, expected: str) -> None:
    response = client.get(UNKNOWN + query, headers={"Accept-Language": header})
    assert f'<html lang="{expected}">' in response.text
    assert response.headers["Content-Language"] == expected


def test_an_explicit_choice_is_remembered(client: Client) -> None:
    client.get(f"{UNKNOWN}?lang=ru")
    assert '<html lang="ru">' in client.get(UNKNOWN, headers={"Accept-Language": "en"}).text


def test_the_browsers_wish_is_not_stored(client: Client) -> None:
    response = client.get(UNKNOWN, headers={"Accept-Language": "en"})
    assert "msign-lang" not in response.cookies


def test_the_choice_links_keep_the_rest_of_the_address(client: Client) -> None:
    assert "?page=2&amp;lang=ru" in client.get(f"{UNKNOWN}?page=2&lang=en").text


def test_each_choice_is_named_in_its_own_language(client: Client) -> None:
    text = client.get(UNKNOWN).text
    for code, name in (("ro", "Română"), ("ru", "Русский"), ("en", "English")):
        assert f'lang="{code}" hreflang="{code}"' in text
        assert name in text
