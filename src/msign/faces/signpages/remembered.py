"""The phone number, kept on the visitor's device only if asked, unreadable to scripts and to others."""

from __future__ import annotations

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from msign.kernel.identifiers import normalise_msisdn

COOKIE = "msign-phone"
_SALT = "msign.signpages.remembered"
_YEAR = 365 * 24 * 3600


def number(request: HttpRequest) -> str:
    """Return the remembered number; empty without one or with a forged one."""
    try:
        value = signing.loads(request.COOKIES.get(COOKIE, ""), salt=_SALT, max_age=_YEAR)
    except signing.BadSignature:
        return ""
    return (normalise_msisdn(value) or "") if isinstance(value, str) else ""


def remember(response: HttpResponse, msisdn: str) -> None:
    """Keep the number for a year."""
    response.set_cookie(
        COOKIE,
        signing.dumps(msisdn, salt=_SALT),
        max_age=_YEAR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def forget(response: HttpResponse) -> None:
    """Remove it: the box was cleared."""
    response.delete_cookie(COOKIE, samesite="Lax")
