"""The whole story through the pages, as a browser without JavaScript goes through it."""

from __future__ import annotations

import re
import types
from dataclasses import replace
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings

from msign.connections.models import Case, Document, Person
from msign.connections.questions import asked_pages
from msign.connections.states import Action, State
from msign.faces.desk import urls
from msign.faces.desk.base import SESSION_KEY
from msign.notices import queries as notices
from tests.support.desk import ANSWERS, PUBLIC
from tests.support.pki import session_pki
from tests.unit.desk.conftest import FakeImages, Pages


def words_of(client: Client, url: str, status: int = 200) -> str:
    response = client.get(url)
    assert response.status_code == status, url
    return response.content.decode()


def test_a_person_signs_in_with_the_letter_of_the_local_mailbox(pages: Pages) -> None:
    client = pages.of(None)
    assert client.get("/connect/cases/").url == "/connect/sign-in/?next=%2Fconnect%2Fcases%2F"  # type: ignore[attr-defined]
    client.post("/connect/sign-in/", {"email": "nou@model.md", "name": "Om Nou"})
    (letter,) = notices.latest()
    link = re.search(r"http://localhost:8080(/connect/sign-in/\S+)", letter.text)
    assert link
    assert "Sign in" in words_of(client, link[1])
    assert client.post(link[1]).url == "/connect/cases/"  # type: ignore[attr-defined]
    assert "Om Nou" in words_of(client, "/connect/cases/")
    assert client.post(link[1]).status_code == 410


def test_what_a_stranger_types_with_an_address_does_not_become_the_persons(pages: Pages) -> None:
    """Name and language count once the link is used, and a name that is known stays."""
    ana = {"pk": pages.cast.ana.person_id}
    before = Person.objects.values("name", "language").get(**ana)
    pages.of(None, "ru").post("/connect/sign-in/", {"email": pages.cast.ana.email, "name": "Alt Nume"})
    assert Person.objects.values("name", "language").get(**ana) == before
    link = re.search(r"/connect/sign-in/\S+", next(iter(notices.latest())).text)
    assert link
    pages.of(None).post(link[0])
    assert Person.objects.values("name", "language").get(**ana) == {"name": before["name"], "language": "ru"}


def test_one_visitor_fills_no_strangers_mailboxes(pages: Pages) -> None:
    policy = replace(pages.cast.desk.policy, links_for_visitor=1)
    few = types.ModuleType("few_links")
    few.urlpatterns = urls.patterns(replace(pages.cast.desk, policy=policy), FakeImages())  # type: ignore[attr-defined]
    with override_settings(ROOT_URLCONF=few):
        client = pages.of(None)
        assert client.post("/connect/sign-in/", {"email": "unu@model.md"}).status_code == 302
        answer = client.post("/connect/sign-in/", {"email": "doi@model.md"})
    assert answer.status_code == 429
    assert "doi@model.md" in answer.content.decode()
    assert [letter.recipient for letter in notices.latest()] == ["unu@model.md"]


def test_what_was_typed_when_the_session_had_ended_stands_on_the_page_after_signing_in(pages: Pages) -> None:
    reference = pages.cast.start()
    case = f"/connect/cases/{reference}/"
    page, client = f"{case}form/purpose-of-use/", pages.of(None)
    away = client.post(page, {"legal_basis": "Legea 124, scrisă pe îndelete"})
    assert away.headers["Location"] == f"/connect/sign-in/?{urlencode({'next': page})}"
    client.post(away.headers["Location"], {"email": pages.cast.ana.email})
    link = re.search(r"/connect/sign-in/\S+", next(iter(notices.latest())).text)
    assert link
    back = client.post(link[0])
    assert client.session.get_expiry_age() <= 12 * 3600
    shown = words_of(client, back.headers["Location"])
    assert "scrisă pe îndelete" in shown
    assert "You were signed out before this was saved" in shown
    assert "scrisă pe îndelete" not in words_of(client, page)


def test_a_message_sent_when_the_session_had_ended_is_shown_on_the_case(pages: Pages) -> None:
    reference = pages.cast.start()
    case, client = f"/connect/cases/{reference}/", pages.of(None)
    away = client.post(f"{case}comment/", {"field": "", "text": "Un mesaj lung"})
    assert away.headers["Location"] == f"/connect/sign-in/?{urlencode({'next': case})}"
    session = client.session
    session[SESSION_KEY] = pages.cast.ana.person_id
    session.save()
    assert "it was not saved: Un mesaj lung" in words_of(client, case)


def test_an_address_that_is_none_keeps_what_was_typed(pages: Pages) -> None:
    response = pages.of(None).post("/connect/sign-in/", {"email": "nu-i-adresa", "name": "Om Nou"})
    assert response.status_code == 422
    assert "nu-i-adresa" in response.content.decode()
    assert "nume@institutie.md" in response.content.decode()


