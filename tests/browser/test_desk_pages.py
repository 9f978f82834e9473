"""Every page of the desk, on the demo's five stories: axe, structure, and no sideways scrolling at 320 pixels."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.test_desk_story import OPERATOR, Visitor, browser
from tests.support.installation import Installation
from tests.support.looks import look

assert browser  # the fixture, shared with the stories
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("desk")]
VIEWS = [("ro", 1280), ("ru", 320)]  # the stories go through English


def plain(path: str) -> Callable[[Visitor, str], None]:
    return lambda who, case: who.go(path.replace("CASE", case))


def form_with_errors(who: Visitor, case: str) -> None:
    who.go(f"{case}form/contacts/")
    who.page.fill("#id_contact_mailbox", "nu e adresă")
    who.press("main form[novalidate] button")
    assert who.page.locator(".error-summary li").count() >= 1


def sending_too_early(who: Visitor, case: str) -> None:
    who.go(f"{case}check/")
    who.press("main form button.large")
    assert who.page.locator(".error-summary li").count() >= 1


def bad_addresses(who: Visitor, case: str) -> None:
    who.go(f"{case}addresses/test/")
    who.page.fill("#id_addresses", "224.0.0.1\nportal.exemplu.md\n0.0.0.0/0")
    who.press("main form[novalidate] button")
    assert who.page.locator(".error-summary li").count() == 3


def bad_certificate(who: Visitor, case: str) -> None:
    who.go(f"{case}certificate/test/")
    who.page.fill("#id_serial", "xyz")
    who.press("main form[enctype] button:not([name])")
    assert who.page.locator(".error-summary li").count() == 1


def paper(who: Visitor, case: str) -> None:
    who.go(f"{case}documents/")
    who.press(".card a")


def mandate_with_errors(who: Visitor, _case: str) -> None:
    who.go("/connect/desk/mandates/")
    who.page.fill("#id_delegate_id", "12")
    who.press("main section form button")
    assert who.page.locator(".error-summary li").count() >= 4


def one_mandate(who: Visitor, _case: str) -> None:
    values = {
        "delegator_id": "1000000000007",
        "delegate_id": "2000000000004",
        "number": "M-17",
        "basis": "Procura nr. 5",
    }
    for name, value in {**values, "valid_from": "2026-03-01"}.items():
        who.page.fill(f"#id_{name}", value)
    who.press("main section form button")
    assert "M-17" in who.page.inner_text("h1")


def review(who: Visitor, _case: str) -> None:
    who.go("/connect/desk/?tab=new")
    who.press("tbody a")


def enforced(who: Visitor, _case: str) -> None:
    who.go("/connect/desk/?tab=all")
    who.go((who.page.locator("tbody a").first.get_attribute("href") or "") + "access/")


PAGES: dict[str, list[Callable[[Visitor, str], None]]] = {
    "ana@demo.example": [
        plain("/connect/"), plain("/connect/cases/"), plain("/connect/new/"), plain("CASE"),
        plain("CASEform/purpose/"), plain("CASEform/representative/"), form_with_errors, sending_too_early,
        plain("CASEdo/withdraw/"), plain("CASEhistory/"), plain("/connect/mailbox/"), plain("/connect/team/1/"),
    ],
    "elena@primarie.example": [plain("CASE"), plain("CASEform/purpose-of-use/"), plain("CASEcheck/"), plain("CASEsent/")],
    "olga@arhiva.example": [plain("CASE"), plain("CASEdocuments/"), paper],
    "radu@izvor.example": [
        plain("CASE"), plain("CASEdocuments/"), plain("CASEcertificate/test/"), bad_certificate, plain("CASEtests/"),
        plain("CASEaddresses/test/"), bad_addresses, plain("CASEpromotion/"), plain("CASEusage/test/"),
        plain("CASEcalls/test/"), plain("CASErotation/test/"), plain("/connect/expiries/"), plain("CASEexplain/"),
        plain("CASEexplain/?serial=4000000000001A&address=192.0.2.10&environment=test"),
    ],
    OPERATOR: [
        plain("/connect/desk/?tab=all"), review, plain("/connect/desk/lists/"), plain("/connect/desk/lists/contracts/"),
        plain("/connect/desk/invoices/"), plain("/connect/desk/statistics/"), plain("/connect/desk/expiring/"),
        plain("/connect/desk/trail/"), plain("/connect/desk/organisations/1/"), plain("/connect/desk/access/"),
        plain("/connect/desk/instruments/"), enforced,
        mandate_with_errors, one_mandate, plain("/connect/desk/mandates/"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: f"{view[0]}-{view[1]}")
@pytest.mark.timeout(280)
def test_every_page_is_accessible_and_fits(installation: Installation, browser: Any, view: tuple[str, int]) -> None:
    language, width = view
    problems: list[str] = []
    titles: dict[str, set[str]] = {}
    for email, pages in PAGES.items():
        context = browser.new_context(
            locale=language, viewport={"width": width, "height": 900}, reduced_motion="reduce"
        )
        page = context.new_page()
        page.set_default_timeout(20_000)
        who = Visitor(page, installation.options.web_url)
        who.sign_in(email, "")
        page.goto(f"{who.base}/connect/?lang={language}")
        case = ""
        if email != OPERATOR:
            who.go("/connect/cases/")
            case = page.locator("tbody a").first.get_attribute("href") or ""
        for visit in pages:
            visit(who, case)
            problems += look(page, language)
            path = re.sub(r"^https?://[^/]+", "", page.url).split("?")[0]
            titles.setdefault(page.title(), set()).add(path)
        context.close()
    assert problems == []
    repeated = {title: paths for title, paths in titles.items() if len(paths) > 1 and "MS-" not in " ".join(paths)}
    assert repeated == {}
