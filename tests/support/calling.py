"""One bare call of the API over a connection of its own: from any loopback address, with any certificate."""

from __future__ import annotations

import contextlib
import http.client
import re
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from msign.kernel.clock import monotonic
from msign.kernel.words import Environment
from tests.support.installation import Installation

REFUSED, LET_IN, NO_HANDSHAKE = "AuthenticationFailed", "let in", "no handshake"  # HTTP 403 is a refusal too
_GET = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
    '<GetSignResponse xmlns="https://msign.gov.md"><requestID>0</requestID></GetSignResponse></s:Body></s:Envelope>'
)
_HEADERS = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '"https://msign.gov.md/IMSign/GetSignResponse"'}
SECONDS = 15.0


@dataclass(frozen=True)
class Caller:
    """A system's certificate and key, and the loopback address that it calls from."""

    installation: Installation
    certificate: Path
    key: Path
    source: str = "127.0.0.1"

    def call(self, environment: Environment = Environment.TEST) -> tuple[str, str]:
        """Return how the gateway took a call, and the fault's text. A request that does not exist is asked for."""
        with contextlib.closing(self.connection(environment)) as connection:
            return ask(connection)

    def connection(self, environment: Environment = Environment.TEST) -> http.client.HTTPSConnection:
        """Return a connection, not opened yet; several calls may go over it."""
        ports = self.installation.options.ports
        port = ports.api_test if environment is Environment.TEST else ports.api_production
        context = ssl.create_default_context(cafile=self.installation.options.data_path / "demo" / "ca.pem")
        context.load_cert_chain(self.certificate, self.key)
        return http.client.HTTPSConnection(
            "127.0.0.1", port, timeout=SECONDS, source_address=(self.source, 0), context=context
        )

    def until(self, wanted: str, environment: Environment = Environment.TEST) -> float:
        """Call again and again until it is taken as ``wanted``; return after how many seconds."""
        started, pause = monotonic(), threading.Event()
        wait_for(lambda: self.call(environment)[0] == wanted, pause)
        return monotonic() - started


def ask(connection: http.client.HTTPSConnection) -> tuple[str, str]:
    """Make one call over a connection; return how it was taken, and the fault's text."""
    try:
        connection.request("POST", "/MSign.svc", _GET.encode(), _HEADERS)
        response = connection.getresponse()
        text = response.read().decode()
    except (ssl.SSLError, ConnectionError, http.client.HTTPException):
        return NO_HANDSHAKE, ""
    found = re.search(r"<faultstring[^>]*>(.*?)</faultstring>", text)
    refused = REFUSED in text or response.status == 403
    return (REFUSED if refused else LET_IN), found[1] if found else text


def wait_for(condition: Callable[[], bool], pause: threading.Event, seconds: float = 60.0) -> None:
    """Ask until it holds."""
    deadline = monotonic() + seconds
    while not condition():
        assert monotonic() < deadline, "it did not happen"
        pause.wait(0.2)


class Traffic:
    """Calls that never stop while a test does something else; whatever is not let in is a failure."""

    def __init__(self, installation: Installation, certificate: Path, key: Path, environment: Environment) -> None:
        self._caller = Caller(installation, certificate, key)
        self._environment = environment
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.made = 0
        self.failures: list[tuple[str, str]] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def switch(self, certificate: Path, key: Path) -> None:
        """Call with another certificate from now on, and come back when the first such call was made."""
        self._caller = Caller(self._caller.installation, certificate, key)
        self.some_more()

    def some_more(self) -> None:
        """Come back after a few more calls."""
        enough = self.made + 5
        wait_for(lambda: self.made >= enough, threading.Event())

    def _run(self) -> None:
        while not self._stop.wait(0.05):
            answer = self._caller.call(self._environment)
            self.made += 1
            if answer[0] != LET_IN:
                self.failures.append(answer)
