"""The applicant's home, the receipt, and changing the data of a connection, through the pages."""

from __future__ import annotations

import re

import pypdfium2
import pytest

from msign.connections.models import Case, HistoryEvent
from msign.connections.questions import asked_pages
from msign.connections.states import Action, State
from tests.unit.connections.test_purposes import NEEDS
from tests.unit.desk.conftest import Pages


def live(pages: Pages) -> str:
    reference = pages.cast.start()
    pages.cast.to_test(reference)
    pages.cast.to_production_data(reference)
    pages.cast.do(reference, Action.ACTIVATE)
    return reference


def test_the_home_has_two_tabs_and_says_on_every_row_whose_turn_it_is(pages: Pages) -> None:
    over, waiting = pages.cast.start(system_name="Încheiat"), pages.cast.start(system_name="În lucru")
    pages.cast.do(over, Action.WITHDRAW)
    pages.cast.do(waiting, Action.SUBMIT)
    client = pages.of(pages.cast.ana)
    active = client.get("/connect/cases/").content.decode()
    past = client.get("/connect/cases/?tab=past").content.decode()
    assert waiting in active
    assert over not in active
    assert "The operator&#x27;s turn: somebody takes up the request." in active
    assert over in past
    assert waiting not in past
    assert "the request was withdrawn" in past


@pytest.mark.parametrize("language", ["ro", "ru", "en"])
def test_the_receipt_is_a_page_and_a_file_in_the_readers_language(pages: Pages, language: str) -> None:
    reference = pages.cast.start()
    client = pages.of(pages.cast.ana, language)
    url = f"/connect/cases/{reference}/sent/receipt.pdf"
    assert client.get(url).status_code == 404  # nothing was sent yet
    pages.cast.do(reference, Action.SUBMIT)
    response = client.get(url)
    assert response["Content-Disposition"] == f'attachment; filename="{reference}.pdf"'
    with pypdfium2.PdfDocument(response.content) as document:
        text = " ".join("".join(page.get_textpage().get_text_bounded() for page in document).split())
    title = {"ro": "Confirmarea primirii", "ru": "Подтверждение получения", "en": "Receipt"}[language]
    assert f"{title} {reference}" in text
    assert "Sistemul demonstrativ" in text
    assert re.search(r"1\. .*16\.03\.2026", text)  # ten working days after 2 March
    assert url in client.get(f"/connect/cases/{reference}/sent/").content.decode()


def test_the_receipt_of_another_service_says_who_writes_next(pages: Pages) -> None:
    reference = pages.cast.start(service="mpass", **NEEDS)
    pages.cast.do(reference, Action.SUBMIT)
    client = pages.of(pages.cast.ana)
    assert (
        "The team of MPass writes to your shared mailbox"
        in client.get(f"/connect/cases/{reference}/sent/").content.decode()
    )
    home = client.get(f"/connect/cases/{reference}/").content.decode()
    assert "Forwarded to the team of the service" in home
    assert "Environments" not in home
    review = pages.of(pages.cast.olga).get(f"/connect/desk/{reference}/")
    assert "MPass" in review.content.decode()


def test_the_operator_takes_up_and_forwards_through_the_pages(pages: Pages) -> None:
    reference = pages.cast.start(service="mlog", **NEEDS)
    pages.cast.do(reference, Action.SUBMIT)
    olga, review = pages.of(pages.cast.olga), f"/connect/desk/{reference}/"
    assert olga.post(review, {"action": "take"}).status_code == 302
    shown = olga.get(review).content.decode()
    assert 'value="forward"' in shown
    assert 'value="confirm"' not in shown
    assert olga.post(review, {"action": "forward"}).status_code == 302
    assert Case.objects.get(reference=reference).state == State.FORWARDED


