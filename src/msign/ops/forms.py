"""A visitor without a browser: opens pages, fills in their forms, follows redirects. What a person does by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import urljoin

import httpx
from lxml import html

from msign.kernel.errors import Code, MSignError


@dataclass(frozen=True, slots=True)
class Page:
    """A page that was opened: its address after redirects, and its elements."""

    url: str
    root: html.HtmlElement

    def forms(self) -> list[html.FormElement]:
        """Return the forms in page order."""
        return list(self.root.forms)

    def select(self, css_class: str) -> list[html.HtmlElement]:
        """Return the elements of a class."""
        return list(self.root.find_class(css_class))

    def words(self, css_class: str) -> str:
        """Return the text of the first element of a class, on one line."""
        found = self.select(css_class)
        return " ".join(found[0].text_content().split()) if found else ""


class Visitor:
    """One visit: cookies are kept, redirects followed. Raises ``MSignError`` for what does not answer."""

    def __init__(self, *, verify: bool | str = True) -> None:
        self._client = httpx.Client(
            follow_redirects=True, timeout=30, trust_env=False, verify=verify, headers={"Accept-Language": "en"}
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self, url: str) -> Page:
        """Open an address."""
        return self._page("GET", url, None)

    def submit(self, page: Page, form: html.FormElement, values: Mapping[str, str]) -> Page:
        """Send a form as it stands on the page, with ``values`` typed into its fields."""
        fields = {name: value for name, value in form.form_values() if isinstance(value, str)}
        return self._page(form.method, urljoin(page.url, form.action or page.url), {**fields, **values})

    def close(self) -> None:
        """Forget cookies and connections."""
        self._client.close()

    def _page(self, method: str, url: str, values: Mapping[str, str] | None) -> Page:
        carried = {"data": values} if method == "POST" else {"params": values} if values else {}
        headers = {"Origin": _origin(url), "Referer": url} if method == "POST" else {}
        try:
            answer = self._client.request(method, url, headers=headers, **carried)
        except httpx.HTTPError as error:
            raise MSignError(
                Code.UNAVAILABLE, f"{_origin(url)} does not answer ({error}). Is `make run` running?", retry=True
            ) from error
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise MSignError(Code.INTERNAL, f"{_origin(url)} answered {answer.status_code}; its log says why")
        return Page(str(answer.url), html.fromstring(answer.content or b"<html/>", base_url=str(answer.url)))


def _origin(url: str) -> str:
    parts = httpx.URL(url)
    return f"{parts.scheme}://{parts.netloc.decode()}"
