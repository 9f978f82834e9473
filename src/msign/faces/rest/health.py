"""Is the process alive, and can it serve? For load balancers and service managers; says nothing about the inside."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

log = logging.getLogger("msign.rest")
Probe = Callable[[], object]


@require_safe
def live(_request: HttpRequest) -> HttpResponse:
    """``GET /health/live``: 200, because the process answers."""
    return _json({"status": "ok"}, 200)


@require_safe
def ready(_request: HttpRequest, *, probes: Mapping[str, Probe]) -> HttpResponse:
    """``GET /health/ready``: 200 when what it depends on answers too, else 503, with a word for each.

    A probe fails by raising.
    """
    found = {name: _word(name, probe) for name, probe in probes.items()}
    good = all(word == "ok" for word in found.values())
    return _json({"status": "ok" if good else "failed", "checks": found}, 200 if good else 503)


def _word(name: str, probe: Probe) -> str:
    try:
        probe()
    except Exception:
        log.exception("Not ready: %s", name)
        return "failed"
    return "ok"


def _json(value: Mapping[str, object], status: int) -> HttpResponse:
    return JsonResponse(value, status=status, headers={"Cache-Control": "no-store"})
