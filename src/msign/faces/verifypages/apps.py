from __future__ import annotations

from django.apps import AppConfig


class VerifypagesConfig(AppConfig):
    name = "msign.faces.verifypages"
    label = "verifypages"
