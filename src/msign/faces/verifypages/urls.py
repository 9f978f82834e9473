"""Addresses of the verify pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from msign.faces.verifypages.services import VerifyServices
from msign.faces.verifypages.views import compare, pages, receipt


def patterns(services: VerifyServices) -> list[URLPattern]:
    """Return the addresses, served with ``services``."""
    given = {"bench": pages.Bench(services)}
    return [
        path("verify", pages.Verify.as_view(**given), name="verify"),
        path("verify/<str:token>", pages.Result.as_view(**given), name="verify-result"),
        path("verify/<str:token>/forget", pages.Forget.as_view(**given), name="verify-forget"),
        path("verify/<str:token>/signed/<int:number>", pages.SignedVersion.as_view(**given), name="verify-signed"),
        path("verify/<str:token>/receipt.pdf", receipt.ReceiptFile.as_view(**given), name="verify-receipt"),
        path("verify/<str:token>/report.json", compare.MachineReport.as_view(**given), name="verify-report"),
        path("verify/<str:token>/compare/<int:number>", compare.Compare.as_view(**given), name="verify-compare"),
        path("verify/<str:token>/pages", compare.Pages.as_view(**given), name="verify-pages"),
        path("verify/<str:token>/pages/<int:number>", compare.Pages.as_view(**given), name="verify-pages"),
        path(
            "verify/<str:token>/versions/<int:number>/<int:page>.png",
            compare.VersionImage.as_view(**given),
            name="verify-image",
        ),
    ]
