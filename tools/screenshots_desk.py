"""Pictures of the connection desk's main pages, wide and narrow, into docs/screenshots.

Starts a whole installation with its demo stories on free ports and takes a company from the form to production; needs
Chromium and the development requirements: ``.venv/bin/python tools/screenshots_desk.py``. Pictures are palette PNGs,
so that the folder stays small.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "screenshots"
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.support.settings")

import django  # noqa: E402

django.setup()

SIZES = (("wide", 1280, "ro"), ("narrow", 360, "ru"))
COMPANY, COMPANY_PERSON = "1020600000041", "nina@nucul.example"
# name: (who looks, page; CASE is the first case of that person)
SHOTS = {
    "desk-start": ("ana@demo.example", "/connect/"),
    "desk-case": ("elena@primarie.example", "CASE"),
    "desk-question": ("elena@primarie.example", "CASEform/purpose-of-use/"),
    "desk-document": ("olga@arhiva.example", "CASEdocuments/1/"),
    "desk-certificate": ("radu@izvor.example", "CASEcertificate/test/"),
    "desk-instruments": ("operator@msign.example", "/connect/desk/instruments/"),
    "desk-queue": ("operator@msign.example", "/connect/desk/?tab=all"),
    "desk-review": ("operator@msign.example", "/connect/desk/MS-{year}-00003/"),
    "desk-statistics": ("operator@msign.example", "/connect/desk/statistics/"),
    "desk-expiring": ("operator@msign.example", "/connect/desk/expiring/"),
    "desk-list": ("operator@msign.example", "/connect/desk/lists/systems/"),
    "desk-organisation": ("operator@msign.example", "/connect/desk/organisations/5/"),
    "desk-trail": ("operator@msign.example", "/connect/desk/trail/"),
    "desk-sent": (COMPANY_PERSON, "CASEsent/"),
    "desk-tests": (COMPANY_PERSON, "CASEtests/"),
    "desk-usage": (COMPANY_PERSON, "CASEusage/test/"),
    "desk-promotion": (COMPANY_PERSON, "CASEpromotion/"),
    "desk-live": (COMPANY_PERSON, "CASE"),
    "desk-history": (COMPANY_PERSON, "CASEhistory/"),
    "desk-home": (COMPANY_PERSON, "/connect/cases/"),
    "desk-change": (COMPANY_PERSON, "/connect/change/"),
}


def main() -> None:
    import django

    django.setup()
    from tests.support.browsers import launched

    from msign.kernel.clock import SystemClock
    from msign.ops import instance

    year = SystemClock().now().year
    with (
        tempfile.TemporaryDirectory() as folder,
        instance.running(Path(folder) / "var") as running,
        launched() as browser,
    ):
        carry_to_production(running.options, browser, Path(folder))
        visits: dict[str, tuple[str, Any]] = {}  # links are not sent without end: everybody signs in once
        for size, width, language in SIZES:
            for name, (email, address) in SHOTS.items():
                if email not in visits:
                    visits[email] = visit(browser, running.options.web_url, email)
                case, state = visits[email]
                window = {"width": width, "height": 900}
                context = browser.new_context(locale=language, viewport=window, storage_state=state)
                page = context.new_page()
                page.goto(f"{running.options.web_url}/connect/?lang={language}")
                page.goto(running.options.web_url + address.replace("CASE", case).format(year=year))
                show_all(page)
                (TARGET / f"{name}.{size}.{language}.png").write_bytes(small(page.screenshot(full_page=True)))
                context.close()


def carry_to_production(options: Any, browser: Any, folder: Path) -> None:
    """The story of the company as the browser tests tell it, so that there is something to see of the late states."""
    from tests.browser import test_desk_story as story

    from msign.kernel.words import Environment

    installation: Any = SimpleNamespace(options=options)
    test, production = (story.SystemCertificate(folder, name) for name in ("contracte-test", "contracte-productie"))
    for one in (test, production):
        one.order(installation, COMPANY)
    with story.visitor(browser, installation) as nina, story.visitor(browser, installation) as operator:
        nina.sign_in(COMPANY_PERSON, "Nina Nucu")
        operator.sign_in(story.OPERATOR, "")
        home = story.fill_in(nina, number=COMPANY, kind="private", system_name="Contracte verzi")
        review = story.review_of(home)
        for action in ("take", "confirm", "issue-documents"):
            story.decide(operator, review, action)
        story.sign_papers(nina, installation, home, story.REPRESENTATIVE_IDNP)
        story.sign_papers(operator, installation, home, story.OPERATOR_IDNP)
        story.give(nina, home, "test", test.certificate)
        story.step(nina, home, "give-test-data")
        story.decide(operator, review, "configure-test")
        test.call(installation, Environment.TEST)
        test.integrator(installation).do_the_six_cases(("mobile", "moldsign", "mobisign", "nationalid"))
        story.assert_tests(nina, home, passed=6)
        story.step(nina, home, "validate")
        story.decide(operator, review, "confirm-compliance")
        story.give(nina, home, "production", production.certificate)
        story.step(nina, home, "give-production-data")
        operator.go("/connect/desk/invoices/")
        row = operator.page.locator("tr", has_text="Cooperativa Nucul Verde")
        with operator.page.expect_navigation():
            row.locator("button").click()
        story.decide(operator, review, "activate")


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
    for image in page.locator("main img").all():
        image.scroll_into_view_if_needed()
        page.wait_for_function("one => one.complete && one.naturalWidth > 0", arg=image.element_handle())
    page.wait_for_load_state("networkidle")
    page.evaluate("scrollTo(0, 0)")


def small(png: bytes) -> bytes:
    """Return a picture with at most 64 colours."""
    from PIL import Image

    out = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").quantize(64).save(out, "PNG", optimize=True)
    return out.getvalue()


if __name__ == "__main__":
    main()
