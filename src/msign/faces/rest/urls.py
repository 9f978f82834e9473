"""Addresses of the machine-readable side of the web listener."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from django.urls import URLPattern, path
from django.views.decorators.csrf import csrf_exempt

from msign.faces.rest.callbacks import Accepts, Wake, provider_callback
from msign.faces.rest.health import Probe, Warnings, live, ready


def patterns(
    *, wake: Wake, accepts: Mapping[str, Accepts], probes: Mapping[str, Probe], warnings: Warnings = tuple
) -> list[URLPattern]:
    """Return the addresses. A callback carries a bearer token and no cookie, so CSRF has nothing to protect."""
    callback = csrf_exempt(partial(provider_callback, wake=wake, accepts=accepts))
    return [
        path("providers/<slug:provider>/callback", callback, name="provider-callback"),
        path("health/live", live, name="health-live"),
        path("health/ready", partial(ready, probes=probes, warnings=warnings), name="health-ready"),
    ]
