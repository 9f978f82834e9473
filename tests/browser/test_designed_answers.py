"""Reload, Back, second tab, second click, expired, finished, lost network, a large batch: on a whole installation.

Each has a designed answer, and whatever a person does there is never a second signature for one request.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from msign.kernel.words import SignStatus
from msign.ops.person import DEFAULT_IDNP
from tests.support import crowd
from tests.support.crowd import Crowd
from tests.support.installation import Installation

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("installation")]

ACCEPT = {"action": "accept", "all": "1"}
SESSIONS = "SELECT count(*) FROM signrequests_signingsession WHERE request_id = ?"
SIGNED = f"{SESSIONS} AND outcome = 'signed'"


@pytest.fixture(scope="module")
def people(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    with crowd.gathered(installation, tmp_path_factory.mktemp("people")) as made:
        yield made


def arrive(tab: Any, people: Crowd, **posted: Any) -> str:
    request_id = people.post(signer=DEFAULT_IDNP, **posted)
    tab.goto(f"{people.web}/{request_id}?lang=en&ReturnUrl={people.eservice}/return", wait_until="domcontentloaded")
    return request_id


def test_a_batch_of_fifty(tab: Any, people: Crowd) -> None:
    request_id = arrive(tab, people, count=50)
    assert "Show all 50 files" in tab.inner_text("main")
    crowd.choose(tab, "moldsign")
    tab.wait_for_selector(".confirm")
    assert "50 documents to confirm" in tab.inner_text(".batch")
    tab.click(".batch summary")
    assert tab.locator(".items li").count() == 50
    people.play(request_id, ACCEPT)
    crowd.finished(tab, f"{people.web}/{request_id}")
    assert "The documents are signed" in tab.inner_text(".confirmation")
    with people.installation.client() as client:
        answer = client.get_response(request_id, lambda n: people.document.with_name(f"signed-{n}.pdf"))
    assert [one.correlation_id for one in answer.results] == [str(at) for at in range(50)]
    assert all(one.signature is not None for one in answer.results)


def test_a_phone_asks_for_each_document_and_the_page_keeps_up_in_place(tab: Any, people: Crowd) -> None:
    request_id = arrive(tab, people, count=3)
    crowd.choose(tab, "mobile")
    tab.wait_for_selector(".digits")
    tab.evaluate("window.drawnOnce = true")
    tab.focus("text=Check now")
    people.play(request_id, {"action": "accept"})
    tab.wait_for_selector("text=Confirmed: 1 of 3 documents")
    assert tab.locator(".items .tag").all_inner_texts() == ["Confirmed", "To confirm", "To confirm"]
    assert tab.evaluate("window.drawnOnce")
    assert tab.evaluate("document.activeElement.innerText") == "Check now"
    people.play(request_id, ACCEPT)
    tab.wait_for_url(f"{people.eservice}/**")  # success is noticed, and the browser goes back by itself
    assert people.status(request_id) is SignStatus.SUCCESS


def test_a_second_tab_a_second_click_and_back_begin_nothing_more(tab: Any, people: Crowd) -> None:
    request_id = arrive(tab, people)
    second = tab.context.new_page()
    second.goto(tab.url, wait_until="domcontentloaded")
    form = tab.locator("#tile-mobisign")
    values = form.evaluate("form => Object.fromEntries(new FormData(form))")
    tab.click("details:has(#tile-mobisign) summary")
    form.locator("button").dblclick()
    tab.wait_for_selector(".confirm")
    crowd.choose(second, "mobisign")
    second.wait_for_selector(".confirm")
    second.close()
    tab.go_back()
    tab.wait_for_selector(".confirm")  # what is true now, not the form
    tab.reload()
    assert tab.locator(".confirm").is_visible()
    people.play(request_id, ACCEPT)
    crowd.finished(tab, f"{people.web}/{request_id}")
    tab.evaluate(
        """async ([url, values]) => fetch(url, { method: "POST", body: new URLSearchParams(values) })""",
        [f"/{request_id}/sign", values],
    )  # the form of before, sent once more after the end
    assert people.count(SESSIONS, request_id) == people.count(SIGNED, request_id) == 1
    tab.goto(f"{people.web}/{request_id}", wait_until="domcontentloaded")
    assert tab.locator(".confirmation").is_visible()


def test_a_storm_of_clicks_with_every_instrument_is_one_attempt(tab: Any, people: Crowd) -> None:
    """Twelve forms at once, of three tiles: one session, one message on one device, one signature."""
    request_id = arrive(tab, people)
    forms = {name: tab.locator(f"#tile-{name}") for name in ("mobisign", "moldsign", "nationalid")}
    values = [form.evaluate("form => Object.fromEntries(new FormData(form))") for form in forms.values()]
    tab.evaluate(
        """async ([url, forms]) => Promise.all([...forms, ...forms, ...forms, ...forms].map((values) =>
            fetch(url, { method: "POST", body: new URLSearchParams(values) })))""",
        [f"/{request_id}/sign", values],
    )
    tab.goto(f"{people.web}/{request_id}", wait_until="domcontentloaded")
    tab.wait_for_selector(".confirm")
    assert people.count(SESSIONS, request_id) == 1
    people.play(request_id, ACCEPT)
    crowd.finished(tab, f"{people.web}/{request_id}")
    assert people.count(SESSIONS, request_id) == people.count(SIGNED, request_id) == 1


def test_an_expired_request_cannot_be_signed(tab: Any, people: Crowd) -> None:
    request_id = arrive(tab, people)
    people.expire(request_id)
    crowd.choose(tab, "moldsign")
    tab.wait_for_selector("text=The time for signing has run out")
    assert people.count(SESSIONS, request_id) == 0
    assert people.status(request_id) is SignStatus.EXPIRED
    stranger = httpx.get(f"{people.web}/{request_id}", headers={"Accept-Language": "en"}, trust_env=False)
    assert stranger.status_code == 404
    assert "There is nothing to sign here" in stranger.text


def test_a_lost_network_loses_nothing(tab: Any, people: Crowd) -> None:
    request_id = arrive(tab, people)
    crowd.choose(tab, "mobisign")
    tab.wait_for_selector(".confirm .qr")
    tab.context.set_offline(True)
    people.play(request_id, ACCEPT)
    tab.wait_for_selector(".offline-note", state="visible")
    tab.context.set_offline(False)
    crowd.finished(tab, f"{people.web}/{request_id}")
    assert people.count(SIGNED, request_id) == 1


def test_cancel_while_the_device_waits(tab: Any, people: Crowd) -> None:
    request_id = arrive(tab, people)
    crowd.choose(tab, "mobile")
    tab.click("text=Cancel")
    crowd.finished(tab, f"{people.web}/{request_id}")
    assert "You cancelled the signing" in tab.inner_text(".refusal")
    assert tab.locator("text=Return to the service").is_visible()
    tab.go_back()
    tab.wait_for_selector(".refusal")
    assert people.count(SIGNED, request_id) == 0


def test_the_whole_way_without_scripts(people: Crowd, tab: Any) -> None:
    context = tab.context.browser.new_context(java_script_enabled=False, locale="en")
    page = context.new_page()
    request_id = arrive(page, people, count=2)
    crowd.choose(page, "mobile")
    page.wait_for_selector(".confirm")
    people.play(request_id, {"action": "accept"})
    page.click("text=Check now")
    crowd.finished(page, f"{people.web}/{request_id}", wanted="text=Confirmed: 1 of 2 documents")
    people.play(request_id, ACCEPT)
    crowd.finished(page, f"{people.web}/{request_id}")
    page.click("text=Continue to the service")
    page.wait_for_url(f"{people.eservice}/**")
    context.close()
