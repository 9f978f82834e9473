"""How one provider behind the official interface is reached: values, checked when the product starts."""

from __future__ import annotations

import enum
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from msign.kernel.limits import MIB

_SHORTEST_TOKEN = 20


class Mode(enum.StrEnum):
    """Whether the answer of Sign carries the result, or a later status call does."""

    SYNCHRONOUS = "synchronous"
    ASYNCHRONOUS = "asynchronous"


@dataclass(frozen=True, slots=True)
class RemoteSettings:
    """One provider.

    ``tokens`` authenticate us to it, newest first; an older one is tried when the newest is refused, so that both
    sides can rotate without a pause. ``callback_tokens`` are those that its callbacks may carry. ``device_url`` is
    where the person acts, with ``{requestId}`` in it; only simulated devices have such a page.
    """

    identifier: str
    url: str
    tokens: tuple[str, ...]
    callback_tokens: tuple[str, ...] = ()
    mode: Mode = Mode.ASYNCHRONOUS
    ca_file: str = ""
    device_url: str = ""
    connect_seconds: float = 5.0
    answer_seconds: float = 30.0
    person_seconds: float = 300.0  # how long a synchronous call may stay open
    poll_seconds: float = 3.0
    max_open_calls: int = 32  # at a time; a provider that hangs holds no more than these
    max_result_bytes: int = 170 * MIB  # largest message of documents, plus what signatures add
    sends_person_data: bool = False  # msisdn, language and reason, agreed with this provider beyond the interface


def callback_accepted(settings: RemoteSettings, authorization: str) -> bool:
    """Tell whether an ``Authorization`` header is one that this provider's callbacks carry; in constant time."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        return False
    matches = [hmac.compare_digest(token.strip().encode(), known.encode()) for known in settings.callback_tokens]
    return any(matches)


def problems(settings: RemoteSettings) -> Sequence[str]:
    """Return what is wrong with the values, in words for the operator."""
    found = []
    parts = urlsplit(settings.url)
    if parts.scheme != "https" or not parts.hostname:
        found.append("its address must begin with https://")
    if parts.username or parts.query or parts.fragment:
        found.append("its address must hold no user, query or fragment: tokens never stand in addresses")
    if not settings.tokens:
        found.append("there is no token for calls to it")
    if settings.mode is Mode.ASYNCHRONOUS and not settings.callback_tokens:
        found.append("there is no token for its callbacks; results arrive by polling only")
    if any(len(token) < _SHORTEST_TOKEN for token in (*settings.tokens, *settings.callback_tokens)):
        found.append(f"a token is shorter than {_SHORTEST_TOKEN} characters")
    if settings.ca_file and not Path(settings.ca_file).is_file():
        found.append(f"its CA file {settings.ca_file} does not exist")
    return found
