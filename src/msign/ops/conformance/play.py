"""Who takes part in a conformance run: the system's client, the person with a device, the e-service's return page."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self
from urllib.parse import parse_qsl, urlencode, urlsplit

from msign.client.api import SoapClient
from msign.kernel.clock import monotonic
from msign.kernel.errors import Code, MSignError
from msign.kernel.languages import Language
from msign.ops.conformance.values import Step
from msign.ops.forms import Page, Visitor
from msign.ops.person import DEFAULT_IDNP, Stage

RELAY_STATE = "aGFydMSDPQ==+/ă"  # what has to come back byte for byte: base64 with = + / and a letter beyond ASCII
_MAX_BODY = 256 * 1024


class UnexpectedError(Exception):
    """A step ended otherwise than published; what was seen stands in the journal."""


class Journal:
    """The steps of one scenario as they happen."""

    def __init__(self) -> None:
        self._started = monotonic()
        self.steps: list[Step] = []
        self.request_id = ""

    @property
    def seconds(self) -> float:
        """Seconds since the scenario began."""
        return round(monotonic() - self._started, 3)

    def check(self, code: str, good: object, detail: str = "") -> None:
        """Note a step; end the scenario if it went wrong."""
        self.steps.append(Step(code, bool(good), self.seconds, detail))
        if not good:
            raise UnexpectedError(code)

    def posted(self, request_id: str) -> str:
        """Note a posted request."""
        self.request_id = request_id
        self.check("posted", request_id, request_id)
        return request_id


class ReturnPage:
    """A stand-in for the e-service's return page: remembers every callback, whichever verb it came by."""

    def __init__(self) -> None:
        self.heard: list[dict[str, str]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self.heard))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/return"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """One run's surroundings."""

    client: SoapClient
    stage: Stage
    return_url: str
    folder: Path
    ear: ReturnPage | None = None  # None: the return page is the integrator's own
    signer: str = DEFAULT_IDNP
    instruments: tuple[str, ...] = ()
    language: Language = Language.EN
    verify: bool | str = True  # how the web listener's certificate is checked
    kept: dict[str, Path] = field(default_factory=dict)  # what earlier scenarios signed, for later ones

    @contextmanager
    def visit(self) -> Iterator[Visitor]:
        """A fresh browser."""
        with Visitor(verify=self.verify) as visitor:
            yield visitor

    def open(self, visitor: Visitor, request_id: str) -> Page:
        """Open the sign page as the e-service would send a person there."""
        query = urlencode({"ReturnUrl": self.return_url, "RelayState": RELAY_STATE, "lang": self.language.value})
        return visitor.open(f"{self.stage.web_url}/{request_id}?{query}")

    def come_back(self, visitor: Visitor, page: Page, request_id: str) -> None:
        """Press the button that leads back to the e-service. Raises ``MSignError`` if there is none or it is wrong."""
        heard = len(self.ear.heard) if self.ear else 0
        _press_back(visitor, page)
        if self.ear is None:
            return
        if len(self.ear.heard) <= heard:
            raise MSignError(Code.UNAVAILABLE, "the callback never came")
        told = self.ear.heard[-1]
        if told.get("RequestID") != request_id:
            raise MSignError(Code.CONFLICT, f"the callback names {told.get('RequestID')!r}", member="RequestID")
        if told.get("RelayState") != RELAY_STATE:
            raise MSignError(Code.CONFLICT, f"it came back as {told.get('RelayState')!r}", member="RelayState")


def offered(page: Page) -> tuple[str, ...]:
    """Return the instruments that a sign page offers."""
    found = [str(form.fields["instrument"]) for form in page.forms() if "instrument" in form.fields]
    return tuple(dict.fromkeys(found))


def _press_back(visitor: Visitor, page: Page) -> Page:
    for form in page.forms():
        if "RequestID" in form.fields:
            return visitor.submit(page, form, {})
    for link in page.root.iter("a"):
        if "RequestID=" in (link.get("href") or ""):
            return visitor.open(str(link.get("href")))
    raise MSignError(Code.CONFLICT, "the result page has no way back to the e-service")


def _handler(heard: list[dict[str, str]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(urlsplit(self.path).query)

        def do_POST(self) -> None:
            size = min(int(self.headers.get("Content-Length", "0") or 0), _MAX_BODY)
            self._answer(self.rfile.read(size).decode("utf-8", "replace"))

        def _answer(self, encoded: str) -> None:
            heard.append(dict(parse_qsl(encoded, keep_blank_values=True)))
            body = b"<!doctype html><title>back</title><p>back</p>"
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing: what was heard is in the report."""

    return Handler