def test_applicants_see_how_long_others_waited_where_they_wait(pages: Pages) -> None:
    for place in range(5):
        reference = pages.cast.start(system_name=f"Sistemul {place}")
        pages.cast.do(reference, Action.SUBMIT, Action.TAKE, Action.CONFIRM)
    assert HistoryEvent.objects.filter(action="confirm").count() == 5
    waiting = pages.cast.start(system_name="Al șaselea")
    pages.cast.do(waiting, Action.SUBMIT)
    client = pages.of(pages.cast.ana)
    words = "8 of 10 requests were confirmed within 1 working day."
    for url in (f"/connect/cases/{waiting}/", f"/connect/cases/{waiting}/sent/", "/connect/"):
        assert words in client.get(url).content.decode(), url


def test_changing_data_is_a_path_of_its_own(pages: Pages) -> None:
    reference = live(pages)
    ana, home = pages.of(pages.cast.ana), f"/connect/cases/{reference}/"
    assert "the documents come to the representative" in ana.get(f"{home}sent/").content.decode()
    answer = ana.post("/connect/new/", {"purpose": "data-change", "kind": "public", "number": "1000000000007"})
    assert answer.url == "/connect/change/"  # type: ignore[attr-defined]
    assert reference in ana.get("/connect/change/").content.decode()
    assert ana.post("/connect/change/", {}).status_code == 422
    assert ana.post("/connect/change/", {"reference": reference}).url == home  # type: ignore[attr-defined]
    assert ana.get(f"{home}form/purpose/").status_code == 404  # purpose and service stay
    shown = ana.get(home).content.decode()
    assert "Changes in force" in shown
    assert "Give up the changes" in shown
    assert ana.post(f"{home}form/contacts/", {"contact_mailbox": "nou@model.md", "technical_email": "t@model.md",
                                              "technical_phone": "069 000 000"}).status_code == 302  # fmt: skip
    assert ana.post(f"{home}addresses/production/", {"addresses": "185.108.180.99"}).status_code == 302
    assert "185.108.180.99" in ana.get(f"{home}check/").content.decode()
    assert ana.post(f"{home}check/", {"users_ready": "on"}).status_code == 302
    assert "Until they are applied, the connection works as before" in ana.get(f"{home}sent/").content.decode()
    olga, review = pages.of(pages.cast.olga), f"/connect/desk/{reference}/"
    olga.post(review, {"action": "take"})
    assert "Apply the changes" in olga.get(review).content.decode()
    assert olga.post(review, {"action": "apply-change"}).status_code == 302
    assert Case.objects.get(reference=reference).state == State.COMPLETED


def test_nobody_changes_what_is_not_theirs_or_not_live(pages: Pages) -> None:
    reference = pages.cast.start()
    ana = pages.of(pages.cast.ana)
    assert "no connection in production" in ana.get("/connect/change/").content.decode()
    assert ana.post("/connect/change/", {"reference": reference}).status_code == 422
    assert ana.post("/connect/change/", {"reference": "MS-2026-99999"}).status_code == 404
    assert pages.of(pages.cast.fima).post("/connect/change/", {"reference": reference}).status_code == 403


def test_answers_changed_by_a_colleague_are_not_sent_unseen(pages: Pages) -> None:
    reference = pages.cast.start()
    ana, check = pages.of(pages.cast.ana), f"/connect/cases/{reference}/check/"
    version = re.search(r'name="version" value="(\d+)"', ana.get(check).content.decode())
    assert version
    pages.cast.fill(reference, volume="77")
    answer = ana.post(check, {"users_ready": "on", "version": version[1]})
    assert answer.status_code == 422
    assert "Somebody else has changed" in answer.content.decode()
    assert Case.objects.get(reference=reference).state == State.DRAFT


def test_pages_follow_the_service_that_was_chosen(pages: Pages) -> None:
    reference = pages.cast.start()
    client, home = pages.of(pages.cast.ana), f"/connect/cases/{reference}/"
    answer = client.post(f"{home}form/purpose/", {"purpose": "new-system", "service": "mnotify"})
    assert answer.status_code == 302
    slugs = [page.slug for page in asked_pages({"kind": "public", "service": "mnotify"})]
    visited = re.findall(r"/form/([a-z-]+)/", client.get(home).content.decode())
    assert list(dict.fromkeys(visited)) == slugs
    assert client.get(f"{home}form/purpose-of-use/").status_code == 404
