"""ASGI entry points: the web listener, and one API listener for each environment."""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "msign.config.settings")

from django.core.asgi import get_asgi_application

web = get_asgi_application()
