"""How one CSC service is reached: values, checked when the product starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class CscSettings:
    """One service. ``url`` ends before the version: ``{url}/csc/v2/info`` is asked first, then ``{url}/csc/v1/info``.

    ``tokens`` are service access tokens, newest first (``scope=service``); without any, one is fetched with
    ``oauth_client_id`` and ``oauth_client_secret`` (``client_credentials``). Where the service's credentials say
    ``oauth2code``, the person is sent to ``{oauth_url}/authorize`` and comes back to ``return_url``, which the wiring
    sets and which is registered at the service. ``asynchronous`` asks for the asynchronous mode where it is offered.
    """

    identifier: str
    url: str
    tokens: tuple[str, ...] = ()
    ca_file: str = ""
    connect_seconds: float = 5.0
    answer_seconds: float = 30.0
    poll_seconds: float = 3.0
    max_open_calls: int = 32
    max_attempts: int = 3  # wrong PINs or codes in one session; the service itself counts further
    oauth_url: str = ""  # empty: as the service's info says
    oauth_client_id: str = ""
    oauth_client_secret: str = ""
    return_url: str = ""
    asynchronous: bool = False


def problems(settings: CscSettings) -> Sequence[str]:
    """Return what is wrong with the values, in words for the operator."""
    found = []
    parts = urlsplit(settings.url)
    if parts.scheme != "https" or not parts.hostname:
        found.append("its address must begin with https://")
    if parts.username or parts.query or parts.fragment:
        found.append("its address must hold no user, query or fragment: tokens never stand in addresses")
    if not settings.tokens and not (settings.oauth_client_id and settings.oauth_client_secret):
        found.append("there is no service token for calls to it, and no OAuth client to fetch one with")
    if settings.oauth_url and urlsplit(settings.oauth_url).scheme != "https":
        found.append("its oauth_url must begin with https://")
    if settings.oauth_client_id and urlsplit(settings.return_url).scheme != "https":
        found.append("people come back from it to an address that does not begin with https://")
    if settings.ca_file and not Path(settings.ca_file).is_file():
        found.append(f"its CA file {settings.ca_file} does not exist")
    return found
