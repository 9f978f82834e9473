"""What was signed beside what is there now, page by page, and the report for programs."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest
from pathlib import Path

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from msign.faces.verifypages.cards import make_cards
from msign.faces.verifypages.cases import Case
from msign.faces.verifypages.marks import MarkedPage, marks_on, points_of
from msign.faces.verifypages.views.pages import VerifyView
from msign.kernel.errors import MSignError

Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Row:
    """One page: its size as signed and at present; ``None`` where it does not exist."""

    number: int
    signed: Size | None
    present: Size | None


class Compare(VerifyView):
    """Both versions of the document side by side."""

    def get(self, request: HttpRequest, token: str, number: int) -> HttpResponse:
        case = self.case(token)
        images = self.given.services.images
        context: dict[str, object] = {"case": case, "number": number}
        try:
            signed = images.outline(self.version(case, number)).pages
            present = images.outline(self.version(case, 0)).pages
        except MSignError:
            return render(request, "verifypages/compare.html", {**context, "failed": True})
        pairs = enumerate(zip_longest(signed, present), 1)
        context["rows"] = [Row(at, before, after) for at, (before, after) in pairs]
        return render(request, "verifypages/compare.html", context)

    def version(self, case: Case, number: int) -> Path:
        """Return the file of what signature ``number`` signed, cut out when it is first asked for; 0 is the whole."""
        if number == 0:
            return case.document
        length = self.given.signed_length(case, number)
        if length is None:
            raise Http404
        return case.derived(f"version-{number}", partial(_cut, case.document, length))


class Pages(Compare):
    """All pages of one version, signatures marked: the document as it is now, or exactly as one signature signed it."""

    def get(self, request: HttpRequest, token: str, number: int = 0) -> HttpResponse:
        case = self.case(token)
        report = self.given.report(case)
        context: dict[str, object] = {"case": case, "number": number}
        try:
            outline = self.given.services.images.outline(self.version(case, number))
        except MSignError:
            return render(request, "verifypages/pages.html", {**context, "failed": True})
        cards = make_cards(report)
        until = report.signatures[number - 1].revision if number else None
        context["signer"] = cards[number - 1].name if number else ""
        context["pages"] = [
            MarkedPage(at, *size, points_of(at, report), marks_on(at, report, cards, until))
            for at, size in enumerate(outline.pages, 1)
        ]
        context["total"] = outline.total
        return render(request, "verifypages/pages.html", context)


class VersionImage(Compare):
    """One page of one version."""

    def get(self, _request: HttpRequest, token: str, number: int, page: int = 1) -> HttpResponse:
        case = self.case(token)
        try:
            image = self.given.services.images.image(self.version(case, number), page - 1)
        except MSignError as error:
            raise Http404 from error
        return HttpResponse(image, content_type="image/png")


class MachineReport(VerifyView):
    """The same object that ``msign verify --json`` prints."""

    def get(self, _request: HttpRequest, token: str) -> HttpResponse:
        case = self.case(token)
        response = HttpResponse(self.given.machine(case), content_type="application/json; charset=utf-8")
        response.headers["Content-Disposition"] = 'attachment; filename="report.json"'
        return response


def _cut(document: Path, length: int, draft: Path) -> None:
    with document.open("rb") as source, draft.open("wb") as target:
        shutil.copyfileobj(source, target)
        target.truncate(length)
