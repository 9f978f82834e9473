"""The desk's pages over a real database, with a gateway that signs at once."""

from __future__ import annotations

import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import Client, override_settings

from msign.connections.actors import Actor
from msign.faces.desk import urls
from msign.faces.desk.base import SESSION_KEY
from msign.frame.previews import Outline
from tests.support.desk import Cast, make_cast


class FakeImages:
    def outline(self, document: Path) -> Outline:
        return Outline(((900, 1273),), 1)

    def image(self, document: Path, page: int) -> bytes:
        return b"\x89PNG"

    def text(self, document: Path) -> Sequence[str]:
        return ["text"]


@dataclass
class Pages:
    """Browsers of people."""

    cast: Cast
    clients: dict[int | None, Client] = field(default_factory=dict)

    def of(self, actor: Actor | None, language: str = "en") -> Client:
        client = Client(headers={"Accept-Language": language})
        if actor is not None:
            session = client.session
            session[SESSION_KEY] = actor.person_id
            session.save()
        return client


@pytest.fixture
def pages(tmp_path: Path, db: None) -> Iterator[Pages]:
    cast = make_cast(tmp_path)
    module = types.ModuleType("desk_urls")
    module.urlpatterns = urls.patterns(cast.desk, FakeImages())  # type: ignore[attr-defined]
    module.handler404 = "msign.frame.errors.not_found"  # type: ignore[attr-defined]
    cache.clear()
    with override_settings(ROOT_URLCONF=module):
        yield Pages(cast)
