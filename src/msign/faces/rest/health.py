"""Is the process alive, and can it serve? For load balancers and service managers; says nothing about the inside."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

log = logging.getLogger("msign.rest")
Probe = Callable[[], object]
Warnings = Callable[[], Sequence[str]]


@require_safe
def live(_request: HttpRequest) -> HttpResponse:
    """``GET /health/live``: 200, because the process answers."""
    return _json({"status": "ok"}, 200)


@require_safe
def ready(_request: HttpRequest, *, probes: Mapping[str, Probe], warnings: Warnings = tuple) -> HttpResponse:
    """``GET /health/ready``: 200 when what it depends on answers too, else 503, with a word for each.

    A probe fails by raising. ``warnings`` are told beside and change no status: it serves, and somebody should look.
    """
    found = {name: _word(name, probe) for name, probe in probes.items()}
    good = all(word == "ok" for word in found.values())
    told: dict[str, object] = {"status": "ok" if good else "failed", "checks": found}
    if noted := list(warnings()):
        told["warnings"] = noted
    return _json(told, 200 if good else 503)


def _word(name: str, probe: Probe) -> str:
    try:
        probe()
    except Exception:
        log.exception("Not ready: %s", name)
        return "failed"
    return "ok"


def _json(value: Mapping[str, object], status: int) -> HttpResponse:
    return JsonResponse(value, status=status, headers={"Cache-Control": "no-store"})
