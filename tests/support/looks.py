"""What a page in a browser must be, whatever it shows: accessible, well built, no wider than the window."""

from __future__ import annotations

import re
from typing import Any

from axe_playwright_python.sync_playwright import Axe

AXE = Axe()  # reads its half megabyte of script once


class Contrasts:
    """Which texts on which grounds have been measured: most of axe's time goes there, and a style sheet repeats itself.

    A text is known by its element and classes and those of the three around it.
    """

    def __init__(self) -> None:
        self._measured: set[str] = set()

    def anything_new(self, page: Any) -> bool:
        """Tell whether the page that is open shows a text that was not on any page before."""
        shown = set(page.evaluate(_STYLED_TEXTS))
        new = not shown <= self._measured
        self._measured |= shown
        return new


_STYLED_TEXTS = """() => {
    const name = node => node ? `${node.localName}.${node.getAttribute('class') || ''}` : '';
    const found = new Set();
    for (const node of document.querySelectorAll('body *'))
        if ([...node.childNodes].some(child => child.nodeType === 3 && child.data.trim())) {
            const path = [];
            for (let at = node; at && path.length < 4; at = at.parentElement) path.push(name(at));
            found.add(path.join(' < '));
        }
    return [...found];
}"""


def look(page: Any, language: str, contrasts: Contrasts | None = None) -> list[str]:
    """Return what is wrong with the page that is open: what axe finds, and how it is built.

    With ``contrasts`` those of texts that were on a page before are not measured again.
    """
    options: dict[str, Any] = {"resultTypes": ["violations"]}
    if contrasts is not None and not contrasts.anything_new(page):
        options["rules"] = {"color-contrast": {"enabled": False}}
    violations = AXE.run(page, options=options).response["violations"]
    return [f"{page.url}: {one['id']} {one['nodes'][0]['html'][:100]}" for one in violations] + built(page, language)


def built(page: Any, language: str) -> list[str]:
    """Return what is wrong with how the page is built: language, headings, and what lies beyond the window."""
    facts = page.evaluate(
        """() => ({
            lang: document.documentElement.lang,
            h1: document.querySelectorAll('h1').length,
            skip: !!document.querySelector('a.skip'),
            wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
            inline: document.querySelectorAll('main [style], main script, main style').length,
            over: [...document.querySelectorAll('body *')]
                .filter(node => node.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
                .map(node => node.outerHTML.slice(0, 90)).slice(-3),
        })"""
    )
    wanted = {"lang": language, "h1": 1, "skip": True, "wide": 0, "inline": 0}
    found = [
        f"{page.url}: {name} is {facts[name]}; beyond the window: {facts['over']}"
        for name in wanted
        if facts[name] != wanted[name]
    ]
    if page.locator(".error-summary").count() and not re.match(r"(Eroare|Ошибка|Error): ", page.title()):
        found.append(f"{page.url}: the title {page.title()!r} does not begin with the error")
    return found


def seen(page: Any, base: str, language: str, width: int, paths: list[str]) -> list[str]:
    """Look at pages in a language and width; the language stays for the session."""
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{base}/connect/?lang={language}")
    found = []
    for path in paths:
        page.goto(base + path)
        found += look(page, language)
    page.set_viewport_size({"width": 1280, "height": 900})
    return found
