"""A new user without a mouse: from the demo e-service over sign page and phone back to the signed document, by keys alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support import crowd
from tests.support.crowd import Crowd
from tests.support.installation import Installation

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("installation")]

FOCUSED = """() => { const node = document.activeElement; const style = getComputedStyle(node);
    const words = node.labels && node.labels.length ? node.labels[0].innerText : node.innerText || node.ariaLabel || '';
    return [words.trim(), style.outlineStyle !== 'none' || style.boxShadow !== 'none' || node.type === 'file']; }"""


@pytest.fixture(scope="module")
def people(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    with crowd.gathered(installation, tmp_path_factory.mktemp("people")) as made:
        yield made


def walk_to(page: Any, wanted: str, limit: int = 45) -> None:
    """Press Tab until the control called ``wanted`` has the focus; every stop shows where one is."""
    for _ in range(limit):
        page.keyboard.press("Tab")
        words, seen = page.evaluate(FOCUSED)
        assert seen, f"no visible focus on {words!r}"
        if re.match(wanted, words):
            return
    raise AssertionError(f"{wanted} is not reached with Tab")


def test_the_whole_way_by_keys(tab: Any, people: Crowd) -> None:
    tab.goto(f"{people.eservice}/?lang=en", wait_until="domcontentloaded")
    walk_to(tab, "IDNP of the signer")
    tab.keyboard.type("2000000000004")
    walk_to(tab, "Sign a sample document")
    tab.keyboard.press("Enter")
    tab.wait_for_selector(".tiles")
    tab.keyboard.press("Tab")  # the skip link comes first
    tab.keyboard.press("Enter")
    walk_to(tab, "View")
    walk_to(tab, "Mobile phone number")
    tab.keyboard.type("060 000 000")
    tab.keyboard.press("Enter")
    tab.wait_for_selector(".digits")
    walk_to(tab, "Open the simulated device")
    with tab.context.expect_page() as opened:
        tab.keyboard.press("Enter")
    phone = opened.value
    phone.wait_for_selector("#pin")
    phone.keyboard.type("1234")  # the PIN has the focus already
    walk_to(phone, "Sign|Semnează|Подписать")
    phone.keyboard.press("Enter")
    phone.wait_for_selector(".outcome")
    phone.close()
    tab.wait_for_url(f"{people.eservice}/documents/**")  # the sign page returns by itself
    assert tab.locator(".confirmation").is_visible()
    walk_to(tab, "Download")
