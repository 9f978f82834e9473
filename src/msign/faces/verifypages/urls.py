"""Addresses of the verify pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from msign.faces.verifypages.services import VerifyServices
from msign.faces.verifypages.views import pages


def patterns(services: VerifyServices) -> list[URLPattern]:
    """Return the addresses, served with ``services``."""
    given = {"bench": pages.Bench(services)}
    return [
        path("verify", pages.Verify.as_view(**given), name="verify"),
        path("verify/<str:token>", pages.Result.as_view(**given), name="verify-result"),
        path("verify/<str:token>/forget", pages.Forget.as_view(**given), name="verify-forget"),
        path("verify/<str:token>/signed/<int:number>", pages.SignedVersion.as_view(**given), name="verify-signed"),
    ]
