"""Every page in every state and language: accessible, complete, and nothing sideways on a small screen."""

from __future__ import annotations

import hashlib
import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Site
from tests.support import browsers
from tests.support.looks import Contrasts, axe, bring_axe, unmeasured
from tests.support.page_states import BY_NAME, STATES, State

pytestmark = pytest.mark.browser
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SMALL_TARGETS = """() => [...document.querySelectorAll('a, button, input:not([type=hidden]), summary')]
    .filter(node => node.checkVisibility() && !node.closest('p, .visually-hidden') && node.type !== 'file')
    .filter(node => { const box = node.getBoundingClientRect(); return box.width && (box.width < 20 || box.height < 20); })
    .map(node => node.outerHTML.slice(0, 80))"""
STYLE = (
    """text => { const sheet = new CSSStyleSheet(); sheet.replaceSync(text); document.adoptedStyleSheets = [sheet]; }"""
)
SPACED = "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }"


LANGUAGES = (
    "ro",
    "ru",
    "en",
)  # axe sees every state in one of them in turn, English in the dark; all else is seen in all


@pytest.fixture(scope="module", params=LANGUAGES)
def visitor(site: Site, request: pytest.FixtureRequest) -> Iterator[Any]:
    """One visitor a language; the English one prefers dark pages."""
    context = site.browser.new_context(
        locale=request.param, color_scheme="dark" if request.param == "en" else "light", reduced_motion="reduce"
    )
    bring_axe(context)
    page = context.new_page()
    page.language = request.param
    page.contrasts = Contrasts()  # of one language, for English pages are dark
    yield page
    context.close()


def complaints(page: Any, contrasts: Contrasts | None = None) -> list[str]:
    """Return what axe finds; with ``contrasts`` those of texts that were on a page before are not measured again."""
    found = axe(page, runOnly={"type": "tag", "values": TAGS}, **unmeasured(page, contrasts))
    return [f"{item['id']}: {node['html'][:150]}" for item in found for node in item["nodes"]]


ALIKE = {  # states that one title serves
    "success-return": "success", "success-mandate": "success", "success-own": "success", "own-removed": "own",
    "choose-fixed": "choose", "choose-hashes": "choose", "choose-batch": "choose", "choose-unavailable": "choose",
    "waiting-contact": "waiting", "waiting-cancel": "waiting", "waiting-batch": "waiting", "choose-again": "choose",
    "expired": "gone", "verify-invalid": "verify-tampered", "verify-expired": "verify-unknown",
    "agent-choose": "agent-absent", "agent-signing": "agent-absent",
    "verify-original": "verify", "verify-xades": "verify-valid", "verify-asice": "verify-valid",
}  # fmt: skip


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The titles that the tests of all processes have met: a folder each, with what had it."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "titles"


def shares_its_title(told: Path, title: str, state: State) -> set[str]:
    """Note the title of a state; return the other states that have it, whoever met them."""
    group, folder = ALIKE.get(state.name, state.name), told / hashlib.sha256(title.encode()).hexdigest()
    (folder / group).mkdir(parents=True, exist_ok=True)
    return {one.name for one in folder.iterdir()} - {group}


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_is_accessible_and_fits(site: Site, visitor: Any, state: State, told: Path) -> None:
    visitor.context.clear_cookies()
    visitor.set_viewport_size({"width": 1280, "height": 900})
    browsers.show(visitor, state, site.pages, site.base, visitor.language)
    assert visitor.get_attribute("html", "lang") == visitor.language
    assert visitor.locator("h1").count() == 1
    assert visitor.locator("body > a.skip").get_attribute("href") == "#main"
    assert visitor.title().endswith(" – MSign")
    if visitor.language == "ro":
        assert shares_its_title(told, visitor.title(), state) == set()
    if LANGUAGES[STATES.index(state) % len(LANGUAGES)] == visitor.language:
        assert complaints(visitor, visitor.contrasts) == []
    for width in (640, 320):  # 200 % and 400 % zoom of a 1280 px window
        visitor.set_viewport_size({"width": width, "height": 900})
        assert visitor.evaluate(OVERFLOW) <= 0, f"scrolls sideways at {width} px"
    assert visitor.evaluate(SMALL_TARGETS) == []
    if visitor.language == "ru":  # the longest words
        visitor.evaluate(STYLE, SPACED)
        assert visitor.evaluate(OVERFLOW) <= 0, "text spacing of the visitor's own"
        visitor.set_viewport_size({"width": 640, "height": 900})
        visitor.evaluate(STYLE, "html { font-size: 200% }")
        assert visitor.evaluate(OVERFLOW) <= 0, "twice the text size"


def test_headings_stay_in_order(site: Site, open_page: Any) -> None:
    page = open_page()
    for name in ("choose", "waiting", "success", "verify-valid", "preview-text"):
        browsers.show(page, BY_NAME[name], site.pages, site.base, "ro")
        levels = page.eval_on_selector_all("main h1, main h2, main h3", "nodes => nodes.map(n => +n.tagName[1])")
        assert levels[0] == 1, name
        assert all(after - before <= 1 for before, after in itertools.pairwise(levels)), name
