"""Addresses of the sign pages. The catch-all ``/{requestID}`` must come last in the whole table."""

from __future__ import annotations

from django.urls import URLPattern, path, re_path

from msign.faces.signpages.services import SignPageServices
from msign.faces.signpages.views import actions, files, own, page, prompts

_ID = "<str:text>"


def patterns(services: SignPageServices) -> list[URLPattern]:
    """Return the addresses, served with ``services``."""
    given = {"services": services}
    return [
        path("", own.Home.as_view(**given), name="home"),
        path("about", own.About.as_view(**given), name="about"),
        *([path("sign", own.SignOwn.as_view(**given), name="sign-own")] if services.own else []),
        path("providers/<slug:provider>/return", prompts.Returned.as_view(**given), name="provider-return"),
        path(f"agent/{_ID}", prompts.AgentWork.as_view(**given), name="agent-work"),
        path(f"agent/{_ID}/certificate", prompts.AgentCertificate.as_view(**given), name="agent-certificate"),
        path(f"agent/{_ID}/values", prompts.AgentValues.as_view(**given), name="agent-values"),
        path(f"agent/{_ID}/file/<int:position>", prompts.AgentFile.as_view(**given), name="agent-file"),
        path(f"{_ID}/secrets", prompts.Secrets.as_view(**given), name="request-secrets"),
        path(f"{_ID}/leave", prompts.Leave.as_view(**given), name="request-leave"),
        path(f"{_ID}/sign", actions.Sign.as_view(**given), name="request-sign"),
        path(f"{_ID}/cancel", actions.Cancel.as_view(**given), name="request-cancel"),
        path(f"{_ID}/remove", own.RemoveOwn.as_view(**given), name="request-remove"),
        path(f"{_ID}/language", actions.ChangeLanguage.as_view(**given), name="request-language"),
        path(f"{_ID}/status", files.Status.as_view(**given), name="request-status"),
        path(f"{_ID}/qr.svg", files.QrCode.as_view(**given), name="request-qr"),
        path(f"{_ID}/files/<int:position>", files.Preview.as_view(**given), name="request-file"),
        path(f"{_ID}/files/<int:position>/text", files.PreviewText.as_view(**given), name="request-text"),
        path(f"{_ID}/files/<int:position>/document", files.Download.as_view(**given), name="request-document"),
        path(f"{_ID}/files/<int:position>/signed", files.SignedDownload.as_view(**given), name="request-signed"),
        path(f"{_ID}/files/<int:position>/<int:page>.png", files.PageImage.as_view(**given), name="request-image"),
        re_path(r"^(?P<text>\{?[0-9A-Fa-f-]{32,36}\}?)/?$", page.RequestPage.as_view(**given), name="request"),
    ]
