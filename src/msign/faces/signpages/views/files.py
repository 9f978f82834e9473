"""What is to be signed, for people to look at: page images, text, the document itself; and the status for scripts."""

from __future__ import annotations

import io
from pathlib import Path

import segno
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils.translation import ngettext

from msign.faces.signpages.progress import batch_progress
from msign.faces.signpages.views.common import SignView, gone, is_test
from msign.faces.signpages.views.page import version_of
from msign.frame.downloads import download
from msign.kernel.errors import MSignError
from msign.kernel.words import ContentType, SignStatus
from msign.signrequests.values import ContentView, RequestView

PDF = "application/pdf"


class FileView(SignView):
    """Base of the views about one file of a request."""

    def content(self, text: str, position: int) -> tuple[RequestView, ContentView]:
        """Return a file by its number on the page (1-based); 404 for any other and for hashes."""
        view = self.find(text)
        if view is None or view.status is SignStatus.EXPIRED or not 0 < position <= len(view.contents):
            raise Http404
        content = view.contents[position - 1]
        if content.content_type is not ContentType.PDF:
            raise Http404
        return view, content

    def document(self, content: ContentView) -> Path:
        """Return where the posted bytes lie."""
        return self.given.documents.path(content.key)


class Preview(FileView):
    """The pages one below the other."""

    def get(self, request: HttpRequest, text: str, position: int) -> HttpResponse:
        view, content = self.content(text, position)
        facts = {"view": view, "content": content, "number": position, "test_environment": is_test(view)}
        try:
            outline = self.given.images.outline(self.document(content))
        except MSignError:
            return render(request, "signpages/preview.html", {**facts, "failed": True})
        return render(request, "signpages/preview.html", {**facts, "outline": outline})


class PreviewText(FileView):
    """The words of the pages."""

    def get(self, request: HttpRequest, text: str, position: int) -> HttpResponse:
        view, content = self.content(text, position)
        facts = {"view": view, "content": content, "number": position, "test_environment": is_test(view)}
        try:
            pages = self.given.images.text(self.document(content))
        except MSignError:
            return render(request, "signpages/preview.html", {**facts, "failed": True})
        return render(request, "signpages/preview_text.html", {**facts, "pages": pages, "number_text": str(position)})


class PageImage(FileView):
    """One page as an image."""

    def get(self, _request: HttpRequest, text: str, position: int, page: int) -> HttpResponse:
        _, content = self.content(text, position)
        try:
            image = self.given.images.image(self.document(content), page - 1)
        except MSignError as error:
            raise Http404 from error
        return HttpResponse(image, content_type="image/png")


class Download(FileView):
    """The document as posted."""

    def get(self, request: HttpRequest, text: str, position: int) -> HttpResponseBase:
        _, content = self.content(text, position)
        return download(
            request, self.document(content), name=content.name or f"document-{position}.pdf", media_type=PDF
        )


class SignedDownload(FileView):
    """The signed document, for who uploaded it here."""

    def get(self, request: HttpRequest, text: str, position: int) -> HttpResponseBase:
        view, content = self.content(text, position)
        if view.system_id != self.given.own_system or not content.signature_key:
            raise Http404
        stem = (content.name or f"document-{position}").removesuffix(".pdf")
        path = self.given.documents.path(content.signature_key)
        return download(request, path, name=f"{stem}.signed.pdf", media_type=PDF)


class QrCode(SignView):
    """The address of the waiting app as a QR code; the same address stands beside it as text."""

    def get(self, _request: HttpRequest, text: str) -> HttpResponse:
        view = self.find(text)
        if view is None or view.session is None or not view.session.device_url:
            raise Http404
        output = io.BytesIO()
        segno.make(view.session.device_url, error="m", micro=False).save(
            output, kind="svg", scale=6, border=4, light="#fff", dark="#121212", xmldecl=False
        )
        return HttpResponse(output.getvalue(), content_type="image/svg+xml")


class Status(SignView):
    """The state in a few bytes, for the script that waits."""

    def get(self, request: HttpRequest, text: str) -> HttpResponse:
        view = self.find(text)
        if view is None:
            return gone(request)
        code = view.session.verification_code if view.session else ""
        asks = view.session is not None and self.given.requests.prompt(view.id) is not None
        batch = batch_progress(view)
        progress = {"batch": batch.for_script()} if batch else {}
        version = version_of(view, asks=asks)
        return JsonResponse({"version": version, "code": code, "announce": self._announce(view), **progress})

    def _announce(self, view: RequestView) -> str:
        """One sentence a minute, for people who listen to the page."""
        if view.session is None:
            return ""
        minutes = int((view.session.deadline - self.given.clock.now()).total_seconds()) // 60
        if minutes < 1:
            return ""
        return ngettext("%(count)d minute left", "%(count)d minutes left", minutes) % {"count": minutes}
