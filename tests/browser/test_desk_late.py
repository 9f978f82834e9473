"""An application by keyboard alone, and the pages of the desk in its late states: accessible, in each language, narrow.

The request is for another service than MSign: the shortest way to an end, so that the walk costs little.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.test_desk_story import ANSWERS, OPERATOR, Visitor, browser, decide, fill_in, review_of
from tests.support.installation import Installation
from tests.support.looks import seen

assert browser  # the fixture, shared with the stories
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("desk")]
LIBRARY, WORKSHOP, RRSI = "1023600000075", "1025600000080", "RSI-0009-2025"
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


@pytest.fixture(scope="module")
def operator(installation: Installation, browser: Any) -> Iterator[Visitor]:
    context = browser.new_context(locale="en", viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(20_000)
    who = Visitor(page, installation.options.web_url)
    who.sign_in(OPERATOR, "")
    yield who
    context.close()


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


@pytest.mark.timeout(200)
def test_an_application_by_keyboard_alone_to_its_end(
    installation: Installation, browser: Any, operator: Visitor
) -> None:
    context = browser.new_context(locale="ro", viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(20_000)
    clara = Visitor(page, installation.options.web_url)
    clara.sign_in("clara@biblioteca.example", "Clara Carte")
    clara.go("/connect/new/")
    by_keyboard(page)
    home = re.sub(r"^https?://[^/]+", "", page.url)
    clara.go(f"{home}form/purpose/")
    while "/form/" in page.url:
        by_keyboard(page)
    assert page.url.endswith("/check/")
    by_keyboard(page)
    assert page.url.endswith("/sent/")
    problems = seen(clara.page, clara.base, "ro", 320, [f"{home}sent/", "/connect/cases/"])
    review = review_of(home)
    decide(operator, review, "take")
    problems += seen(
        operator.page, operator.base, "ru", 640, [review, "/connect/desk/?tab=all"]
    )  # 1280 pixels at 200 % zoom
    decide(operator, review, "forward")
    problems += seen(operator.page, operator.base, "en", 320, [review])
    problems += seen(
        clara.page, clara.base, "en", 320, [home, f"{home}history/", "/connect/cases/?tab=past", "/connect/change/"]
    )
    terminate(operator, home)
    problems += seen(clara.page, clara.base, "ru", 640, [home, f"{home}check/"])
    assert problems == []
    context.close()


def terminate(who: Visitor, home: str) -> None:
    who.go(f"{home}do/terminate/")
    who.page.fill("#id_text", "Sistemul nu mai există")
    who.press("main form[novalidate] button.button")
    assert who.page.locator(".error-summary").count() == 0


@pytest.mark.timeout(200)
def test_refused_and_withdrawn_requests_say_so_readably(
    installation: Installation, browser: Any, operator: Visitor
) -> None:
    context = browser.new_context(locale="ro", viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(20_000)
    sandu = Visitor(page, installation.options.web_url)
    sandu.sign_in("sandu@atelier.example", "Sandu Semn")
    home = fill_in(sandu, number=WORKSHOP, kind="private", service="mdocs", **NEEDS)
    review = review_of(home)
    decide(operator, review, "take")
    operator.go(review)
    operator.page.fill("#reason", "Temeiul juridic nu acoperă semnarea.")
    operator.press("button[name=action][value=reject]")
    problems = seen(operator.page, operator.base, "ru", 320, [review])
    problems += seen(page, sandu.base, "ro", 320, [home, f"{home}history/"])
    sandu.go("/connect/new/")
    sandu.page.check("input[value=new-system]")
    sandu.page.check("input[value=private]")
    sandu.press("main form[novalidate] button")
    draft = re.sub(r"^https?://[^/]+", "", page.url)
    sandu.go(f"{draft}do/withdraw/")
    sandu.press("main form[novalidate] button.button")
    problems += seen(page, sandu.base, "en", 640, [draft])
    assert problems == []
    context.close()
