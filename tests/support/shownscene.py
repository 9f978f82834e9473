"""Gives a browser what a gallery of pages kept, from memory, over HTTP, so that styles and fonts stay in its cache."""

from __future__ import annotations

import http.server
import mimetypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar
from urllib.parse import urlsplit

from tests.support import browsers, deskgallery
from tests.support.deskgallery import Answer, Scene
from tests.support.looks import Contrasts, bring_axe, built, look

_PAGES_OF_A_TAB = 40  # a tab that has shown hundreds of pages keeps what it knew of them, and becomes slow


class _Server(http.server.ThreadingHTTPServer):
    answer = Answer(204, b"", {})


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Server
    kept: ClassVar[dict[str, bytes]] = {}

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path.startswith("/static/"):
            kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
            self._send(200, self._static(path), {"content-type": kind, "cache-control": "max-age=3600"})
        elif self.headers.get("Sec-Fetch-Mode") == "navigate":
            answer = self.server.answer
            self._send(answer.status, answer.body, {**answer.headers, "cache-control": "no-store"})
        else:
            self._send(204, b"", {})

    def _static(self, path: str) -> bytes:
        if path not in self.kept:
            self.kept[path] = deskgallery.static_file(path).read_bytes()
        return self.kept[path]

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the name of the base class)
        """Say nothing."""


class Window:
    """A browser window that shows scenes."""

    def __init__(self, browser: Any, server: _Server) -> None:
        self._context = browser.new_context(reduced_motion="reduce")
        bring_axe(self._context)
        self._server, self._shown = server, 0
        self._base = f"http://localhost:{server.server_port}"
        self._size = {"width": 1280, "height": 900}
        self._contrasts = Contrasts()
        self.page = self._tab()

    def resize(self, width: int) -> None:
        self._size["width"] = width
        self.page.set_viewport_size(self._size)

    def show(self, scene: Scene, answer: Answer) -> None:
        self._shown += 1
        if self._shown % _PAGES_OF_A_TAB == 0:
            self.page.close()
            self.page = self._tab()
        self._server.answer = answer
        self.page.goto(self._base + scene.path)

    def look(self, language: str) -> list[str]:
        return look(self.page, language, self._contrasts)

    def built(self, language: str) -> list[str]:
        return built(self.page, language)

    def _tab(self) -> Any:
        page = self._context.new_page()
        page.set_default_timeout(browsers.PATIENCE)
        page.set_viewport_size(self._size)
        return page


@contextmanager
def window(browser: Any) -> Iterator[Window]:
    """Open a window and the server behind it; both are gone afterwards."""
    with _Server(("localhost", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield Window(browser, server)
        finally:
            browser.close()
            server.shutdown()
            thread.join()
