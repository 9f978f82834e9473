"""Addresses of the web listener. The sign page's catch-all `/{requestID}` comes last."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []

handler400 = "msign.frame.errors.bad_request"
handler403 = "msign.frame.errors.forbidden"
handler404 = "msign.frame.errors.not_found"
handler500 = "msign.frame.errors.server_error"
