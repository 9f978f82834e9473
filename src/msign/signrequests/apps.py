from __future__ import annotations

from django.apps import AppConfig


class SignrequestsConfig(AppConfig):
    name = "msign.signrequests"
    label = "signrequests"
