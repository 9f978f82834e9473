"""A provider's wake-up call: it carries an id and proves nothing; MSign then asks the provider itself.

A wrong token, an unknown provider, an unknown id and the id of another provider's session change nothing. The token
stands in the Authorization header only, never in an address, a body or the log.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from typing import Protocol

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from msign.kernel.limits import KIB

log = logging.getLogger("msign.rest")
MAX_BODY = 4 * KIB  # an id and its braces; a signature here is already a mistake
MAX_ID = 100
_NAMES = ("requestId", "transactionId")
Accepts = Callable[[str], bool]


class Wake(Protocol):
    """Looks at a session now; tells whether the provider has such a session."""

    def __call__(self, provider_id: str, order_id: str, /) -> bool: ...


@require_POST
def provider_callback(
    request: HttpRequest, provider: str, *, wake: Wake, accepts: Mapping[str, Accepts]
) -> HttpResponse:
    """``POST /providers/{provider}/callback``: answer 204 once the session will be looked at.

    ``accepts`` tells for each provider whether an Authorization header carries one of its tokens.
    """
    genuine = accepts.get(provider, _nobody)
    if not genuine(request.headers.get("Authorization", "")):
        log.warning("A callback for provider %s had no valid token", provider[:MAX_ID])
        return _answer(401, {"WWW-Authenticate": "Bearer"})
    order_id = _order_id(request)
    if order_id is None:
        return _answer(400)
    if not wake(provider, order_id):
        log.info("Provider %s called about a session that is not its own or not there", provider)
        return _answer(404)
    return _answer(204)


def _nobody(_authorization: str) -> bool:
    return False


def _order_id(request: HttpRequest) -> str | None:
    """Return the id that the body names; ``None`` for anything but a small JSON object with one."""
    data = request.read(MAX_BODY + 1)
    if len(data) > MAX_BODY:
        return None
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return None
    found = next((value[name] for name in _NAMES if name in value), None) if isinstance(value, dict) else None
    return found if isinstance(found, str) and 0 < len(found) <= MAX_ID else None


def _answer(status: int, headers: Mapping[str, str] | None = None) -> HttpResponse:
    return HttpResponse(status=status, headers={"Cache-Control": "no-store", **(headers or {})})
