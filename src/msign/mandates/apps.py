from __future__ import annotations

from django.apps import AppConfig


class MandatesConfig(AppConfig):
    name = "msign.mandates"
    label = "mandates"
