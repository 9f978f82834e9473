"""ASGI entry points: the web listener, and one API listener for each environment."""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "msign.config.settings")

from django.core.asgi import get_asgi_application

from msign.config.settings import OPTIONS
from msign.frame.bodylimit import BodyLimit
from msign.kernel.limits import MIB

_UPLOAD = 2 * OPTIONS.sign.max_pdf_bytes + MIB  # two of the largest documents, or many that are smaller

web = BodyLimit(
    get_asgi_application(),
    default=MIB,
    places={"/sign": _UPLOAD, "/agent": _UPLOAD, "/verify": _UPLOAD, "/connect": 32 * MIB},
    drain=_UPLOAD,
)
