"""A real browser on the sign and verify pages."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.support.page_states import State
from tests.support.pages import Pages

PATIENCE = 60_000  # ms that a page may take on a slow and busy machine before a test gives it up
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def executable() -> str | None:
    """Return where Chromium is; ``None`` where there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@contextmanager
def launched() -> Iterator[Any]:
    """Start the browser."""
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox", "--disable-dev-shm-usage"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=flags)
        yield browser
        browser.close()


def reset(pages: Pages) -> None:
    """Forget what an earlier state left behind."""
    fresh = Pages(type(pages.requests)(), pages.clock)
    pages.requests.views.clear()
    pages.requests.started.clear()
    pages.requests.posted.clear()
    pages.requests.replies.clear()
    pages.requests.asked = None
    pages.requests.refuse_start = pages.requests.refuse_post = None
    pages.settings = fresh.settings
    pages.health.clear()
    pages.judge.report = fresh.judge.report


def show(page: Any, state: State, pages: Pages, base: str, language: str) -> None:
    """Bring a page of the browser to ``state``."""
    page.goto("about:blank")  # what was open asks for its status and would load itself anew once that is gone
    reset(pages)
    page.pages, page.base = pages, base
    state.prepare(pages)
    mark = "&" if "?" in state.path else "?"
    page.goto(f"{base}{state.path}{mark}lang={language}")
    if state.act:
        state.act(page)
    page.wait_for_load_state("load")
