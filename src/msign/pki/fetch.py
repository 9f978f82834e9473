"""Fetching small things from addresses that strangers wrote into certificates: bounded, and never inside our own walls.

An address in a certificate is hostile input: it may point at inner services (server-side request forgery). The guard
resolves the host itself, refuses every address that is not public unless the operator allowed it, and connects to the
very address that it checked, so that a second DNS answer cannot slip in between.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import httpx

from msign.kernel.clock import monotonic
from msign.kernel.errors import Code, MSignError

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolver = Callable[[str, int], Sequence[str]]

MAX_URL = 2048
_HOST = re.compile(r"[A-Za-z0-9.:_-]{1,253}")
_PORTS = {"http": 80, "https": 443}


def system_resolver(host: str, port: int) -> list[str]:
    """Return the addresses of ``host``. Raises ``OSError``."""
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


@dataclass(frozen=True, slots=True)
class AddressGuard:
    """Decides which addresses may be asked. ``allowed``: ``host:port`` pairs of the operator's own services.

    Everything else must resolve to public addresses only, on the standard ports of http and https.
    """

    allowed: frozenset[str] = frozenset()
    resolver: Resolver = system_resolver

    def target(self, url: httpx.URL) -> str:
        """Return the address to connect to. Raises ``httpx.ConnectError`` with the reason."""
        port = url.port or _PORTS.get(url.scheme, 0)
        if url.scheme not in _PORTS or len(str(url)) > MAX_URL or url.userinfo or not _HOST.fullmatch(url.host):
            raise httpx.ConnectError("this kind of address is not asked")
        known = f"{url.host}:{port}" in self.allowed
        if not known and port != _PORTS[url.scheme]:
            raise httpx.ConnectError("this port is not asked")
        try:
            found = list(self.resolver(url.host, port))
        except OSError:
            raise httpx.ConnectError("the host name has no address") from None
        if not found or not (known or all(_public(address) for address in found)):
            raise httpx.ConnectError("the host is not on the public network")
        return found[0]


def _public(text: str) -> bool:
    try:
        address: IPAddress = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    address = mapped or address
    return address.is_global and not address.is_multicast


class GuardedTransport(httpx.BaseTransport):
    """Sends a request to the address that the guard checked; name and TLS host stay those of the URL."""

    def __init__(self, guard: AddressGuard, inner: httpx.BaseTransport) -> None:
        self._guard, self._inner = guard, inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Check, pin and send."""
        address = self._guard.target(request.url)
        extensions = {**request.extensions, "sni_hostname": request.url.host}
        pinned = httpx.Request(
            request.method,
            request.url.copy_with(host=address),
            headers=request.headers,
            stream=request.stream,
            extensions=extensions,
        )
        return self._inner.handle_request(pinned)

    def close(self) -> None:
        """Close the transport below."""
        self._inner.close()


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much, and how long."""

    connect_seconds: float = 3.0
    total_seconds: float = 8.0


@dataclass(slots=True)
class Fetcher:
    """GET and POST with bounds on size and time; no redirects, no proxies from the environment, no cookies."""

    client: httpx.Client
    bounds: Bounds = field(default_factory=Bounds)

    @classmethod
    def guarded(
        cls,
        guard: AddressGuard | None = None,
        inner: httpx.BaseTransport | None = None,
        bounds: Bounds | None = None,
    ) -> Fetcher:
        """Return a fetcher behind a guard; ``inner`` replaces the network in tests."""
        transport = GuardedTransport(guard or AddressGuard(), inner or httpx.HTTPTransport(retries=0))
        bounds = bounds or Bounds()
        timeout = httpx.Timeout(bounds.total_seconds, connect=bounds.connect_seconds)
        return cls(httpx.Client(transport=transport, timeout=timeout, trust_env=False, follow_redirects=False), bounds)

    def get(self, url: str, limit: int) -> bytes:
        """Return at most ``limit`` octets from ``url``. Raises ``MSignError`` (unavailable) naming host and phase."""
        return self._run("GET", url, limit, None, "")

    def post(self, url: str, body: bytes, content_type: str, limit: int) -> bytes:
        """Return at most ``limit`` octets of the answer to a POST. Raises like :meth:`get`."""
        return self._run("POST", url, limit, body, content_type)

    def close(self) -> None:
        """Close the connections."""
        self.client.close()

    def _run(self, method: str, url: str, limit: int, body: bytes | None, content_type: str) -> bytes:
        headers = {"Content-Type": content_type} if content_type else {}
        deadline = monotonic() + self.bounds.total_seconds
        try:
            with self.client.stream(method, url, content=body, headers=headers) as response:
                if response.status_code != httpx.codes.OK:
                    raise _unavailable(url, f"status {response.status_code}")
                return self._body(response, url, limit, deadline)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise _unavailable(url, str(error) or type(error).__name__) from None

    def _body(self, response: httpx.Response, url: str, limit: int, deadline: float) -> bytes:
        parts, size = [], 0
        for part in response.iter_bytes():
            parts.append(part)
            size += len(part)
            if size > limit:
                raise _unavailable(url, f"more than {limit} octets")
            if monotonic() > deadline:
                raise _unavailable(url, "too slow")
        return b"".join(parts)


def _unavailable(url: str, detail: str) -> MSignError:
    host = url.partition("://")[2].partition("/")[0][:80]
    return MSignError(Code.UNAVAILABLE, f"{host}: {detail}", retry=True)
