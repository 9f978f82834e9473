"""Headers of every page: a strict content policy with exceptions per page, no caching, no address given away."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}
_EXCEPTIONS = "_msign_csp"


def allow(response: HttpResponse, directive: str, address: str) -> None:
    """Add the origin of ``address`` to one directive of this response only. An address without origin adds nothing."""
    origin = origin_of(address)
    if directive not in POLICY:
        raise ValueError(directive)
    if origin:
        exceptions: dict[str, list[str]] = response.__dict__.setdefault(_EXCEPTIONS, {})
        exceptions.setdefault(directive, []).append(origin)


def origin_of(address: str) -> str:
    """Return ``scheme://host[:port]`` of an http(s) address in a form that cannot break out of the header."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    name = _plain(host)
    if parts.scheme not in {"http", "https"} or not name:
        return ""
    return f"{parts.scheme}://{name}" + (f":{port}" if port else "")


def _plain(host: str) -> str:
    """Return the host in letters that a header can hold; empty for anything strange."""
    if ":" in host:
        return f"[{host}]" if set(host) <= set("0123456789abcdef:.") else ""
    try:
        name = host.encode("idna").decode()
    except UnicodeError:
        return ""
    return name if all(letter.isalnum() or letter in ".-_" for letter in name) else ""


def policy(exceptions: dict[str, Iterable[str]]) -> str:
    """Return the header's value: the policy above plus the origins of ``exceptions``."""
    return "; ".join(" ".join([name, value, *exceptions.get(name, ())]) for name, value in POLICY.items())


class SecurityHeadersMiddleware:
    """Adds the headers to whatever the views answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        add_headers(response)
        return response


def add_headers(response: HttpResponseBase) -> None:
    """Set policy, referrer and caching; what a view has set itself stays."""
    exceptions = response.__dict__.get(_EXCEPTIONS, {})
    response.headers.setdefault("Content-Security-Policy", policy(exceptions))
    # same-origin: the address holds the request id; no-referrer would make browsers send `Origin: null`.
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
    response.headers.setdefault("Cache-Control", "no-store")
    # Django sends it only where it sees TLS itself; behind a proxy that ends TLS it is due just the same.
    if settings.SECURE_HSTS_SECONDS:
        response.headers.setdefault("Strict-Transport-Security", f"max-age={settings.SECURE_HSTS_SECONDS}")
