"""Verify pages on a judge that says what the test wants."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client, override_settings

from tests.support import pages as support
from tests.support.pages import Pages


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    made = support.build(tmp_path)
    with override_settings(ROOT_URLCONF=made, **support.NO_DATABASE):
        yield made


@pytest.fixture
def client() -> Client:
    return Client(headers={"Accept-Language": "en"})
