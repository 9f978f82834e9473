"""The signing services of ``cscservice`` behind real HTTPS, with the page on which a person allows a signature."""

from __future__ import annotations

import contextlib
import html
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx
from cryptography import x509

from msign.sandbox import vault
from msign.sandbox.provider.people import People
from tests.support.cscservice import Service
from tests.support.sandbox import serving

_ASK = """<!doctype html><html lang="en"><title>Signing service</title>
<h1>Sign {count} documents?</h1><p><a id="allow" href="{allow}">Allow</a> <a id="refuse" href="{refuse}">Refuse</a></p>"""


@dataclass(frozen=True)
class Holder:
    """Whose key a service keeps, with a certificate of the sandbox."""

    key: Any
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]


def holder(people: People, folder: Path, idnp: str) -> Holder:
    """Return a person of the sandbox with the key in hand."""
    signer = people.signer(idnp)
    certificate, *chain = x509.load_pem_x509_certificates((folder / f"{idnp}.pem").read_bytes())
    assert signer.signing_certificate.encoded
    return Holder(vault.read_key(folder / f"{idnp}.key"), certificate, tuple(chain))


class Door:
    """Several services at one address: the first part of the path names the service."""

    def __init__(self, services: Mapping[str, Service]) -> None:
        self.services = services

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        name, _, path = scope["path"].lstrip("/").partition("/")
        body = bytearray()
        while (message := await receive()).get("more_body") or message.get("body"):
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        if path.endswith("oauth2/authorize"):
            status, kind, content = 200, b"text/html", self._page(name, scope["query_string"].decode())
        else:
            answer = self._answer(name, path, scope["headers"], bytes(body))
            status, kind, content = answer.status_code, b"application/json", answer.content
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", kind)]})
        await send({"type": "http.response.body", "body": content})

    def _answer(self, name: str, path: str, headers: list[tuple[bytes, bytes]], body: bytes) -> httpx.Response:
        request = httpx.Request("POST", f"https://csc.example/{path}", headers=headers, content=body)
        return self.services[name].answer(request)

    def _page(self, name: str, query: str) -> bytes:
        """What the person sees at the service; each link leads back to MSign."""
        asked = dict(parse_qsl(query))
        back = asked["redirect_uri"]
        allowed = self.services[name].oauth.allow(f"https://csc.example/?{query}")
        refused = {"error": "access_denied", "state": asked["state"]}
        links = {"allow": f"{back}?{urlencode(allowed)}", "refuse": f"{back}?{urlencode(refused)}"}
        escaped = {word: html.escape(link) for word, link in links.items()}
        return _ASK.format(count=asked["numSignatures"], **escaped).encode()


@contextlib.contextmanager
def serving_csc(services: Mapping[str, Service], sock: socket.socket, tls: Path) -> Iterator[None]:
    """Answer on ``sock`` until the block ends, with certificate and key of the sandbox's own servers (``tls``)."""
    secure = {"ssl_certfile": str(tls / "api.pem"), "ssl_keyfile": str(tls / "api.key")}
    with serving((Door(services), sock, secure)):
        yield
