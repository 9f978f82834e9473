"""What a screen reader meets, in its order: the accessibility tree of the pages that matter, by role and name."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.browser.conftest import Site
from tests.support import browsers
from tests.support.page_states import BY_NAME

pytestmark = pytest.mark.browser

_LINE = re.compile(r"""- '?(heading|textbox|button|link|checkbox|progressbar|img|group|region|navigation) "([^"]+)\"""")
# What must be met, in this order; other things may stand between.
ORDERS = {
    "choose": [
        ("heading", "Choose one of the signing instruments"),
        ("region", "What you are asked to sign"),
        ("heading", "What you are asked to sign"),
        ("heading", "Files to sign 1"),
        ("link", "View Cerere nr. 17.pdf"),
        ("region", "How do you want to sign?"),
        ("textbox", "Personal number (IDNP)"),
        ("textbox", "Mobile phone number"),
        ("checkbox", "Remember the phone number on this device"),
        ("button", "Sign – Mobile signature"),
        ("button", "Cancel"),
    ],
    "choose-error": [
        ("heading", "There is a problem"),
        ("link", "Enter a valid IDNP: 13 digits, as on your identity card"),
        ("heading", "Choose one of the signing instruments"),
        ("textbox", "Personal number (IDNP)"),
    ],
    "waiting": [
        ("region", "Confirm on your phone"),
        ("heading", "Confirm on your phone"),
        ("progressbar", "Time left"),
        ("link", "Check now"),
        ("button", "Cancel"),
        ("region", "What you are asked to sign"),
    ],
    "waiting-batch": [
        ("heading", "Confirm on your phone"),
        ("progressbar", "Time left"),
        ("progressbar", "Documents"),
        ("link", "Check now"),
    ],
    "failure": [("heading", "Nothing was signed"), ("button", "Return to the service")],
    "success": [("heading", "The document is signed"), ("heading", "What you signed")],
}


def heard(page: Any) -> list[tuple[str, str]]:
    return [(role, name) for role, name in _LINE.findall(page.locator("main").aria_snapshot())]


@pytest.mark.parametrize("state", ORDERS)
def test_things_are_named_and_met_in_order(site: Site, open_page: Any, state: str) -> None:
    page = open_page(language="en")
    browsers.show(page, BY_NAME[state], site.pages, site.base, "en")
    met = heard(page)
    rest = iter(met)
    missing = [wanted for wanted in ORDERS[state] if wanted not in rest]
    assert not missing, met


def test_the_verification_code_is_read_digit_by_digit(site: Site, open_page: Any) -> None:
    page = open_page(language="en")
    browsers.show(page, BY_NAME["waiting"], site.pages, site.base, "en")
    assert "4, 8, 2, 1" in page.locator("main").aria_snapshot()
    assert "4821" not in page.locator("main").aria_snapshot()


def test_tab_order_is_reading_order(site: Site, open_page: Any) -> None:
    page = open_page(language="en")
    browsers.show(page, BY_NAME["choose"], site.pages, site.base, "en")
    places = page.evaluate(
        """() => [...document.querySelectorAll('a[href], button, input:not([type=hidden]), summary')]
        .filter(node => node.checkVisibility() && node.tabIndex >= 0)
        .map(node => node.compareDocumentPosition(document.body) ? node.tabIndex : 0)"""
    )
    assert set(places) == {0}  # nothing jumps the queue: the order of the document is the order of the keys
