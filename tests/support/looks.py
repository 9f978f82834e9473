"""What a page in a browser must be, whatever it shows: accessible, well built, no wider than the window."""

from __future__ import annotations

import re
from typing import Any

from axe_playwright_python.sync_playwright import Axe

_AXE = Axe()  # reads its half megabyte of script once


def bring_axe(context: Any) -> None:
    """Let every page of this context have axe from its start: a third of a look went into handing it over."""
    context.add_init_script(script=_AXE.axe_script)


def axe(page: Any, **options: Any) -> list[dict[str, Any]]:
    """Return what axe finds against the page that is open; where the context has not brought it, it is handed over."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(_AXE.axe_script)
    found: dict[str, Any] = page.evaluate("options => axe.run(options)", {"resultTypes": ["violations"], **options})
    return list(found["violations"])


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
    found = [
        f"{page.url}: {one['id']} {one['nodes'][0]['html'][:100]}" for one in axe(page, **unmeasured(page, contrasts))
    ]
    return found + built(page, language)


def unmeasured(page: Any, contrasts: Contrasts | None) -> dict[str, Any]:
    """Return the option of axe that leaves contrasts out where each text of the page was measured before."""
    if contrasts is None or contrasts.anything_new(page):
        return {}
    return {"rules": {"color-contrast": {"enabled": False}}}


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
