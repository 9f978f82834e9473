"""Addresses of the web listener. The sign page's catch-all `/{requestID}` comes last."""

from __future__ import annotations

from msign.config import web, wiring
from msign.config.settings import OPTIONS

urlpatterns = web.patterns(wiring.build(OPTIONS))

handler400 = "msign.frame.errors.bad_request"
handler403 = "msign.frame.errors.forbidden"
handler404 = "msign.frame.errors.not_found"
handler500 = "msign.frame.errors.server_error"
