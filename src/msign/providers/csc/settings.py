"""How one CSC service is reached: values, checked when the product starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class CscSettings:
    """One service. ``url`` ends before the version: ``{url}/csc/v2/info`` is asked first, then ``{url}/csc/v1/info``.

    ``tokens`` are service access tokens, newest first (``scope=service``). The person confirms with the service itself
    (a push to the phone): this client asks for no PIN or OTP, and sends none.
    """

    identifier: str
    url: str
    tokens: tuple[str, ...] = ()
    ca_file: str = ""
    connect_seconds: float = 5.0
    answer_seconds: float = 30.0
    poll_seconds: float = 3.0
    max_open_calls: int = 32


def problems(settings: CscSettings) -> Sequence[str]:
    """Return what is wrong with the values, in words for the operator."""
    found = []
    parts = urlsplit(settings.url)
    if parts.scheme != "https" or not parts.hostname:
        found.append("its address must begin with https://")
    if parts.username or parts.query or parts.fragment:
        found.append("its address must hold no user, query or fragment: tokens never stand in addresses")
    if not settings.tokens:
        found.append("there is no service token for calls to it")
    if settings.ca_file and not Path(settings.ca_file).is_file():
        found.append(f"its CA file {settings.ca_file} does not exist")
    return found
