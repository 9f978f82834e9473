"""The page of instruments: who may see it, what it says of a provider in trouble."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client, override_settings

from msign.connections.actors import Actor
from msign.faces.desk import urls
from msign.faces.desk.base import SESSION_KEY
from msign.faces.desk.instruments import InstrumentRow, ProviderRow
from msign.kernel.languages import Language
from tests.support.desk import Cast, make_cast
from tests.unit.desk.conftest import FakeImages

NAMES = {Language.RO: "Semnătura mobilă", Language.RU: "Мобильная подпись", Language.EN: "Mobile signature"}
ROWS = (
    (
        InstrumentRow("mobile", NAMES, "phone", ("production", "test"), enabled=True, running=True),
        InstrumentRow("tax", {Language.RO: "Fisc"}, "tax", ("test",), enabled=False, running=False),
        InstrumentRow("lost", NAMES, "gone", ("test",), enabled=True, running=False),
    ),
    (
        ProviderRow("phone", reachable=True, last_success=None, problems=()),
        ProviderRow("card", False, dt.datetime(2026, 3, 1, 9, 0, tzinfo=dt.UTC), ("a token is shorter than 20",)),
        ProviderRow("app", True, None, (), checked_at=dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)),
        ProviderRow("qes", True, None, (), dt.datetime(2026, 3, 3, 9, 0, tzinfo=dt.UTC), "answered 503"),
    ),
)


class Addresses:
    def __init__(self, cast: Cast) -> None:
        self.urlpatterns = urls.patterns(cast.desk, FakeImages(), overview=lambda: ROWS)


@pytest.fixture
def cast(tmp_path: Path, db: None) -> Iterator[Cast]:
    made = make_cast(tmp_path)
    with override_settings(ROOT_URLCONF=Addresses(made)):
        yield made


def _read(actor: Actor, language: str = "en") -> tuple[int, str]:
    client = Client(headers={"Accept-Language": language})
    session = client.session
    session[SESSION_KEY] = actor.person_id
    session.save()
    answer = client.get("/connect/desk/instruments/")
    return answer.status_code, answer.content.decode()


def test_reviewer_and_security_see_it(cast: Cast) -> None:
    for actor in (cast.olga, cast.sec):
        status, text = _read(actor)
        assert status == 200
        assert "/connect/desk/instruments/" in text.split("<main")[0]


def test_others_do_not(cast: Cast) -> None:
    for actor in (cast.ana, cast.fima, cast.aud, cast.oleg):
        assert _read(actor)[0] == 403


def test_what_is_wrong_is_said(cast: Cast) -> None:
    text = _read(cast.olga)[1]
    for part in (
        "a token is shorter than 20",
        "Does not answer",
        "1 March 2026",
        "Looked at: 2 March 2026",
        "Being asked again",
        "answered 503",
        "Switched off",
        "No provider",
        "Offered",
    ):
        assert part in text


@pytest.mark.parametrize(("language", "words"), [("ro", "Semnătura mobilă"), ("ru", "Мобильная подпись")])
def test_in_the_language_of_the_person(cast: Cast, language: str, words: str) -> None:
    text = _read(cast.olga, language)[1]
    assert words in text
    assert "Fisc" in text
