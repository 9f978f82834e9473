"""Back to the service: which address may be followed, and with what (wire contract 14, callback)."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from socket import inet_aton
from urllib.parse import quote, urlsplit

from msign.access.values import ConsumerSettings
from msign.faces.signpages.parameters import MAX_RETURN_URL
from msign.faces.signpages.visits import Visit
from msign.kernel.words import Environment


class Refusal(enum.StrEnum):
    """Why a return address is not followed, or is followed with a warning."""

    MALFORMED = "malformed"
    NOT_HTTPS = "not-https"
    LOCAL = "local"
    FOREIGN_HOST = "foreign-host"


@dataclass(frozen=True, slots=True)
class ReturnAddress:
    """A checked address: followed if ``allowed``; ``refusal`` says why not, or what integrators should mend."""

    url: str
    allowed: bool
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Callback:
    """What the browser does at the end: a form to post, or a link to follow. It proves nothing to the consumer."""

    method: str
    url: str
    fields: tuple[tuple[str, str], ...] = ()


def check(url: str, settings: ConsumerSettings, environment: Environment) -> ReturnAddress | None:
    """Judge a return address. ``None`` when there is none. Outside production a foreign host only warns."""
    if not url:
        return None
    refusal = _refusal(url, settings, environment)
    lenient = environment is Environment.TEST and refusal is Refusal.FOREIGN_HOST
    return ReturnAddress(url, refusal is None or lenient, refusal)


def _refusal(url: str, settings: ConsumerSettings, environment: Environment) -> Refusal | None:
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".").lower()
        parts.port  # noqa: B018  (raises for a port that is none)
    except ValueError:
        return Refusal.MALFORMED
    # A browser reads backslashes as slashes and skips control characters: we must not see another host than it does.
    strange = len(url) > MAX_RETURN_URL or "\\" in url or any(letter <= " " or letter == "\x7f" for letter in url)
    if strange or parts.scheme not in {"http", "https"} or not host or parts.username is not None:
        return Refusal.MALFORMED
    if environment is Environment.PRODUCTION:
        if parts.scheme != "https":
            return Refusal.NOT_HTTPS
        if _is_local(host):
            return Refusal.LOCAL
    return None if _registered(host, settings.return_url_hosts) else Refusal.FOREIGN_HOST


def _is_local(host: str) -> bool:
    """Whether the host is the person's own machine, however its address is spelled (``127.1``, ``0x7f000001``)."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ip_address(host) if ":" in host else ip_address(inet_aton(host))
    except (OSError, ValueError):
        return False
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback or (mapped or address).is_unspecified


def _registered(host: str, allowed: tuple[str, ...]) -> bool:
    """An empty list means any host; ``*.example.md`` covers every name below it."""
    names = [name.strip().lower() for name in allowed if name.strip()]
    return not names or any(host == name or (name.startswith("*.") and host.endswith(name[1:])) for name in names)


def callback(visit: Visit, request_id: str, settings: ConsumerSettings) -> Callback:
    """Return how the browser goes back, by the method agreed with the consumer."""
    method = visit.method if settings.callback_method == "same-as-opened" else settings.callback_method
    fields = [("RequestID", request_id)]
    if visit.relay_state is not None:
        fields.append(("RelayState", visit.relay_state))
    if method == "get":
        return Callback("get", _with_query(visit.return_url, fields))
    return Callback("post", visit.return_url, tuple(fields))


def _with_query(url: str, fields: list[tuple[str, str]]) -> str:
    """Add fields to the query, before a fragment; a form with method GET would drop the query that is there."""
    base, mark, fragment = url.partition("#")
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in fields)
    joint = "" if base.endswith(("?", "&")) else "&" if "?" in base else "?"
    return f"{base}{joint}{query}{mark}{fragment}"
