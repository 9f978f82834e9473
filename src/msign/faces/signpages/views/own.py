"""Home, and "sign your own document": the uploaded files are posted as an internal system would post them."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from contextlib import ExitStack

from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from msign.faces.signpages import visits
from msign.faces.signpages.services import OwnSigning
from msign.faces.signpages.uploads import OwnDocumentsForm
from msign.faces.signpages.views.common import SignView, gone, to_page
from msign.faces.signpages.visits import Visit
from msign.frame import languages
from msign.frame.downloads import safe_name
from msign.kernel import limits
from msign.kernel.errors import Code, MSignError
from msign.kernel.words import ContentType
from msign.signrequests.values import NewSignRequest, PostedContent

_log = logging.getLogger(__name__)
_DESCRIPTIONS = {
    "ro": "Semnarea documentelor proprii",
    "ru": "Подписание своих документов",
    "en": "Signing own documents",
}


class Home(SignView):
    """The first page: two things that a person can do here."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "signpages/home.html", {"own_signing": self.given.own is not None})


class About(SignView):
    """Help, personal data, accessibility, terms: where every page's footer leads."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return render(
            request, "signpages/about.html", {"keep_hours": self.given.own.keep_hours if self.given.own else 0}
        )


class SignOwn(SignView):
    """Upload, then the same page as for everybody."""

    @property
    def own(self) -> OwnSigning:
        """The internal system; 404 where the installation has none."""
        if self.given.own is None:
            raise Http404
        return self.given.own

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._form(request, OwnDocumentsForm(own=self.own))

    def post(self, request: HttpRequest) -> HttpResponse:
        if languages.is_switch(request):
            return self._form(request, OwnDocumentsForm(own=self.own))
        form = OwnDocumentsForm(own=self.own, request=request)
        if not form.is_valid():
            return self._form(request, form, 422)
        if not self._within_share(request, form.cleaned_data["documents"]):
            form.add_error("documents", _("Too much was uploaded from your network in the last hour; try again later"))
            return self._form(request, form, 429)
        try:
            request_id = post_documents(self.own, form.cleaned_data["documents"], str(languages.current()))
        except MSignError as error:
            form.add_error("documents", _sentence(error))
            return self._form(request, form, 422)
        response = to_page(request_id)
        visits.save(request, response, request_id, Visit(own=True))
        return response

    def _within_share(self, request: HttpRequest, files: Iterable[UploadedFile]) -> bool:
        shares = self.own.shares
        size = sum(file.size or 0 for file in files)
        return shares is None or shares.take(str(request.META.get("REMOTE_ADDR", "")), size)

    def _form(self, request: HttpRequest, form: OwnDocumentsForm, status: int = 200) -> HttpResponse:
        context = {"form": form, "has_errors": form.is_bound and bool(form.errors), "keep_hours": self.own.keep_hours}
        context["removed"] = "removed" in request.GET
        return render(request, "signpages/own.html", context, status=status)


class RemoveOwn(SignView):
    """Delete the documents at once, for who uploaded them in this browser and is done with them."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, text: str) -> HttpResponse:
        view = self.find(text)
        visit = visits.load(request, view.id) if view else None
        if self.given.own is None or view is None or visit is None or not visit.own:
            return gone(request)
        if not self.given.own.discarding.discard(view.id):
            return to_page(view.id)
        response = HttpResponseRedirect(f"{reverse('sign-own')}?removed")
        response.status_code = 303
        return response


def post_documents(own: OwnSigning, files: Iterable[UploadedFile], language: str) -> str:
    """Put the files into the store and post them; what was stored is removed if the gateway refuses."""
    with ExitStack() as undo:
        contents = []
        for number, file in enumerate(files, 1):
            stored = _store(own, file)
            undo.callback(own.store.remove, stored.key)
            contents.append(
                PostedContent(
                    key=stored.key,
                    size=stored.size,
                    correlation_id=str(number),
                    name=safe_name(file.name or "")[: limits.MAX_NAME],
                    multiple_signatures=True,
                )
            )
        description = _DESCRIPTIONS[language]
        request = NewSignRequest(ContentType.PDF, tuple(contents), description, description)
        request_id = own.posting.post(own.caller, request)
        undo.pop_all()
    return request_id


def _store(own: OwnSigning, file: UploadedFile) -> PostedContent:
    sink = own.store.create()
    try:
        for piece in file.chunks():
            sink.write(piece)
        stored = sink.finish()
    except BaseException:
        sink.abort()
        raise
    return PostedContent(stored.key, stored.size)


def _sentence(error: MSignError) -> str:
    _log.info("own documents refused: %s", error.code)
    if error.code in {Code.INVALID_PARAMETER, Code.UNREADABLE_DOCUMENT}:
        return _("A document cannot be signed: it is damaged, or it opens only with a password. Choose another one")
    if error.code is Code.TOO_LARGE:
        return _("The documents are too large together; choose fewer")
    return _("The documents could not be accepted now; try again in a few minutes")