@pytest.mark.parametrize("language", ["ro", "ru", "en"])
def test_a_public_body_walks_from_the_form_to_production(pages: Pages, language: str) -> None:
    cast = pages.cast
    ana, olga, oleg = (pages.of(actor, language) for actor in (cast.ana, cast.olga, cast.oleg))
    home = ana.post(
        "/connect/new/", {"purpose": "new-system", "kind": "public", "number": f" {PUBLIC[:6]} {PUBLIC[6:]}"}
    ).url  # type: ignore[attr-defined]
    answers = {"purpose": "new-system", "service": "msign", **ANSWERS}
    for page in asked_pages({**answers, "kind": "public"}):
        words_of(ana, f"{home}form/{page.slug}/")
        response = ana.post(
            f"{home}form/{page.slug}/", {field.name: answers.get(field.name, "") for field in page.fields}
        )
        assert response.status_code == 302, page.slug
    assert ana.post(f"{home}check/").status_code == 422  # users not confirmed
    assert ana.post(f"{home}check/", {"users_ready": "on"}).url == f"{home}sent/"  # type: ignore[attr-defined]
    reference = home.split("/")[3]
    assert reference in words_of(ana, f"{home}sent/")

    review = f"/connect/desk/{reference}/"
    assert reference in words_of(olga, "/connect/desk/?tab=new")
    for action in ("take", "confirm", "issue-documents"):
        words_of(olga, review)
        assert olga.post(review, {"action": action}).status_code == 302, action

    for client in (ana, oleg):
        for document in Document.objects.filter(case__reference=reference):
            words_of(client, f"{home}documents/{document.pk}/")
            sign_url = client.post(f"{home}documents/{document.pk}/", {"sign": "1"}).url  # type: ignore[attr-defined]
            assert sign_url.endswith(f"lang={language}")  # whatever the account's language: that of the page goes on
            back = sign_url.split("ReturnUrl=http://localhost:8080")[1].split("&")[0]
            assert client.post(back, {"RequestID": "whatever"}).status_code == 302
            assert client.get(back).status_code == 302
    assert Case.objects.get(reference=reference).state == State.AWAITING_TECHNICAL_DATA

    give_data(ana, home, "test", "alfa-test", "185.108.180.10")
    assert ana.post(f"{home}do/give-test-data/").status_code == 302
    assert olga.post(review, {"action": "configure-test"}).status_code == 302
    now = cast.clock.now()
    cast.calls.pass_all(now)
    words_of(ana, f"{home}tests/")
    assert ana.post(f"{home}do/validate/").status_code == 302
    assert olga.post(review, {"action": "confirm-compliance"}).status_code == 302
    give_data(ana, home, "production", "alfa-production", "185.108.180.20")
    words_of(ana, f"{home}promotion/")
    assert ana.post(f"{home}do/give-production-data/").status_code == 302
    assert "185.108.180.20" in words_of(olga, review)
    assert olga.post(review, {"action": "activate"}).status_code == 302
    assert Case.objects.get(reference=reference).state == State.ACTIVE
    for url in (home, f"{home}history/", f"{home}documents/", f"{home}check/", review, "/connect/desk/lists/"):
        words_of(olga, url)


def give_data(client: Client, home: str, environment: str, certificate: str, address: str) -> None:
    der = session_pki().system(certificate).der
    upload = SimpleUploadedFile("system.cer", der)
    shown = client.post(f"{home}certificate/{environment}/", {"file": upload})
    assert shown.status_code == 200
    confirmed = re.search(r'name="confirmed" value="([^"]+)"', shown.content.decode())
    assert confirmed
    assert client.post(f"{home}certificate/{environment}/", {"confirmed": confirmed[1]}).status_code == 302
    assert client.post(f"{home}addresses/{environment}/", {"addresses": address}).status_code == 302


def test_bad_input_keeps_what_was_typed_and_says_what_to_do(pages: Pages) -> None:
    reference = pages.cast.start()
    client = pages.of(pages.cast.ana)
    url = f"/connect/cases/{reference}/form/contacts/"
    response = client.post(
        url, {"contact_mailbox": "nu e adresă", "technical_email": "a@b.md", "technical_phone": "12"}
    )
    text = response.content.decode()
    assert response.status_code == 422
    assert 'value="nu e adresă"' in text
    assert text.count("nume@institutie.md") == 2  # in the summary and beside the field
    assert "<title>Error:" in text
    assert pages.of(pages.cast.ana).get(url).content.decode().count("nu e adresă") == 1  # the draft kept it too


def test_a_stale_form_is_answered_and_keeps_what_was_typed(pages: Pages) -> None:
    reference = pages.cast.start()
    client = pages.of(pages.cast.ana)
    url = f"/connect/cases/{reference}/form/purpose-of-use/"
    version = re.search(r'name="version" value="(\d+)"', client.get(url).content.decode())
    assert version
    pages.cast.fill(reference, volume="77")
    response = client.post(url, {"version": version[1], "legal_basis": "Cuvintele mele", "volume": "1"})
    assert response.status_code == 409
    assert "Somebody else" in response.content.decode()
    assert "Cuvintele mele" in response.content.decode()


def test_a_double_click_on_send_lands_on_the_receipt_or_says_so(pages: Pages) -> None:
    reference = pages.cast.start()
    client = pages.of(pages.cast.ana)
    url = f"/connect/cases/{reference}/check/"
    assert client.post(url, {"users_ready": "on"}).status_code == 302
    assert client.post(url, {"users_ready": "on"}).status_code in (302, 409, 422)
    assert Case.objects.get(reference=reference).state == "submitted"


def test_papers_are_downloads_never_shown_inline(pages: Pages) -> None:
    cast = pages.cast
    reference = cast.start()
    cast.do(reference, Action.SUBMIT, Action.TAKE, Action.CONFIRM, Action.ISSUE_DOCUMENTS)
    number = Document.objects.filter(case__reference=reference).latest("pk").pk
    response = pages.of(cast.ana).get(f"/connect/cases/{reference}/documents/{number}/paper/")
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response.content.startswith(b"%PDF-")


def test_an_export_never_carries_formulas(pages: Pages) -> None:
    reference = pages.cast.start(system_name="=HYPERLINK(1)")
    pages.cast.do(reference, Action.SUBMIT)
    text = pages.of(pages.cast.olga).get("/connect/desk/?tab=all&csv=1").content.decode("utf-8-sig")
    assert "'=HYPERLINK(1)" in text
