"""Pictures of the pages in their main states, wide and narrow, light and dark, into docs/screenshots.

Runs on the fakes of the test suite; needs Chromium and the development requirements:
``.venv/bin/python tools/screenshots.py [NAME …]``. Pictures are palette PNGs, so that the folder stays small.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "screenshots"
WIDE, NARROW = 1280, 360

sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.support.settings")


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture: which state, how wide, in which language, light or dark."""

    state: str
    width: int = WIDE
    language: str = "ro"
    dark: bool = False

    @property
    def name(self) -> str:
        size = "wide" if self.width == WIDE else "narrow"
        return f"{self.state}.{size}.{self.language}{'.dark' if self.dark else ''}.png"


SHOTS = [
    Shot("home"),
    Shot("home", NARROW, "ru"),
    Shot("own"),
    Shot("choose"),
    Shot("choose", NARROW, "ru"),
    Shot("choose", dark=True, language="en"),
    Shot("choose-fixed", NARROW, "ro"),
    Shot("choose-hashes"),
    Shot("choose-error", language="ru"),
    Shot("choose-unavailable", language="en"),
    Shot("preview"),
    Shot("waiting"),
    Shot("waiting", NARROW, "en", dark=True),
    Shot("waiting-app", language="ru"),
    Shot("waiting-batch", NARROW, "ro"),
    Shot("agent-absent"),
    Shot("agent-absent", NARROW, "ru"),
    Shot("agent-choose", language="en"),
    Shot("agent-signing", NARROW, "ro"),
    Shot("secrets-wrong", language="ru"),
    Shot("secrets-wrong", NARROW, "ro"),
    Shot("elsewhere", language="en"),
    Shot("success", language="en"),
    Shot("failure"),
    Shot("failure", NARROW, "ru"),
    Shot("gone"),
    Shot("expired", language="ru"),
    Shot("verify", language="en"),
    Shot("verify-valid"),
    Shot("verify-valid", NARROW, "ru", dark=True),
    Shot("verify-two", language="en"),
    Shot("verify-two", NARROW, "ro"),
    Shot("verify-two", language="ru", dark=True),
    Shot("verify-tampered", language="ru"),
    Shot("verify-tampered", NARROW, "en"),
    Shot("verify-tampered", dark=True),
    Shot("verify-expired"),
    Shot("verify-expired", NARROW, "ru"),
    Shot("verify-expired", language="en", dark=True),
    Shot("verify-pages", language="en"),
    Shot("verify-compare"),
    Shot("verify-invalid", language="en"),
    Shot("verify-unknown", NARROW, "en"),
    Shot("verify-none"),
    Shot("not-found"),
]


def main(names: list[str]) -> int:
    import django

    django.setup()
    from tests.support import browsers, documents, pages, verifying
    from tests.support.pki import session_pki

    if browsers.executable() is None:
        print("No Chromium on this machine: install `chromium` and run this again.")
        return 1
    TARGET.mkdir(parents=True, exist_ok=True)
    wanted = [shot for shot in SHOTS if not names or shot.state in names]
    with tempfile.TemporaryDirectory() as folder:
        documents.write_pdf(Path(folder) / "doc", pages=2)
        site = pages.build(Path(folder), seal=verifying.seal(session_pki()))
        with pages.serving(site) as base, browsers.launched() as browser:
            for shot in wanted:
                (TARGET / shot.name).write_bytes(_small(_take(browser, site, base, shot)))
                print(shot.name, flush=True)
    return 0


def _take(browser: Any, site: Any, base: str, shot: Shot) -> bytes:
    from tests.support import browsers
    from tests.support.page_states import BY_NAME

    context = browser.new_context(
        viewport={"width": shot.width, "height": 800},
        locale=shot.language,
        color_scheme="dark" if shot.dark else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    browsers.show(page, BY_NAME[shot.state], site, base, shot.language)
    page.wait_for_load_state("load" if shot.state == "agent-signing" else "networkidle")  # its program never answers
    picture: bytes = page.screenshot(full_page=True)
    context.close()
    return picture


def _small(picture: bytes) -> bytes:
    from PIL import Image

    output = io.BytesIO()
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    image.quantize(160, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(output, "PNG", optimize=True)
    return output.getvalue()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
