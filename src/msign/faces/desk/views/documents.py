"""Contract and annex: look at them, sign them through the gateway, bring a copy signed elsewhere."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_exempt

from msign.connections.actors import Refusal
from msign.connections.queries import organisations
from msign.connections.queries.cases import case_view
from msign.connections.roles import Right
from msign.connections.services import signatures
from msign.connections.states import Side
from msign.connections.values import CaseView, DocumentView
from msign.faces.desk import words
from msign.faces.desk.base import DeskPage, explain
from msign.faces.desk.forms import MAX_UPLOAD, CopyForm
from msign.frame import languages
from msign.frame.previews import PageImages
from msign.kernel.ids import normalise_request_id


class Documents(DeskPage):
    """The papers of a case."""

    def get(self, _request: HttpRequest, reference: str) -> HttpResponse:
        view = case_view(self.desk, self.actor, reference)
        rows = [(one, words.PAPERS[one.kind], words.PAPER_STATES[one.state]) for one in view.documents]
        standings = [(one, words.STANDINGS[one.standing]) for one in view.invoices]
        see_invoices = self.actor.may(Right.SEE_INVOICES, view.organisation_id)
        return self.page(
            "desk/documents.html", {"case": view, "rows": rows, "invoices": standings if see_invoices else []}
        )


class Document(DeskPage):
    """One paper: its pages, and the two ways to sign it."""

    images: PageImages = None  # type: ignore[assignment]  # given by as_view()

    def get(self, _request: HttpRequest, reference: str, number: int) -> HttpResponse:
        return self._show(reference, number, CopyForm())

    def post(self, request: HttpRequest, reference: str, number: int) -> HttpResponse:
        if "sign" in request.POST:
            reader = replace(self.actor, language=languages.current())  # the sign page goes on in the page's language
            return redirect(signatures.start_signing(self.desk, reader, reference, number))
        form = CopyForm(request.POST, request.FILES)
        form.full_clean()
        copy = request.FILES.get("copy")
        if copy is None:
            form.add_error("copy", gettext("Choose the signed file."))
            return self._show(reference, number, form, status=422)
        try:
            signatures.accept(self.desk, self.actor, reference, number, copy.read(MAX_UPLOAD + 1))
        except Refusal as refusal:
            for text in explain(refusal):
                form.add_error("copy", text)
            return self._show(reference, number, form, status=422)
        messages.success(request, gettext("The signed copy was checked and accepted."))
        return redirect("desk-documents", reference)

    def _show(self, reference: str, number: int, form: CopyForm, status: int = 200) -> HttpResponse:
        view = case_view(self.desk, self.actor, reference)
        document = next((one for one in view.documents if one.number == number), None)
        if document is None:
            raise Http404
        _name, pdf = organisations.paper(self.actor, reference, number)
        return self.page(
            "desk/document.html",
            {
                "case": view,
                "document": document,
                "kind": words.PAPERS[document.kind],
                "state": words.PAPER_STATES[document.state],
                "pages": self._pages(pdf),
                "may_sign": self._may_sign(view, document),
                "form": form,
                "has_errors": status != 200,
            },
            status=status,
        )

    def _pages(self, pdf: bytes) -> list[tuple[int, int, int]]:
        with _on_disk(pdf) as path:
            sizes = self.images.outline(path).pages
        return [(number, width, height) for number, (width, height) in enumerate(sizes, 1)]

    def _may_sign(self, view: CaseView, document: DocumentView) -> bool:
        if document.waits_for is Side.BENEFICIARY:
            return self.actor.may(Right.SIGN_DOCUMENT, view.organisation_id)
        return document.waits_for is Side.OPERATOR and self.actor.may(Right.COUNTERSIGN)


@method_decorator(csrf_exempt, name="dispatch")
class Signed(DeskPage):
    """Where the gateway sends the person back to. Believes nothing of the call: it asks the gateway itself.

    Exempt from the CSRF check because the gateway posts here; the answer is a redirect to this page's own GET.
    """

    def post(self, _request: HttpRequest, reference: str, number: int, request_id: str) -> HttpResponse:
        return redirect("desk-signed", reference, number, request_id)

    def get(self, request: HttpRequest, reference: str, number: int, request_id: str) -> HttpResponse:
        key = normalise_request_id(request_id)
        if key is None:
            raise Http404
        checks = signatures.finish_signing(self.desk, self.actor, reference, number, key)
        if checks is None:
            view = case_view(self.desk, self.actor, reference)
            return self.page("desk/still_signing.html", {"case": view, "number": number, "request_id": key})
        messages.success(request, gettext("The signature was checked and accepted."))
        return redirect("desk-documents", reference)

    def after_refusal(self) -> str:
        return reverse("desk-document", args=[self.kwargs["reference"], self.kwargs["number"]])


class Paper(DeskPage):
    """The file itself, as a download: never shown inside our own origin."""

    def get(self, _request: HttpRequest, reference: str, number: int) -> HttpResponse:
        return download(*organisations.paper(self.actor, reference, number))


class InvoicePaper(DeskPage):
    """An invoice, as a download."""

    def get(self, _request: HttpRequest, reference: str, number: int) -> HttpResponse:
        return download(*organisations.invoice_pdf(self.actor, reference, number))


def download(name: str, data: bytes, kind: str = "application/pdf") -> HttpResponse:
    """Return a file that the browser saves and never runs."""
    response = HttpResponse(data, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


class PageImage(DeskPage):
    """One page of a paper as a picture, drawn in a process that may die without harm."""

    images: PageImages = None  # type: ignore[assignment]  # given by as_view()

    def get(self, _request: HttpRequest, reference: str, number: int, page: int) -> HttpResponse:
        _name, pdf = organisations.paper(self.actor, reference, number)
        with _on_disk(pdf) as path:
            if not 1 <= page <= len(self.images.outline(path).pages):
                raise Http404
            return HttpResponse(self.images.image(path, page - 1), content_type="image/png")


@contextmanager
def _on_disk(pdf: bytes) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="msign-desk-") as folder:
        path = Path(folder) / "paper.pdf"
        path.write_bytes(pdf)
        yield path
