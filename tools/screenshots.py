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
WIDE, NARROW = 1280, 320
ZOOMED = 640  # what is left of a wide window at 200 % zoom: half as many pixels, each twice as large
SIZES = {WIDE: "wide", NARROW: "narrow", ZOOMED: "zoomed"}
TALLEST = 5000  # pixels
COLOURS = 96

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
        return f"{self.state}.{SIZES[self.width]}.{self.language}{'.dark' if self.dark else ''}.png"


LANGUAGES = ("ro", "ru", "en")
DARK = (
    Shot("choose", language="en", dark=True),
    Shot("waiting", NARROW, "en", dark=True),
    Shot("verify-valid", NARROW, "ru", dark=True),
    Shot("verify-two", language="ru", dark=True),
    Shot("verify-tampered", language="ro", dark=True),
    Shot("verify-expired", language="en", dark=True),
    Shot("failure", language="ro", dark=True),
)
ZOOM = (Shot("choose", ZOOMED, "ru"), Shot("waiting", ZOOMED, "ro"))


def shots() -> list[Shot]:
    """Every state wide and narrow, some of them dark; a language follows from the name, so that it stays."""
    from tests.support.page_states import STATES

    turns = {state.name: sum(map(ord, state.name)) for state in STATES}
    wide = [Shot(name, WIDE, LANGUAGES[turn % 3]) for name, turn in turns.items()]
    narrow = [Shot(name, NARROW, LANGUAGES[(turn + 1) % 3]) for name, turn in turns.items()]
    return [*wide, *narrow, *DARK, *ZOOM]


def main(names: list[str]) -> int:
    import django

    django.setup()
    from tests.support import browsers, documents, pages, verifying
    from tests.support.pki import session_pki

    if browsers.executable() is None:
        print("No Chromium on this machine: install `chromium` and run this again.")
        return 1
    TARGET.mkdir(parents=True, exist_ok=True)
    wanted = [shot for shot in shots() if not names or shot.state in names]
    if not names:
        _forget({shot.name for shot in wanted})
    with tempfile.TemporaryDirectory() as folder:
        documents.write_pdf(Path(folder) / "doc", pages=2)
        site = pages.build(Path(folder), seal=verifying.seal(session_pki()))
        with pages.serving(site) as base, browsers.launched() as browser:
            for shot in wanted:
                (TARGET / shot.name).write_bytes(small(_take(browser, site, base, shot)))
                print(shot.name, flush=True)
    return 0


def _forget(known: set[str]) -> None:
    """Remove pictures of states that are no longer; desk, sandbox, letters and papers have a command of their own."""
    for path in TARGET.glob("*.png"):
        if path.name not in known and not path.name.startswith(("desk-", "letter", "paper-", "sandbox-")):
            path.unlink()


def _take(browser: Any, site: Any, base: str, shot: Shot) -> bytes:
    from tests.support import browsers
    from tests.support.page_states import BY_NAME

    context = browser.new_context(
        viewport={"width": shot.width, "height": 800 if shot.width != ZOOMED else 400},
        device_scale_factor=2 if shot.width == ZOOMED else 1,
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


def small(picture: bytes) -> bytes:
    """Return a picture with its most frequent colours, exactly; endless tables are cut."""
    from PIL import Image

    image = Image.open(io.BytesIO(picture)).convert("RGB")
    image = image.crop((0, 0, image.width, min(image.height, TALLEST)))
    counted = sorted(image.getcolors(image.width * image.height) or (), reverse=True)[:COLOURS]
    palette = Image.new("P", (1, 1))
    palette.putpalette([part for _count, colour in counted for part in colour])
    output = io.BytesIO()
    image.quantize(palette=palette, dither=Image.Dither.NONE).save(output, "PNG", optimize=True)
    return output.getvalue()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
