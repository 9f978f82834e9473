"""Where the person's browser finds the local agent: values, checked when the product starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from msign.providers.tables import Kinds, checked, read_tables

DEFAULT_URL = "https://localhost.cts.md:18443"  # of the program that people already have (signature-providers 4)
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]", "::1")
_KINDS: Kinds = {"url": str, "help_url": str}


@dataclass(frozen=True, slots=True)
class TokenSettings:
    """One local agent. ``help_url`` is where a person gets the program; the page links to it."""

    identifier: str
    url: str = DEFAULT_URL
    help_url: str = ""


def load_agents(path: Path) -> tuple[TokenSettings, ...]:
    """Return the agents of a file, none if it does not exist. Raises as ``read_tables`` and ``checked``."""
    return tuple(
        TokenSettings(one, **checked(one, {"url": DEFAULT_URL, **values}, _KINDS))
        for one, values in read_tables(path).items()
    )


def problems(settings: TokenSettings) -> Sequence[str]:
    """Return what is wrong with the values, in words for the operator."""
    found = list(address_problems(settings))
    if settings.help_url and urlsplit(settings.help_url).scheme != "https":
        found.append("help_url must begin with https://")
    if not settings.help_url:
        found.append("there is no help_url: people without the program are not told where to get it")
    return found


def address_problems(settings: TokenSettings) -> Sequence[str]:
    """Return what keeps a page from reaching the agent at all."""
    found = []
    parts = urlsplit(settings.url)
    loopback = parts.hostname in _LOOPBACK
    if not parts.hostname or parts.scheme not in ("http", "https") or (parts.scheme == "http" and not loopback):
        found.append("its address must begin with https://, or with http:// and a loopback address")
    if parts.path not in ("", "/") or parts.username or parts.query or parts.fragment:
        found.append("its address must be an origin: scheme, host and port, nothing behind")
    return found
