"""Addresses of the web listener. The sign page's catch-all `/{requestID}` comes last."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
