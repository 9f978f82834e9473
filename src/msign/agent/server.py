"""The agent's door: loopback only, known sites only. Everything else is refused before a byte of it is looked at."""

from __future__ import annotations

import base64
import json
import logging
import re
import ssl
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from msign.agent.questions import read_data, read_prepared
from msign.agent.words import STATUS, AgentError, Word
from msign.agent.work import Desk
from msign.kernel.limits import MIB

_LOG = logging.getLogger(__name__)
_SECONDS = 30.0  # for a request to arrive; consent has its own patience
_JOB = re.compile(r"/sign/(data|prepared)/PKCS11/([0-9a-f-]{36})(?:/(pdf|XAdES))?")
_CORS = {
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Origin, x-requested-with, content-type, accept, error, Location",
    "Access-Control-Expose-Headers": "Origin, x-requested-with, content-type, accept, error, Location",
    "Access-Control-Max-Age": "3600",
}


class AgentServer(ThreadingHTTPServer):
    """Listens on 127.0.0.1 and nowhere else."""

    daemon_threads = True
    request_queue_size = 16

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        super().__init__(("127.0.0.1", desk.settings.port), Handler)
        if desk.settings.tls_certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(desk.settings.tls_certificate, desk.settings.tls_key)
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """Connections that break off are no news."""
        _LOG.debug("a connection broke off", exc_info=True)


class Handler(BaseHTTPRequestHandler):
    """One request of a page."""

    server: AgentServer
    timeout = _SECONDS
    server_version, sys_version = "msign-agent", ""

    def do_OPTIONS(self) -> None:
        """Preflight: known sites hear what they may do."""
        self._guarded(lambda _origin: self._answer(200))

    def do_GET(self) -> None:
        """Certificates, or the result of a job."""
        self._guarded(self._get)

    def do_POST(self) -> None:
        """A question to the person."""
        self._guarded(self._post)

    def _guarded(self, act: Any) -> None:
        origin = self.headers.get("Origin", "")
        try:
            self._check_caller(origin)
            act(origin)
        except AgentError as error:
            known = origin in self.server.desk.settings.origins
            _LOG.info("%s refused: %s", origin if known else "a stranger", error.word)
            self._answer(STATUS[error.word], {"error": str(error), "code": error.word.value})
        except (TimeoutError, ConnectionError):
            self.close_connection = True
        except Exception:  # noqa: BLE001  (a stranger's page must not end the program)
            _LOG.exception("a request failed")
            self._answer(500, {"error": "internal error", "code": Word.FAILED.value})

    def _check_caller(self, origin: str) -> None:
        """The Host header defeats rebound names, the Origin header every site that is not listed."""
        hosts, origins = self.headers.get_all("Host", []), self.headers.get_all("Origin", [])
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts():
            raise AgentError(Word.ORIGIN, "this host name is not served")
        if len(origins) != 1 or origin not in self.server.desk.settings.origins:
            raise AgentError(Word.ORIGIN, "this site may not use the signing program")

    def _hosts(self) -> frozenset[str]:
        names = self.server.desk.settings.hosts
        port = self.server.server_address[1]
        return names | {f"{name.rpartition(':')[0]}:{port}" for name in names if name.endswith(":0")}

    def _get(self, origin: str) -> None:
        path = self.path.partition("?")[0]
        desk = self.server.desk
        if path == "/certificates":
            models = [one.model() for one in desk.certificates()]
            exchanges = ["finished", "prepared"] if desk.settings.prepared else ["finished"]
            self._answer(200, {"certificateModel": models, "exchanges": exchanges})
        elif match := _JOB.fullmatch(path):
            self._job(match, origin)
        else:
            raise AgentError(Word.UNKNOWN_JOB)

    def _job(self, match: re.Match[str], origin: str) -> None:
        job = self.server.desk.jobs.find(match[2], origin)
        if match[1] == "data":
            self._answer(200, {"base64File": _text(job.file)})
            return
        finished = job.finished  # before the values: what is finished has them all
        values = {identifier: _text(value) for identifier, value in list(job.values.items())}
        self._answer(200, {"finished": finished, "error": job.error, "values": values})

    def _post(self, origin: str) -> None:
        path = self.path.partition("?")[0]
        desk = self.server.desk
        if path == "/sign/data":
            question = read_data(self._json(desk.settings.max_document_bytes * 4 // 3 + MIB))
            job = desk.data(origin, question)
            self._answer(201, location=f"/sign/data/PKCS11/{job.id}/{'pdf' if question.pdf else 'XAdES'}")
        elif path == "/sign/prepared" and desk.settings.prepared:
            job = desk.prepared(origin, read_prepared(self._json(8 * MIB)))
            self._answer(201, location=f"/sign/prepared/PKCS11/{job.id}")
        else:
            raise AgentError(Word.UNKNOWN_JOB)

    def _json(self, limit: int) -> Mapping[str, object]:
        """Return the body. Only JSON by its type: a form of any site could send the others without asking first."""
        if self.headers.get_content_type() != "application/json" or self.headers.get("Transfer-Encoding"):
            raise AgentError(Word.MALFORMED, "application/json with a Content-Length was expected")
        text = self.headers.get("Content-Length", "")
        if not (text.isascii() and text.isdigit()):
            raise AgentError(Word.MALFORMED, "Content-Length was expected")
        if int(text) > limit:
            self.close_connection = True
            raise AgentError(Word.TOO_LARGE, f"at most {limit} bytes")
        try:
            found = json.loads(self.rfile.read(int(text)))
        except (ValueError, RecursionError) as error:
            raise AgentError(Word.MALFORMED, "not JSON") from error
        if not isinstance(found, dict):
            raise AgentError(Word.MALFORMED, "a JSON object was expected")
        return found

    def _answer(self, status: int, body: object = None, *, location: str = "") -> None:
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        for name, value in self._headers().items():
            self.send_header(name, value)
        if location:
            scheme = "https" if self.server.desk.settings.tls_certificate else "http"
            self.send_header("Location", f"{scheme}://{self.headers.get('Host')}{location}")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _headers(self) -> Mapping[str, str]:
        headers = {"Content-Type": "application/json", "Cache-Control": "no-store", "Vary": "Origin"}
        headers["X-Content-Type-Options"] = "nosniff"
        origin = self.headers.get("Origin", "")
        if origin not in self.server.desk.settings.origins:
            return headers
        headers |= {**_CORS, "Access-Control-Allow-Origin": origin}
        if self.headers.get("Access-Control-Request-Private-Network") == "true":
            headers["Access-Control-Allow-Private-Network"] = "true"
        return headers

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the base class's name)
        """Nothing by request: addresses and sites are the person's own business."""


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
