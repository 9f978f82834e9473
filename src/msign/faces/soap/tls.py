"""TLS of the API listener: client certificates optional or required, and seen by the application.

uvicorn asks for client certificates but does not pass them on. The protocol class puts the peer's certificate into
the scope under the name of the ASGI TLS extension, so that nothing above changes when uvicorn learns to do it.
It also bounds what uvicorn leaves open: the size of the request head and the time it may take.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from msign.kernel.errors import Code, MSignError
from msign.kernel.limits import KIB

log = logging.getLogger("msign.soap.tls")
MAX_HEAD_BYTES = 64 * KIB  # a certificate in a proxy's header takes 2 to 8 KiB
MAX_HEADERS = 100
HEAD_SECONDS = 20.0  # from the connection, or from the first byte of a later request, to the end of the head
DROP = "msign.drop"  # scope extension: ends the connection without an answer


class TlsProtocol(HttpToolsProtocol):
    """uvicorn's protocol with the peer certificate in ``scope["extensions"]["tls"]["client_cert_chain"]``."""

    head_seconds = HEAD_SECONDS
    _tls: dict[str, Any] | None = None
    _head_size = 0
    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        connection = transport.get_extra_info("ssl_object")
        self._tls = None if connection is None else _extension(connection)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_arrived()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_size = 0
        if self._head_timer is None:
            self._await_head()
        extensions: dict[str, Any] = {DROP: self.transport.abort}
        if self._tls is not None:
            extensions["tls"] = self._tls
        self.scope["extensions"] = extensions

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value))
        if len(self.headers) >= MAX_HEADERS:
            raise HeadTooLargeError
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._head_arrived()
        super().on_headers_complete()

    def _count(self, size: int) -> None:
        self._head_size += size
        if self._head_size > MAX_HEAD_BYTES:
            raise HeadTooLargeError

    def _await_head(self) -> None:
        self._head_timer = self.loop.call_later(self.head_seconds, self.transport.abort)

    def _head_arrived(self) -> None:
        timer, self._head_timer = self._head_timer, None
        if timer is not None:
            timer.cancel()


class LoggedHandshake(ssl.SSLObject):
    """Tells the log why a client certificate was refused: asyncio keeps that to itself, and no fault can be sent."""

    def do_handshake(self) -> None:
        try:
            super().do_handshake()
        except ssl.SSLCertVerificationError as error:
            log.warning("A TLS handshake ended: %s", error.verify_message)
            raise


class HeadTooLargeError(Exception):
    """Ends the parsing of a request head; httptools turns it into its own error and uvicorn answers 400."""


def server_context(
    *, certificate: Path, key: Path, anchors: Iterable[bytes], client_certificate: str = "optional"
) -> ssl.SSLContext:
    """Return a context for the API listener. ``anchors`` are DER: CAs, or single certificates that are registered.

    TLS 1.2 and newer. With ``VERIFY_X509_PARTIAL_CHAIN`` a registered certificate is its own anchor. Session tickets
    are off: every connection shows its certificate anew. The handshake only keeps strangers out early; who may call is
    the gate's decision, made for every call.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_TICKET | ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    context.num_tickets = 0
    context.sslobject_class = LoggedHandshake
    try:
        context.load_cert_chain(certificate, key)
    except OSError as error:
        raise MSignError(
            Code.MISCONFIGURED, f"the listener's certificate {certificate} and key cannot be used: {error}"
        ) from error
    context.verify_mode = {"optional": ssl.CERT_OPTIONAL, "required": ssl.CERT_REQUIRED}[client_certificate]
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    add_anchors(context, anchors)
    return context


def add_anchors(context: ssl.SSLContext, anchors: Iterable[bytes]) -> None:
    """Add anchors to a context that is in use; the next handshake knows them."""
    for anchor in anchors:
        context.load_verify_locations(cadata=anchor)


def _extension(connection: ssl.SSLObject) -> dict[str, Any]:
    der = connection.getpeercert(binary_form=True)
    chain = () if der is None else (ssl.DER_cert_to_PEM_cert(der),)
    return {"client_cert_chain": chain, "tls_version": connection.version() or ""}
