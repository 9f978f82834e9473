"""How a visitor arrived and what was typed, kept on the server under a cookie of this request's path only.

The consumer's POST comes from another site, without any cookie of ours; a session of its own, instead of the
visitor's usual one, keeps an arriving form from logging anybody out, and two requests from mixing. A request has a
handful of places for visits and no more: whoever arrives without a cookie a thousand times fills no database.
"""

from __future__ import annotations

import contextlib
import hmac
import re
import secrets
from dataclasses import asdict, dataclass, field, fields
from importlib import import_module

from django.conf import settings
from django.contrib.sessions.backends.base import CreateError, SessionBase
from django.http import HttpRequest, HttpResponse

from msign.faces.signpages.parameters import Entry

COOKIE = "msign-visit"
LIFETIME_SECONDS = 24 * 3600
PLACES = 8  # visits of one request at a time; a person has one or two
_VALUE = re.compile(rf"([0-{PLACES - 1}])([0-9a-f]{{32}})")
_KEY, _TOKEN, _ARRIVAL = "visit", "token", "arrival"


@dataclass(slots=True)
class Visit:
    """Everything about one visitor of one request."""

    return_url: str = ""
    relay_state: str | None = None
    method: str = "get"
    instrument: str = ""
    msisdn: str = ""
    own: bool = False  # the visitor uploaded the documents here
    started: bool = False  # has begun to sign, so may be told how it ended
    typed: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    def arrive(self, entry: Entry) -> None:
        """Take over the parameters of a new arrival; what it does not name is forgotten."""
        self.return_url, self.relay_state, self.method = entry.return_url, entry.relay_state, entry.method
        self.instrument, self.msisdn = entry.instrument, entry.msisdn
        self.typed, self.errors = {}, {}


def load(request: HttpRequest, request_id: str) -> Visit | None:
    """Return the visit of this browser at this request; ``None`` for a stranger."""
    store = _mine(request, request_id)
    data = store.get(_KEY) if store is not None else None
    if not isinstance(data, dict):
        return None
    known = {item.name for item in fields(Visit)}
    return Visit(**{name: value for name, value in data.items() if name in known})


def save(request: HttpRequest, response: HttpResponse, request_id: str, visit: Visit) -> None:
    """Keep the visit; it ends by itself after a day, or when newer ones need its place."""
    store = _mine(request, request_id)
    if store is None:
        place, store = _take_place(request_id)
        store[_TOKEN] = secrets.token_hex(16)
        _set_cookie(response, request_id, f"{place}{store[_TOKEN]}")
    store[_KEY] = asdict(visit)
    store.set_expiry(LIFETIME_SECONDS)
    store.save()


def _mine(request: HttpRequest, request_id: str) -> SessionBase | None:
    """Return the place that the cookie opens: it names the place and knows its token."""
    found = _VALUE.fullmatch(request.COOKIES.get(COOKIE, ""))
    if found is None:
        return None
    store = _place(request_id, int(found[1]))
    return store if hmac.compare_digest(str(store.get(_TOKEN, "")), found[2]) else None


def _place(request_id: str, number: int) -> SessionBase:
    store: SessionBase = import_module(settings.SESSION_ENGINE).SessionStore(f"visit{number}{request_id}")
    return store


def _take_place(request_id: str) -> tuple[int, SessionBase]:
    """Return a place that is free, else that of the visit that arrived first; it counts arrivals."""
    arrivals = {number: int(_place(request_id, number).get(_ARRIVAL, 0)) for number in range(PLACES)}
    for number in (number for number, arrival in arrivals.items() if not arrival):
        store = _place(request_id, number)
        with contextlib.suppress(CreateError):  # somebody else came at the same moment
            store.save(must_create=True)
            return number, _marked(store, arrivals)
    first = min(arrivals, key=arrivals.__getitem__)
    return first, _marked(_place(request_id, first), arrivals)


def _marked(store: SessionBase, arrivals: dict[int, int]) -> SessionBase:
    store[_ARRIVAL] = max(arrivals.values()) + 1
    return store


def _set_cookie(response: HttpResponse, request_id: str, key: str) -> None:
    response.set_cookie(
        COOKIE,
        key,
        max_age=LIFETIME_SECONDS,
        path=f"/{request_id}",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
