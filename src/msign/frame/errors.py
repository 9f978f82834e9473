"""Pages for what goes wrong: designed, in three languages, and none of them needs the database.

Django calls the handlers with an exception or a reason; what they say goes to the log, never to the page.
"""

from __future__ import annotations

import logging
import sys

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from msign.frame import languages, security
from msign.kernel.ids import new_reference

_log = logging.getLogger(__name__)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """400: we could not read what was sent."""
    return _page(
        request,
        400,
        title=_("This request cannot be read"),
        lead=_("Something is missing from the address or the form, or it was cut on the way."),
        todo=_("Go back to the service you came from and start again."),
    )


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """403: not allowed here."""
    return _page(
        request,
        403,
        title=_("You cannot open this page"),
        lead=_("The page exists, but it is not open to you."),
        todo=_("If you should have access, contact support and tell them what you wanted to do."),
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """403 of a form that did not come from our page, or whose cookie is gone."""
    return _page(
        request,
        403,
        title=_("The form could not be accepted"),
        lead=_("The page stood open too long, or your browser does not keep cookies. Nothing was sent."),
        todo=_("Go back, load the page again and repeat. If it happens again, allow cookies for this site."),
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """404: no such page."""
    return _page(
        request,
        404,
        title=_("Page not found"),
        lead=_("There is no page at this address. It may have been typed or copied incompletely."),
        todo=_("Check the address or start from the home page."),
    )


def too_large(request: HttpRequest) -> HttpResponse:
    """413: more than this page takes."""
    return _page(
        request,
        413,
        title=_("The files are too large"),
        lead=_("Together they are larger than this page can take. Nothing was kept."),
        todo=_("Go back and choose fewer or smaller files."),
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """500: our fault. The reference joins this page to the log; nothing else is told."""
    reference = new_reference()
    _log.error("internal error, reference %s", reference, exc_info=sys.exc_info())
    return _page(
        request,
        500,
        title=_("Something went wrong on our side"),
        lead=_("We could not finish what you asked for. Documents that are already signed are not affected."),
        todo=_("Wait a minute and try again. If it happens again, contact support and give this reference."),
        reference=reference,
    )


def unavailable(request: HttpRequest) -> HttpResponse:
    """503: we are here but cannot work now; the caller may come again."""
    response = _page(
        request,
        503,
        title=_("The service is not available for the moment"),
        lead=_("Signing and verifying are paused. Nothing that was sent is lost."),
        todo=_("Try again in a few minutes."),
    )
    response.headers["Retry-After"] = "60"
    return response


def _page(request: HttpRequest, status: int, **texts: str) -> HttpResponse:
    if not getattr(request, "LANGUAGE_CODE", None):
        request.LANGUAGE_CODE = str(languages.current())
    response = render(request, "frame/problem.html", texts, status=status)
    security.add_headers(response)
    return response
