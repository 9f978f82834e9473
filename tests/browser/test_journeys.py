"""What people do: with the keyboard only, without scripts, twice by mistake, in another language, in two tabs."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs

import pytest

from msign.kernel.words import FailureReason, SignStatus
from tests.browser.conftest import Site
from tests.support.pages import IDNP, REQUEST_ID, ExpectedSigner, request_view, session_view

pytestmark = pytest.mark.browser
PAGE = f"/{REQUEST_ID}"
RETURN = "https://app.example/after?x=1"


def focused(page: Any) -> str:
    return str(page.evaluate("() => document.activeElement.id || document.activeElement.innerText"))


def tab_to(page: Any, wanted: str, limit: int = 40) -> None:
    """Press Tab until the element called ``wanted`` has the focus; every stop on the way must show it."""
    for _ in range(limit):
        page.keyboard.press("Tab")
        ring = page.evaluate(
            "() => { const s = getComputedStyle(document.activeElement); return s.outlineStyle !== 'none' || s.boxShadow !== 'none'; }"
        )
        assert ring, f"no visible focus on {focused(page)}"
        if re.search(wanted, focused(page)):
            return
    raise AssertionError(f"{wanted} is not reached with Tab")


def test_signing_with_the_keyboard_only(site: Site, open_page: Any) -> None:
    site.pages.requests.put(request_view(expected_signer=ExpectedSigner()))
    page = open_page(language="en")
    page.goto(site.base + PAGE)
    page.keyboard.press("Tab")
    assert focused(page) == "Skip to main content"
    page.keyboard.press("Enter")
    tab_to(page, "^View")
    tab_to(page, "^Mobile signature")
    tab_to(page, "mobile-signer_id")
    page.keyboard.type("12")
    tab_to(page, "mobile-msisdn")
    page.keyboard.type("060 000 000")
    page.keyboard.press("Enter")
    page.wait_for_selector("#error-summary")
    assert focused(page) == "error-summary"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert focused(page) == "mobile-signer_id"
    page.keyboard.press("Control+A")
    page.keyboard.type(IDNP)
    page.keyboard.press("Enter")
    page.wait_for_selector(".digits")
    [(_, choice)] = site.pages.requests.started
    assert (choice.instrument, choice.signer_id, choice.msisdn) == ("mobile", IDNP, "37360000000")
    tab_to(page, "^Check now")
    tab_to(page, "^Cancel")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=You cancelled the signing")


def test_another_tile_opens_with_the_keyboard(site: Site, open_page: Any) -> None:
    site.pages.requests.put(request_view())
    page = open_page(language="en")
    page.goto(site.base + PAGE)
    page.focus("#main")
    tab_to(page, "^Electronic identity card")
    page.keyboard.press("Enter")
    tab_to(page, "^Continue")
    page.keyboard.press("Enter")
    page.wait_for_selector(".confirm")
    assert [choice.instrument for _, choice in site.pages.requests.started] == ["nationalid"]


def test_the_whole_way_without_scripts(site: Site, open_page: Any) -> None:
    site.pages.requests.put(request_view())
    page = open_page(javascript=False, language="en")
    page.goto(f"{site.base}{PAGE}?ReturnUrl={RETURN}&RelayState=r")
    page.click("text=View")
    assert page.locator("ol.pages img").count() == 3
    page.click("text=Back to signing")
    page.fill("#mobile-msisdn", "060000000")
    page.click(".languages button[value=ru]")
    assert page.input_value("#mobile-msisdn") == "060000000"
    page.click(".languages button[value=en]")
    page.click("main button.large")
    assert page.locator(".digits").is_visible()
    page.click("text=Check now")
    assert "About" in page.inner_text(".remaining")
    site.pages.requests.put(request_view(status=SignStatus.SUCCESS))
    page.click("text=Check now")
    sent: list[str] = []
    page.route("https://app.example/**", lambda route: (sent.append(route.request.post_data), route.fulfill(body="ok")))
    page.click("text=Continue to the service")
    assert parse_qs(sent[0]) == {"RequestID": [REQUEST_ID], "RelayState": ["r"]}


def test_the_page_notices_success_and_returns_by_itself(site: Site, open_page: Any) -> None:
    site.pages.requests.put(request_view())
    page = open_page(language="en")
    sent: list[str] = []
    page.route("https://app.example/**", lambda route: (sent.append(route.request.post_data), route.fulfill(body="ok")))
    page.goto(f"{site.base}{PAGE}?ReturnUrl={RETURN}")
    site.pages.requests.put(request_view(session=session_view()))
    page.goto(site.base + PAGE)
    site.pages.requests.put(request_view(status=SignStatus.SUCCESS))
    page.wait_for_url("https://app.example/**")
    assert parse_qs(sent[0]) == {"RequestID": [REQUEST_ID]}


def test_a_failure_waits_until_it_was_read(site: Site, open_page: Any) -> None:
    site.pages.requests.put(request_view())
    page = open_page(language="en")
    page.goto(f"{site.base}{PAGE}?ReturnUrl={RETURN}")
    site.pages.requests.put(request_view(status=SignStatus.FAILURE, failure=FailureReason.SIM_ERROR))
    page.goto(site.base + PAGE)
    assert page.locator("form[data-return], a[data-follow]").count() == 0
    assert page.locator("text=Return to the service").is_visible()


def test_two_quick_clicks_are_one(site: Site, open_page: Any) -> None:
    site.pages.requests.put(request_view())
    page = open_page(language="en")
    page.goto(site.base + PAGE)
    page.fill("#mobile-msisdn", "060000000")
    page.dblclick("main button.large")
    page.wait_for_selector(".digits")
    assert len(site.pages.requests.started) == 1


def test_back_and_reload_show_the_present_state(site: Site, open_page: Any) -> None:
    site.pages.requests.put(request_view())
    page = open_page(language="en")
    page.goto(site.base + PAGE)
    page.fill("#mobile-msisdn", "060000000")
    page.click("main button.large")
    page.wait_for_selector(".digits")
    page.goto(f"{site.base}{PAGE}/files/1")
    page.go_back()
    assert page.locator(".digits").is_visible()
    page.reload()
    assert page.locator(".digits").is_visible()
    assert len(site.pages.requests.started) == 1


def test_a_second_tab_shows_the_same_attempt(site: Site, open_page: Any) -> None:
    site.pages.requests.put(request_view())
    first, second = open_page(language="en"), open_page(language="en")
    for page in (first, second):
        page.goto(site.base + PAGE)
        page.fill("#mobile-msisdn", "060000000")
    first.click("main button.large")
    first.wait_for_selector(".digits")
    second.click("main button.large")
    second.wait_for_selector(".digits")
    assert len(site.pages.requests.started) == 1


def test_a_lost_connection_is_said_and_caught_up(site: Site, open_page: Any) -> None:
    site.pages.requests.put(request_view(session=session_view()))
    page = open_page(language="en")
    page.goto(site.base + PAGE)
    page.context.set_offline(True)
    page.wait_for_selector(".offline-note", state="visible")
    assert "The connection is lost" in page.inner_text("[data-live]")
    page.context.set_offline(False)
    page.wait_for_selector(".offline-note", state="hidden")


def test_waiting_moves_no_focus(site: Site, open_page: Any) -> None:
    site.pages.requests.put(request_view(session=session_view()))
    page = open_page(language="en")
    page.goto(site.base + PAGE)
    page.focus("text=Check now")
    with page.expect_response("**/status"):
        pass
    page.wait_for_function("() => document.querySelector('[data-live]').textContent !== ''")
    assert focused(page) == "Check now"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/#/sign/instrument/718ba2c7-5490-aaae-b20e-e74e97a3fd82", PAGE),
        ("/#/sign/upload", "/sign"),
        ("/#/verify/upload", "/verify"),
    ],
)
def test_old_addresses_still_lead_there(site: Site, open_page: Any, old: str, new: str) -> None:
    site.pages.requests.put(request_view())
    page = open_page()
    page.goto(site.base + old)
    page.wait_for_url(site.base + new)


def test_a_language_link_keeps_what_was_typed_elsewhere(site: Site, open_page: Any) -> None:
    page = open_page(language="en")
    page.goto(f"{site.base}/verify")
    page.click("text=The signature is a separate file")
    page.click(".languages a[lang=ru]")
    page.wait_for_selector("text=Проверить подпись")
    assert page.get_attribute("html", "lang") == "ru"


def test_dropping_a_file_fills_the_real_input(site: Site, open_page: Any) -> None:
    page = open_page(language="en")
    page.goto(f"{site.base}/sign")
    page.evaluate(
        """() => { const files = new DataTransfer(); files.items.add(new File(['%PDF-1.7'], 'a.pdf'));
        const zone = document.querySelector('[data-dropzone]');
        zone.dispatchEvent(new DragEvent('drop', { dataTransfer: files, bubbles: true, cancelable: true })); }"""
    )
    assert "a.pdf" in page.inner_text("[data-chosen]")
    page.click("main button.large")
    page.wait_for_url(site.base + PAGE)
    assert site.pages.requests.posted[0].contents[0].name == "a.pdf"


def test_nothing_breaks_the_content_policy(site: Site, open_page: Any) -> None:
    site.pages.requests.put(request_view())
    page = open_page()
    said: list[str] = []
    foreign: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: foreign.append(request.url) if not request.url.startswith(site.base) else None)
    for address in ("/", PAGE, f"{PAGE}/files/1", "/sign", "/verify", "/about"):
        page.goto(site.base + address, wait_until="networkidle")
    assert said == []
    assert foreign == []


def test_the_first_view_is_light(site: Site, open_page: Any) -> None:
    site.pages.requests.put(request_view())
    page = open_page()
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    sizes: list[float] = []
    fonts: list[float] = []
    kinds: dict[str, str] = {}
    session.on("Network.responseReceived", lambda event: kinds.update({event["requestId"]: event["type"]}))
    session.on(
        "Network.loadingFinished",
        lambda event: (fonts if kinds.get(event["requestId"]) == "Font" else sizes).append(event["encodedDataLength"]),
    )
    page.goto(site.base + PAGE, wait_until="networkidle")
    assert len(sizes) >= 4
    assert sum(sizes) < 60_000
