"""Where the caller's certificate and address come from: the TLS connection itself, or headers of a trusted proxy."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import unquote

from msign.kernel.errors import Code, MSignError

Scope = Mapping[str, Any]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_PEM = re.compile(r"\s*-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*")
MAX_HEADER = 64 * 1024


@dataclass(frozen=True, slots=True)
class Peer:
    """What is known of a caller before anything is believed. ``address`` is empty when it cannot be told."""

    certificate: bytes | None
    address: str
    tls: str = ""  # "TLSv1.3"; empty when a proxy ended TLS


class PeerCertificateSource(Protocol):
    """Reads the peer from a request."""

    def read(self, scope: Scope) -> Peer: ...


class TlsSource:
    """Direct TLS: the ASGI TLS extension, as `tls.TlsProtocol` fills it."""

    def read(self, scope: Scope) -> Peer:
        """Return the certificate of the handshake and the address of the connection."""
        seen = scope.get("extensions", {}).get("tls", {})
        chain = seen.get("client_cert_chain", ())
        certificate = ssl.PEM_cert_to_DER_cert(chain[0]) if chain else None
        return Peer(certificate, _direct(scope), str(seen.get("tls_version", "")))


class HeaderSource:
    """A proxy ended TLS and passes the certificate in a header, in nginx's or HAProxy's form.

    Headers count only when the connection itself comes from ``trusted``; ``proxy_count`` proxies stand in front, each
    appending the address that it saw to X-Forwarded-For, so the client's is that many from the right. Whatever a
    client wrote there itself stands further left and loses.
    """

    def __init__(self, *, form: str, header: str, trusted: tuple[str, ...], proxy_count: int = 1) -> None:
        self._decode = {"nginx": _escaped_pem, "haproxy": _base64_der}[form]
        self._header = header.lower().encode("ascii")
        self._trusted = tuple(ipaddress.ip_network(text) for text in trusted)
        self._count = max(1, proxy_count)

    def read(self, scope: Scope) -> Peer:
        """Return what the proxy says; without a trusted proxy, no certificate."""
        direct = _direct(scope)
        if not self._is_trusted(direct):
            return Peer(None, direct)
        return Peer(self._certificate(scope), self._client(scope))

    def _certificate(self, scope: Scope) -> bytes | None:
        """Two headers of the name are none: one of them may be the client's own."""
        values = _values(scope, self._header)
        if len(values) != 1 or len(values[0]) > MAX_HEADER:
            return None
        return self._decode(values[0].decode("latin-1").strip())

    def _client(self, scope: Scope) -> str:
        forwarded = b",".join(_values(scope, b"x-forwarded-for")).decode("latin-1")
        hops = [_address(hop) for hop in forwarded.split(",")] if forwarded.strip() else []
        if len(hops) < self._count:
            return ""
        nearer = hops[len(hops) - self._count + 1 :]
        return hops[-self._count] if all(self._is_trusted(hop) for hop in nearer) else ""

    def _is_trusted(self, address: str) -> bool:
        return bool(address) and any(ipaddress.ip_address(address) in network for network in self._trusted)


DEFAULT_HEADERS = {"nginx": "X-SSL-Client-Cert", "haproxy": "X-SSL-Client-DER"}


def peer_source(
    kind: str, *, trusted: tuple[str, ...] = (), proxy_count: int = 1, header: str = ""
) -> PeerCertificateSource:
    """Return the source for the setting ``api.certificate_source``: tls, nginx or haproxy."""
    if kind == "tls":
        return TlsSource()
    if kind not in DEFAULT_HEADERS:
        raise MSignError(Code.MISCONFIGURED, "tls, nginx or haproxy expected", member="api.certificate_source")
    try:
        return HeaderSource(form=kind, header=header or DEFAULT_HEADERS[kind], trusted=trusted, proxy_count=proxy_count)
    except ValueError as error:
        raise MSignError(Code.MISCONFIGURED, f"not a network: {error}", member="api.trusted_proxies") from error


def _direct(scope: Scope) -> str:
    client = scope.get("client")
    return _address(str(client[0])) if client else ""


def _address(text: str) -> str:
    """Return an address in its canonical form, without port and brackets; empty when it is none."""
    bare = text.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return ""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def _values(scope: Scope, name: bytes) -> list[bytes]:
    return [value for key, value in scope.get("headers", ()) if key == name]


def _escaped_pem(value: str) -> bytes | None:
    """Decode nginx's ``$ssl_client_escaped_cert``."""
    pem = unquote(value)
    if not _PEM.fullmatch(pem):
        return None
    try:
        return ssl.PEM_cert_to_DER_cert(pem.strip())
    except (ValueError, binascii.Error):
        return None


def _base64_der(value: str) -> bytes | None:
    """Decode HAProxy's ``%[ssl_c_der,base64]``."""
    try:
        return base64.b64decode(value, validate=True) or None
    except (ValueError, binascii.Error):
        return None
