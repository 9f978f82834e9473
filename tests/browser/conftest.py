"""Browser tests drive a real Chromium against pages on fakes; where there is none they are skipped with a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support import browsers, documents, verifying
from tests.support import pages as support
from tests.support.pages import Pages
from tests.support.pki import session_pki


@dataclass(frozen=True, slots=True)
class Site:
    """Served pages and the browser to look at them with."""

    pages: Pages
    base: str
    browser: Any


# One per module, not per session: while its loop runs in this thread, tests of coroutines could not.
@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    if browsers.executable() is None:
        pytest.skip("no Chromium on this machine: install `chromium` to run the browser tests")
    folder = tmp_path_factory.mktemp("site")
    documents.write_pdf(folder / "doc", pages=3)
    made = support.build(folder, seal=verifying.seal(session_pki()))
    with support.serving(made) as base, browsers.launched() as browser:
        yield Site(made, base, browser)


@pytest.fixture(scope="module")
def tab() -> Iterator[Any]:
    """One tab of a real browser for a whole module; for tests of a whole installation."""
    if browsers.executable() is None:
        pytest.skip("no Chromium on this machine: install `chromium` to run the browser tests")
    with browsers.launched() as browser:
        page = browser.new_context(reduced_motion="reduce", locale="ro", accept_downloads=True).new_page()
        page.set_default_timeout(45_000)
        yield page


@pytest.fixture
def open_page(site: Site) -> Iterator[Any]:
    """Return a function that opens a fresh visitor: ``open_page(javascript=False, width=320)``."""
    contexts = []

    def make(*, javascript: bool = True, width: int = 1280, language: str = "ro", dark: bool = False) -> Any:
        context = site.browser.new_context(
            viewport={"width": width, "height": 900},
            locale=language,
            java_script_enabled=javascript,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        return page

    browsers.reset(site.pages)
    yield make
    for context in contexts:
        context.close()
