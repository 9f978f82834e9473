"""Instruments and providers on one page: what is configured, what is wrong with it, how it is doing just now."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from msign.connections.actors import require
from msign.connections.roles import Right
from msign.faces.desk.base import DeskPage
from msign.faces.desk.instruments import Overview, no_overview
from msign.frame import languages


class Instruments(DeskPage):
    """For reviewers and security."""

    overview: Overview = staticmethod(no_overview)  # as_view() gives the real one

    def get(self, request: HttpRequest) -> HttpResponse:  # noqa: ARG002  (the framework's signature)
        require(self.actor, Right.SEE_INSTRUMENTS)
        instruments, providers = self.overview()
        language = languages.current()
        rows = [(one, one.names.get(language) or next(iter(one.names.values()))) for one in instruments]
        troubled = sum(bool(one.problems) for one in providers)
        return self.page("desk/instruments.html", {"rows": rows, "providers": providers, "troubled": troubled})
