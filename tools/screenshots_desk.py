"""Pictures of the connection desk, the sandbox's pages and the papers, into docs/screenshots.

Starts a whole installation with its demo stories on free ports and takes a company from the form to production
(`screenshots_story.py`); needs Chromium and the development requirements: ``.venv/bin/python tools/screenshots_desk.py
[NAME …]``. Pictures are palette PNGs, so that the folder stays small.
"""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "screenshots"
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.support.settings")

import django  # noqa: E402

django.setup()

WIDE, NARROW = 1280, 320
ANA, ELENA, OLGA = "ana@demo.example", "elena@primarie.example", "olga@arhiva.example"
RADU, NINA, OPERATOR = "radu@izvor.example", "nina@nucul.example", "operator@msign.example"
NOBODY = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the desk: who looks at it, where it is, and what is pressed first. CASE is the person's first case."""

    who: str
    address: str
    press: str = ""


PAGES = {
    "desk-start": Page(NOBODY, "/connect/"),
    "desk-sign-in": Page(NOBODY, "/connect/sign-in/"),
    "desk-mailbox": Page(NOBODY, "/connect/mailbox/"),
    "desk-letter": Page(NOBODY, "/connect/mailbox/", "tbody a"),
    "desk-home": Page(NINA, "/connect/cases/"),
    "desk-case": Page(ELENA, "CASE"),
    "desk-question": Page(ELENA, "CASEform/purpose-of-use/"),
    "desk-check": Page(ELENA, "CASEcheck/"),
    "desk-error": Page(ANA, "CASEform/contacts/", "main form[novalidate] button"),
    "desk-sent": Page(NINA, "CASEsent/"),
    "desk-documents": Page(NINA, "CASEdocuments/"),
    "desk-document": Page(OLGA, "CASEdocuments/1/"),
    "desk-certificate": Page(RADU, "CASEcertificate/test/"),
    "desk-calls-waiting": Page(RADU, "CASEcalls/test/"),
    "desk-calls": Page(NINA, "CASEcalls/test/"),
    "desk-explain": Page(NINA, "CASEcalls/test/", "a[href*='?attempt=']"),
    "desk-tests": Page(NINA, "CASEtests/"),
    "desk-usage": Page(NINA, "CASEusage/test/"),
    "desk-promotion": Page(NINA, "CASEpromotion/"),
    "desk-live": Page(NINA, "CASE"),
    "desk-rotation": Page(NINA, "CASErotation/production/"),
    "desk-history": Page(NINA, "CASEhistory/"),
    "desk-change": Page(NINA, "/connect/change/"),
    "desk-queue": Page(OPERATOR, "/connect/desk/?tab=all"),
    "desk-review": Page(OPERATOR, "/connect/desk/MS-{year}-00002/"),
    "desk-access": Page(OPERATOR, "/connect/desk/access/"),
    "desk-enforced": Page(OPERATOR, "/connect/desk/MS-{year}-00006/access/"),
    "desk-expiries": Page(OPERATOR, "/connect/expiries/"),
    "desk-expiring": Page(OPERATOR, "/connect/desk/expiring/"),
    "desk-list": Page(OPERATOR, "/connect/desk/lists/systems/"),
    "desk-invoices": Page(OPERATOR, "/connect/desk/invoices/?only=paid"),
    "desk-organisation": Page(OPERATOR, "/connect/desk/organisations/5/"),
    "desk-statistics": Page(OPERATOR, "/connect/desk/statistics/"),
    "desk-trail": Page(OPERATOR, "/connect/desk/trail/"),
    "desk-mandates": Page(OPERATOR, "/connect/desk/mandates/"),
    "desk-instruments": Page(OPERATOR, "/connect/desk/instruments/"),
}
STORYLESS = {"desk-start", "desk-sign-in", "desk-mandates", "desk-instruments"}  # show nothing of the company's way
_DARK = "case calls usage queue review statistics access mandates"
DARK = tuple(f"desk-{name}" for name in _DARK.split())
LOOKS = ((WIDE, "ro", False), (NARROW, "ru", False), (WIDE, "en", True))  # width, language, dark


