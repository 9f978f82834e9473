"""Every page in every state and language: accessible, complete, and nothing sideways on a small screen."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import Site
from tests.support import browsers
from tests.support.page_states import STATES, State

pytestmark = pytest.mark.browser
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SMALL_TARGETS = """() => [...document.querySelectorAll('a, button, input:not([type=hidden]), summary')]
    .filter(node => node.checkVisibility() && !node.closest('p, li > p, .visually-hidden') && node.type !== 'file')
    .filter(node => { const box = node.getBoundingClientRect(); return box.width && (box.width < 20 || box.height < 20); })
    .map(node => node.outerHTML.slice(0, 80))"""


def complaints(page: Any) -> list[str]:
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}}).response["violations"]
    return [f"{item['id']}: {node['html'][:150]}" for item in found for node in item["nodes"]]


@pytest.mark.parametrize("language", ["ro", "ru", "en"])
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_is_accessible_and_fits(site: Site, open_page: Any, state: State, language: str) -> None:
    page = open_page(language=language, dark=language == "en")
    browsers.show(page, state, site.pages, site.base, language)
    assert page.get_attribute("html", "lang") == language
    assert page.locator("h1").count() == 1
    assert page.locator("body > a.skip").get_attribute("href") == "#main"
    assert page.title().endswith(" – MSign")
    assert complaints(page) == []
    for width in (640, 320):  # 200 % and 400 % zoom of a 1280 px window
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(OVERFLOW) <= 0, f"scrolls sideways at {width} px"
    assert page.evaluate(SMALL_TARGETS) == []


def test_titles_tell_the_states_apart(site: Site, open_page: Any) -> None:
    page = open_page()
    titles: dict[str, str] = {}
    alike = {"choose", "waiting", "verify-bad"}
    for state in STATES:
        browsers.show(page, state, site.pages, site.base, "ro")
        group = state.name
        for prefix in ("choose", "waiting"):
            group = prefix if state.name.startswith(prefix) and not state.name.endswith("error") else group
        group = {"verify-changed": "verify-bad", "verify-invalid": "verify-bad", "expired": "gone"}.get(group, group)
        known = titles.setdefault(page.title(), group)
        assert known == group, f"{group} and {known} share the title {page.title()}"
    assert len(titles) >= len({state.name for state in STATES}) - 14
    assert alike


def test_text_spacing_of_the_visitor_cuts_nothing(site: Site, open_page: Any) -> None:
    page = open_page(width=320, language="ru")
    for name in ("choose", "waiting", "failure", "verify-valid"):
        state = next(state for state in STATES if state.name == name)
        browsers.show(page, state, site.pages, site.base, "ru")
        page.evaluate(
            """() => { const sheet = new CSSStyleSheet();
            sheet.replaceSync('* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }'
              + 'p { margin-bottom: 2em !important }');
            document.adoptedStyleSheets = [sheet]; }"""
        )
        assert page.evaluate(OVERFLOW) <= 0, name


def test_twice_the_text_size_still_fits(site: Site, open_page: Any) -> None:
    page = open_page(width=640)
    for state in STATES:
        browsers.show(page, state, site.pages, site.base, "ru")
        page.evaluate(
            "() => { const s = new CSSStyleSheet(); s.replaceSync('html { font-size: 200% }'); document.adoptedStyleSheets = [s]; }"
        )
        assert page.evaluate(OVERFLOW) <= 0, state.name
