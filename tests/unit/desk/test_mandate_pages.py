"""The page of mandates: who sees it, adding, finding without numbers in addresses, ending, evidence, three languages."""

from __future__ import annotations

import datetime as dt

import pytest

from msign.connections.actors import Actor
from msign.kernel.ids import new_request_id
from msign.kernel.languages import Language
from msign.mandates import queries, services
from msign.mandates.values import Mandate
from msign.signrequests.models import SignRequest
from tests.unit.desk.conftest import Pages

URL = "/connect/desk/mandates/"
ONE = f"{URL}M-17/2026/"
FORM = {
    "delegator_type": "Organization",
    "delegator_id": "1000000000007",
    "delegate_id": "2000000000004",
    "number": "M-17/2026",
    "basis": "Procura nr. 5 din 27.02.2026",
    "role": "",
    "valid_from": "2020-03-01",
    "valid_until": "",
}


def _get(pages: Pages, actor: Actor, url: str = URL, language: str = "en") -> str:
    answer = pages.of(actor).get(url, headers={"Accept-Language": language})
    assert answer.status_code == 200
    return answer.content.decode()


def _post(pages: Pages, actor: Actor, url: str = URL, **values: str) -> tuple[int, str]:
    answer = pages.of(actor).post(url, values, headers={"Accept-Language": "en"}, follow=True)
    return answer.status_code, answer.content.decode()


@pytest.fixture
def known(pages: Pages) -> Mandate:
    assert _post(pages, pages.cast.olga, **FORM)[0] == 200
    found = queries.mandate("M-17/2026")
    assert found is not None
    return found


def test_the_table_of_rights_decides(pages: Pages, known: Mandate) -> None:
    cast = pages.cast
    for actor in (cast.olga, cast.sec, cast.aud):
        assert known.number in _get(pages, actor)
        assert known.basis in _get(pages, actor, ONE)
    for actor in (cast.fima, cast.oleg, cast.ana):
        assert pages.of(actor).get(URL).status_code == pages.of(actor).get(ONE).status_code == 403
    assert "Add the mandate" not in _get(pages, cast.sec)
    assert "End the mandate now" not in _get(pages, cast.aud, ONE)
    assert _post(pages, cast.sec, **(FORM | {"number": "M-18"}))[0] == 403
    assert _post(pages, cast.aud, ONE, reason="x")[0] == 403
    assert queries.mandate("M-18") is None


def test_adding_says_what_is_wrong_and_keeps_what_was_typed(pages: Pages) -> None:
    status, text = _post(pages, pages.cast.olga, **(FORM | {"delegate_id": "12", "valid_until": "2019-01-01"}))
    assert status == 422
    assert "Enter an IDNP of 13 digits" in text
    assert "Procura nr. 5" in text
    for name, words in (("basis", "Name the paper"), ("valid_from", "Enter a day"), ("number", "Enter a number")):
        status, text = _post(pages, pages.cast.olga, **(FORM | {name: ""}))
        assert status == 422
        assert words in text
    assert queries.mandate("M-17/2026") is None


def test_the_same_again_is_no_news_and_another_content_is_refused(pages: Pages, known: Mandate) -> None:
    assert "It was known already" in _post(pages, pages.cast.olga, **FORM)[1]
    status, text = _post(pages, pages.cast.olga, **(FORM | {"basis": "altceva"}))
    assert status == 422
    assert "known with other content" in text
    assert queries.mandate(known.number) == known


@pytest.mark.parametrize("text", ["M-17", "procura NR. 5", "2000000000004", "1000000000007"])
def test_a_search_finds_and_leaves_no_trace_in_addresses(pages: Pages, known: Mandate, text: str) -> None:
    services.add(
        [Mandate("X-1", known.delegator_type, "1000000000018", "2000000000015", "alt act", known.valid_from)],
        at=pages.cast.desk.clock.now(), actor="test",
    )  # fmt: skip
    client = pages.of(pages.cast.aud)
    answer = client.post(URL, {"find": "1", "q": text})
    assert answer.status_code == 200
    assert "M-17/2026" in answer.content.decode()
    assert "X-1" not in answer.content.decode()
    assert f'href="{URL}?' not in answer.content.decode()
    assert b"M-17/2026" not in client.post(URL, {"find": "1", "q": "nothing like it"}).content


def test_ending_needs_a_reason_and_counts_once(pages: Pages, known: Mandate) -> None:
    status, text = _post(pages, pages.cast.sec, ONE, reason="")
    assert status == 422
    assert "Say why it ends" in text
    assert "Ended. What was signed before" in _post(pages, pages.cast.sec, ONE, reason="Procura a fost revocată")[1]
    found = queries.mandate(known.number)
    assert found is not None
    assert (found.revoked_at, found.revoked_why) == (pages.cast.desk.clock.now(), "Procura a fost revocată")
    status, text = _post(pages, pages.cast.sec, ONE, reason="again")
    assert "It was ended already" in text
    assert "End the mandate now" not in text


def test_evidence_names_who_and_what_leaned_on_it(pages: Pages, known: Mandate) -> None:
    now = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
    for reference in (known.number, known.number, "another"):
        SignRequest.objects.create(
            id=new_request_id(), created_at=now, expires_at=now, finished_at=now,
            delegation={"how": "mandate", "register": "local", "reference": reference},
        )  # fmt: skip
    text = _get(pages, pages.cast.aud, ONE)
    assert "2 signatures that are still kept leaned on it, the last one on 2 March 2026" in text
    assert pages.cast.olga.label in text
    assert "In force" in text


def test_days_count_whole(pages: Pages) -> None:
    text = _post(pages, pages.cast.olga, **(FORM | {"valid_from": "2026-01-05", "valid_until": "2026-12-31"}))[1]
    assert "5 January 2026 – 31 December 2026" in text


def test_what_is_not_there_is_not_found(pages: Pages) -> None:
    assert pages.of(pages.cast.olga).get(f"{URL}none/").status_code == 404
    assert pages.of(pages.cast.olga).post(f"{URL}none/", {"reason": "x"}).status_code == 404


@pytest.mark.parametrize(("language", "words"), [(Language.RO, "Împuterniciri"), (Language.RU, "Полномочия")])
def test_in_the_language_of_the_person(pages: Pages, known: Mandate, language: Language, words: str) -> None:
    assert words in _get(pages, pages.cast.olga, URL, language.value)
    assert words in _get(pages, pages.cast.olga, ONE, language.value)
