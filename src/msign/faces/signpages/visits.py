"""How a visitor arrived and what was typed, kept on the server under a cookie of this request's path only.

The consumer's POST comes from another site, without any cookie of ours; a session of its own, instead of the
visitor's usual one, keeps an arriving form from logging anybody out, and two requests from mixing.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from importlib import import_module

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse

from msign.faces.signpages.parameters import Entry

COOKIE = "msign-visit"
LIFETIME_SECONDS = 24 * 3600
_KEY = "visit"


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


def _store(key: str | None) -> SessionBase:
    engine = import_module(settings.SESSION_ENGINE)
    store: SessionBase = engine.SessionStore(key)
    return store


def load(request: HttpRequest) -> Visit | None:
    """Return the visit of this browser at this request; ``None`` for a stranger."""
    key = request.COOKIES.get(COOKIE, "")
    if not (0 < len(key) <= 40 and key.isalnum()):
        return None
    data = _store(key).get(_KEY)
    if not isinstance(data, dict):
        return None
    known = {item.name for item in fields(Visit)}
    return Visit(**{name: value for name, value in data.items() if name in known})


def save(request: HttpRequest, response: HttpResponse, request_id: str, visit: Visit) -> None:
    """Keep the visit; it ends by itself after a day."""
    key = request.COOKIES.get(COOKIE, "")
    known = load(request) is not None
    store = _store(key if known else None)
    store[_KEY] = asdict(visit)
    store.set_expiry(LIFETIME_SECONDS)
    store.save()
    if not known:
        _set_cookie(response, request_id, store.session_key or "")


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
