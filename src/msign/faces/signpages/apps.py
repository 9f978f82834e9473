from __future__ import annotations

from django.apps import AppConfig


class SignpagesConfig(AppConfig):
    name = "msign.faces.signpages"
    label = "signpages"
