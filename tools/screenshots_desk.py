"""Pictures of the connection desk's main pages, wide and narrow, into docs/screenshots.

Starts a whole installation with its demo stories on free ports; needs Chromium and the development requirements:
``.venv/bin/python tools/screenshots_desk.py``. Pictures are palette PNGs, so that the folder stays small.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "screenshots"
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.support.settings")

SIZES = (("wide", 1280, "ro"), ("narrow", 360, "ru"))
# name: (who looks, page; CASE is the first case of that person)
SHOTS = {
    "desk-start": ("ana@demo.example", "/connect/"),
    "desk-case": ("elena@primarie.example", "CASE"),
    "desk-question": ("elena@primarie.example", "CASEform/purpose-of-use/"),
    "desk-document": ("olga@arhiva.example", "CASEdocuments/1/"),
    "desk-certificate": ("radu@izvor.example", "CASEcertificate/test/"),
    "desk-queue": ("operator@msign.example", "/connect/desk/?tab=all"),
    "desk-review": ("operator@msign.example", "/connect/desk/MS-{year}-00003/"),
    "desk-statistics": ("operator@msign.example", "/connect/desk/statistics/"),
    "desk-expiring": ("operator@msign.example", "/connect/desk/expiring/"),
    "desk-list": ("operator@msign.example", "/connect/desk/lists/systems/"),
    "desk-organisation": ("operator@msign.example", "/connect/desk/organisations/5/"),
    "desk-trail": ("operator@msign.example", "/connect/desk/trail/"),
}


def main() -> None:
    import django

    django.setup()
    from tests.support.browsers import launched

    from msign.kernel.clock import SystemClock
    from msign.ops import instance

    with (
        tempfile.TemporaryDirectory() as folder,
        instance.running(Path(folder) / "var") as running,
        launched() as browser,
    ):
        for size, width, language in SIZES:
            for name, (email, address) in SHOTS.items():
                context = browser.new_context(locale=language, viewport={"width": width, "height": 900})
                page = context.new_page()
                case = sign_in(page, running.options.web_url, email)
                address = address.replace("CASE", case).format(year=SystemClock().now().year)
                page.goto(running.options.web_url + address, wait_until="networkidle")
                (TARGET / f"{name}.{size}.{language}.png").write_bytes(small(page.screenshot(full_page=True)))
                context.close()


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


def small(png: bytes) -> bytes:
    """Return a picture with at most 64 colours."""
    from PIL import Image

    out = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").quantize(64).save(out, "PNG", optimize=True)
    return out.getvalue()


if __name__ == "__main__":
    main()
