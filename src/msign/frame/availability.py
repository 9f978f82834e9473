"""What cannot work for the moment is a page that says so, on every face: 503 and a time to come again, no 500."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse

from msign.frame import errors
from msign.kernel.errors import Code, MSignError

_log = logging.getLogger(__name__)


class AvailabilityMiddleware:
    """Answers for views whose database, disk or service behind is away."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Return the page, or nothing for errors of another kind."""
        if not _passing(exception):
            return None
        _log.error("not available: %s", exception)
        return errors.unavailable(request)


def _passing(exception: Exception) -> bool:
    """Tell whether it may be over in a minute."""
    if isinstance(exception, MSignError):
        return exception.code is Code.UNAVAILABLE
    return isinstance(exception, OperationalError | InterfaceError)
