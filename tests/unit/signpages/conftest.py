"""Sign pages on fakes, without a database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import Client, override_settings

from tests.support import documents
from tests.support import pages as support
from tests.support.pages import Pages


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    documents.write_pdf(tmp_path / "doc", pages=3)
    made = support.build(tmp_path)
    cache.clear()
    with override_settings(ROOT_URLCONF=made, LANGUAGE_CODE="ro", **support.NO_DATABASE):
        yield made


@pytest.fixture
def client() -> Client:
    return Client(headers={"Accept-Language": "en"})


@pytest.fixture
def strict_client() -> Client:
    """A browser whose forms are checked for their origin."""
    return Client(enforce_csrf_checks=True, headers={"Accept-Language": "en"})
