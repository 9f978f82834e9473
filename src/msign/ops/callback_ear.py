"""Hears the callbacks of a provider under test and says what is wrong with them."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from msign.providers.remote.settings import RemoteSettings, callback_accepted

_MAX_BODY = 4096
_KNOWN_MEMBERS = {"requestId", "transactionId"}


@dataclass(frozen=True, slots=True)
class Heard:
    """One callback. ``problems`` is empty for a good one."""

    request_id: str
    problems: tuple[str, ...]


class CallbackEar:
    """A small HTTP listener; behind a TLS proxy if the provider insists on HTTPS."""

    def __init__(self, host: str, port: int, settings: RemoteSettings) -> None:
        self._heard: dict[str, Heard] = {}
        self._arrived = threading.Condition()
        self._settings = settings
        self._server = ThreadingHTTPServer((host, port), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def hear(self, authorization: str, address: str, body: bytes) -> int:
        """Note a callback and return the status to answer with."""
        accepted = callback_accepted(self._settings, authorization)
        found = _judge(body, address, accepted=accepted, secrets=self._settings.callback_tokens)
        if found is not None:
            with self._arrived:
                self._heard[found.request_id] = found
                self._arrived.notify_all()
        if not accepted:
            return 401
        return 204 if found is not None else 400

    def wait_for(self, request_id: str, seconds: float) -> Heard | None:
        """Return the callback for a request once it has come, or ``None`` after ``seconds``."""
        with self._arrived:
            self._arrived.wait_for(lambda: request_id in self._heard, seconds)
            return self._heard.get(request_id)


def _judge(body: bytes, address: str, *, accepted: bool, secrets: Sequence[str]) -> Heard | None:
    try:
        values = json.loads(body)
        request_id = values["requestId"]
    except (ValueError, KeyError, TypeError):
        return None
    found = []
    if not accepted:
        found.append("its bearer token is not the one agreed for callbacks")
    if more := sorted(set(values) - _KNOWN_MEMBERS):
        found.append(f"it carries more than the id: {', '.join(more)}")
    if any(secret in address for secret in secrets):
        found.append("a token stands in the address")
    return Heard(str(request_id), tuple(found))


def _handler(ear: CallbackEar) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = min(int(self.headers.get("Content-Length", "0") or 0), _MAX_BODY)
            status = ear.hear(self.headers.get("Authorization", ""), self.path, self.rfile.read(size))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing: what was heard is in the report."""

    return Handler
