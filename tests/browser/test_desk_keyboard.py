"""The desk by keyboard alone: an application to its receipt; certificate, addresses and signatures through the gateway.

The application is for another service than MSign: the shortest form, so that the walk costs little. How the pages look
in every state is seen in test_desk_pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.browser.test_desk_story import ANSWERS, SystemCertificate, Visitor, browser
from tests.browser.test_keyboard_story import walk_to
from tests.support import browsers
from tests.support.installation import Installation

assert browser  # the fixture, shared with the stories
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("desk")]
LIBRARY, RRSI = "1023600000075", "RSI-0009-2025"
NEEDS = {"service_basis": "Legea bibliotecilor", "service_needs": "Cititorii intră cu identitatea lor."}
TYPED = {
    **ANSWERS,
    **NEEDS,
    "number": LIBRARY,
    "rrsi": RRSI,
    "system_name": "Catalogul electronic",
    "mpass_logout": "https://catalog.example/iesire",
    "mpass_attributes": "nume",
}
CHOSEN = {"purpose": "new-system", "kind": "public", "service": "mpass"}
FOCUS = """() => { const e = document.activeElement, s = getComputedStyle(e); return {
    tag: e.tagName, type: e.type || '', name: e.name || '', value: e.value || '', later: e.name === 'later',
    inForm: !!e.closest('main form[novalidate]'), checked: !!e.checked,
    ring: s.outlineStyle !== 'none' || s.boxShadow !== 'none'
        || ['radio', 'checkbox', 'file'].includes(e.type) || e === document.body,
}; }"""


def by_keyboard(page: Any) -> None:
    """Fill in the form of a page and send it with Tab, arrows, Space, Enter and letters; the ring is always seen."""
    before = page.url
    for _step in range(60):
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUS)
        assert focus["ring"], (before, focus)
        if not focus["inForm"] or focus["later"]:
            continue
        if focus["type"] == "radio":
            choose(page, CHOSEN[focus["name"]])
        elif focus["type"] == "checkbox":
            page.keyboard.press("Space")
        elif focus["tag"] in ("INPUT", "TEXTAREA") and not focus["value"]:
            page.keyboard.type(TYPED.get(focus["name"], ""))
        elif focus["tag"] == "BUTTON":
            with page.expect_navigation():
                page.keyboard.press("Enter")
            assert page.locator(".error-summary").count() == 0, page.inner_text("main")
            return
    raise AssertionError(f"no button was reached by Tab on {before}")


def choose(page: Any, value: str) -> None:
    page.keyboard.press("Space")
    for _step in range(10):
        if page.evaluate(FOCUS)["value"] == value:
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(value)


@contextmanager
def person(installation: Installation, browser: Any, email: str, language: str) -> Iterator[Visitor]:
    context = browser.new_context(locale=language, viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(browsers.PATIENCE)
    who = Visitor(page, installation.options.web_url)
    who.sign_in(email, "Clara Carte")
    yield who
    context.close()


@pytest.mark.timeout(200)
def test_an_application_by_keyboard_alone_to_its_receipt(installation: Installation, browser: Any) -> None:
    with person(installation, browser, "clara@biblioteca.example", "ro") as clara:
        clara.go("/connect/new/")
        by_keyboard(clara.page)
        home = re.sub(r"^https?://[^/]+", "", clara.page.url)
        clara.go(f"{home}form/purpose/")
        while "/form/" in clara.page.url:
            by_keyboard(clara.page)
        assert clara.page.url.endswith("/check/")
        by_keyboard(clara.page)
        assert clara.page.url.endswith("/sent/")


def enter(page: Any, wanted: str) -> None:
    """Go to a link or button with Tab and press it."""
    walk_to(page, wanted, limit=90)
    with page.expect_navigation():
        page.keyboard.press("Enter")


@pytest.mark.timeout(240)
def test_certificate_addresses_and_signatures_by_keyboard_alone(
    installation: Installation, browser: Any, tmp_path: Path
) -> None:
    """The archive of the demo, whose papers wait to be signed: from its list of connections, Tab and Enter only."""
    certificate = SystemCertificate(tmp_path, "arhiva-test")
    certificate.order(installation, "1022600000056")
    with person(installation, browser, "olga@arhiva.example", "en") as olga:
        page = olga.page
        olga.go("/connect/cases/")
        enter(page, "Arhiva electronică")
        enter(page, "Send the certificate for the test environment")
        walk_to(page, "Certificate file")
        page.locator(":focus").set_input_files(str(certificate.certificate))  # the dialog is the system's, not ours
        enter(page, "Read the certificate")
        enter(page, "Register this certificate")
        enter(page, "Enter the addresses that call the test environment")
        walk_to(page, "Addresses")
        page.keyboard.type("127.0.0.1")
        enter(page, "Save the addresses")
        if page.locator("#sure").count():
            walk_to(page, "I have looked again")
            page.keyboard.press("Space")
            enter(page, "Save the addresses")
        enter(page, "Sign the contract and the annex")
        for paper in ("C-", "A-"):
            enter(page, f"Look at {paper}")
            enter(page, "Sign electronically")
            sign_by_keyboard(page)
        assert page.locator(".tag", has_text="Waits for the operator's signature").count() == 2, olga.state()


def sign_by_keyboard(page: Any) -> None:
    """From the sign page over the simulated phone back to the desk, which the sign page finds by itself."""
    page.wait_for_selector(".tiles")
    walk_to(page, "Mobile phone number", limit=60)
    page.keyboard.type("060 000 000")
    page.keyboard.press("Enter")
    page.wait_for_selector(".digits")
    walk_to(page, "Open the simulated device")
    with page.context.expect_page() as opened:
        page.keyboard.press("Enter")
    phone = opened.value
    phone.wait_for_selector("#pin")
    phone.keyboard.type("1234")  # the PIN has the focus already
    walk_to(phone, "Sign|Semnează")
    phone.keyboard.press("Enter")
    phone.wait_for_selector(".outcome")
    phone.close()
    page.wait_for_url(re.compile(r"/documents/$"))
    assert page.locator(".message.error").count() == 0, page.inner_text("main")
