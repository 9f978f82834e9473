"""Verify: send a file, read the verdict, take the signed version, forget it all."""

from __future__ import annotations

import datetime as dt
import json
from functools import partial
from pathlib import Path

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views import View

from msign.faces.verifypages.cards import grouped, make_cards
from msign.faces.verifypages.cases import Case, Cases
from msign.faces.verifypages.forms import VerifyForm
from msign.faces.verifypages.marks import marked_pages
from msign.faces.verifypages.services import VerifyServices
from msign.faces.verifypages.timeline import make_timeline
from msign.faces.verifypages.words import document_sentence
from msign.frame import errors, languages
from msign.frame.downloads import download
from msign.kernel.errors import MSignError
from msign.validation.model import DocumentReport, Integrity
from msign.validation.reports.codec import decode_report, encode_report
from msign.validation.reports.machine import machine_report

PDF = "application/pdf"


class Bench:
    """Cases and their reports; one for all views of a process. A report is made once and kept with its files."""

    def __init__(self, services: VerifyServices) -> None:
        self.services = services
        keep = dt.timedelta(minutes=services.keep_minutes)
        self.cases = Cases(folder=services.folder, clock=services.clock, keep=keep)

    def report(self, case: Case) -> DocumentReport:
        """Return the judgement of a case: the same one on every page, in every process, and in its receipt.

        Raises 404 if the files were removed in this very moment.
        """
        try:
            return decode_report(case.derived("report", partial(self._judge, case)).read_bytes())
        except FileNotFoundError:
            raise Http404 from None

    def machine(self, case: Case) -> bytes:
        """Return the report for programs, in the visitor's language: what ``msign verify --json`` prints, indented."""
        report = machine_report(self.report(case), case.name, languages.current())
        return json.dumps(report, ensure_ascii=False, indent=2).encode()

    def signed_length(self, case: Case, number: int) -> int | None:
        """Return how many bytes signature ``number`` (1-based) covers; ``None`` where nobody can say."""
        signatures = self.report(case).signatures
        if not case.is_pdf or not 0 < number <= len(signatures):
            return None
        signature = signatures[number - 1]
        return signature.signed_bytes if signature.integrity is Integrity.VALID else None

    def _judge(self, case: Case, draft: Path) -> None:
        judge = self.services.judge
        if case.is_pdf:
            report = judge.pdf(case.document)
        else:
            report = judge.other(case.document, case.original)
        draft.write_bytes(encode_report(report))


class VerifyView(View):
    """Base: the bench comes from the wiring."""

    bench: Bench | None = None

    @property
    def given(self) -> Bench:
        assert self.bench is not None, "the wiring passes the bench"
        return self.bench

    def case(self, token: str) -> Case:
        """Return a case that is still kept; 404 for any other."""
        found = self.given.cases.find(token)
        if found is None:
            raise Http404
        return found


class Verify(VerifyView):
    """The form."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._form(request, VerifyForm(max_bytes=self.given.services.max_file_bytes))

    def post(self, request: HttpRequest) -> HttpResponse:
        if languages.is_switch(request):
            return self.get(request)
        form = VerifyForm(max_bytes=self.given.services.max_file_bytes, request=request)
        if not form.is_valid():
            return self._form(request, form, 422)
        files = form.cleaned_data
        try:
            token = self.given.cases.accept(files["document"], form.signed_original, is_pdf=form.is_pdf)
        except MSignError:
            return errors.unavailable(request)
        response = HttpResponseRedirect(reverse("verify-result", args=[token]))
        response.status_code = 303
        return response

    def _form(self, request: HttpRequest, form: VerifyForm, status: int = 200) -> HttpResponse:
        context = {
            "form": form,
            "has_errors": form.is_bound and bool(form.errors),
            "keep_minutes": self.given.services.keep_minutes,
        }
        return render(request, "verifypages/form.html", context, status=status)


class Result(VerifyView):
    """The verdict, first in one sentence, then signature by signature."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        case = self.given.cases.find(token)
        if case is None:
            return render(request, "verifypages/gone.html", status=404)
        report = self.given.report(case)
        cards = make_cards(report)
        context = {
            "case": case,
            "report": report,
            "sentence": document_sentence(report),
            "cards": cards,
            "timeline": make_timeline(report, cards),
            "marked": marked_pages(report, cards),
            "reasons": grouped(report.reasons),
            "judged_at": report.validated_at or self.given.services.clock.now(),
            "sealed": self.given.services.seal is not None,
        }
        return render(request, "verifypages/result.html", context)


class SignedVersion(VerifyView):
    """Exactly the bytes that one signature covers: the revision of the document that was signed."""

    def get(self, request: HttpRequest, token: str, number: int) -> HttpResponseBase:
        case = self.case(token)
        length = self.given.signed_length(case, number)
        if length is None:
            raise Http404
        name = f"{case.name.removesuffix('.pdf')}.signed-version-{number}.pdf"
        return download(request, case.document, name=name, media_type=PDF, length=length)


class Forget(VerifyView):
    """Remove the files now."""

    http_method_names = ["post"]

    def post(self, _request: HttpRequest, token: str) -> HttpResponse:
        self.given.cases.remove(token)
        response = HttpResponseRedirect(reverse("verify"))
        response.status_code = 303
        return response