def main(names: list[str]) -> None:
    from tests.support.browsers import launched

    import screenshots_papers
    import screenshots_sandbox
    import screenshots_story
    from msign.ops import instance

    with (
        tempfile.TemporaryDirectory() as folder,
        instance.running(Path(folder) / "var") as running,
        launched() as browser,
    ):
        if not names or set(names) - STORYLESS:
            screenshots_story.carry_to_production(running, browser, Path(folder))
        screenshots_story.give_powers(running, Path(folder))
        camera = Camera(browser, running.options.web_url, frozenset(names))
        for name, page in PAGES.items():
            camera.take(name, page)
        screenshots_sandbox.take(camera, running)
        screenshots_papers.take(camera, running, Path(folder))


class Camera:
    """Takes pictures of pages as the people of the stories; everybody signs in once, for links are not endless."""

    def __init__(self, browser: Any, base: str, names: frozenset[str]) -> None:
        from msign.kernel.clock import SystemClock

        self.browser, self.base, self.names = browser, base, names
        self._year = SystemClock().now().year
        self._visits: dict[str, tuple[str, Any]] = {NOBODY: ("", None)}

    def wants(self, name: str) -> bool:
        """Return whether this picture was asked for; all are when none was named."""
        return not self.names or name in self.names

    def visit(self, who: str) -> tuple[str, Any]:
        """Return the address of a person's first case, and the session."""
        if who not in self._visits:
            self._visits[who] = visit(self.browser, self.base, who)
        return self._visits[who]

    def take(self, name: str, page: Page) -> None:
        """Take a page of the desk in each look."""
        if not self.wants(name):
            return
        case, state = self.visit(page.who)
        address = self.base + page.address.replace("CASE", case).format(year=self._year)
        for width, language, dark in LOOKS:
            if not dark or name in DARK:
                self.picture(name, address, page.press, width, language, dark=dark, state=state)

    def picture(
        self, name: str, address: str, press: str, width: int, language: str, *, dark: bool = False, state: Any = None
    ) -> None:
        """Take one picture of the page at ``address``, in the language of the desk's visit or of the address."""
        context = self.browser.new_context(
            locale=language,
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            storage_state=state,
        )
        page = context.new_page()
        page.goto(f"{self.base}/connect/?lang={language}")
        page.goto(address)
        if press:
            page.locator(press).first.click()
        show_all(page)
        size = "wide" if width == WIDE else "narrow"
        self.keep(f"{name}.{size}.{language}{'.dark' if dark else ''}", page.screenshot(full_page=True))
        context.close()

    def keep(self, name: str, png: bytes) -> None:
        """Write a picture into the folder."""
        from screenshots import small

        (TARGET / f"{name}.png").write_bytes(small(png))
        print(name, flush=True)


def visit(browser: Any, base: str, email: str) -> tuple[str, Any]:
    """Sign a person in; return the address of the first case and the session."""
    context = browser.new_context(locale="ro")
    case, state = sign_in(context.new_page(), base, email), context.storage_state()
    context.close()
    return case, state


def sign_in(page: Any, base: str, email: str) -> str:
    """Sign in with the link of the local mailbox; return the address of the person's first case."""
    page.goto(f"{base}/connect/sign-in/")
    page.fill("#id_email", email)
    page.locator("main form[novalidate] button").click()
    page.goto(f"{base}/connect/mailbox/")
    page.locator("tbody a").first.click()
    page.locator("article a[href*='/connect/sign-in/']").click()
    page.locator("main form button.large").click()
    page.goto(f"{base}/connect/cases/")
    first = page.locator("tbody a")
    return str(first.first.get_attribute("href")) if "/cases/" in page.url and first.count() else ""


def show_all(page: Any) -> None:
    """Wait for pictures of papers too: those below the window are loaded when they are scrolled to."""
    page.wait_for_load_state("load")
    for image in page.locator("main img").all():
        image.scroll_into_view_if_needed()
        page.wait_for_function("one => one.complete && one.naturalWidth > 0", arg=image.element_handle())
    page.evaluate("scrollTo(0, 0)")


if __name__ == "__main__":
    main(sys.argv[1:])
