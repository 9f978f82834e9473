"""Renders the sandbox pages: templates, three languages, static files. Shared by all services."""

from __future__ import annotations

import mimetypes
from pathlib import Path

from django.core.handlers.asgi import ASGIRequest
from django.http import FileResponse, HttpResponse, HttpResponseRedirect
from django.template import Context, Engine

from msign import frame
from msign.kernel.errors import Code, MSignError
from msign.kernel.languages import Language, parse_language
from msign.sandbox.texts import TEXTS
from msign.sandbox.web import Route

_HERE = Path(__file__).parent
_STATIC = (_HERE / "static", Path(frame.__file__).parent / "static" / "frame" / "fonts")
_ENGINE = Engine(dirs=[str(_HERE / "templates")], autoescape=True)
_COOKIE = "sandbox_lang"
_YEAR = 31_536_000


class Words:
    """The texts in one language, for templates: ``{{ t.some_key }}``."""

    def __init__(self, language: Language) -> None:
        self._index = list(Language).index(language)

    def __getitem__(self, key: str) -> str:
        return TEXTS[key][self._index]


def language_of(request: ASGIRequest) -> Language:
    """Return the language from the address, the visitor's choice, the browser, or Romanian."""
    browser = request.headers.get("Accept-Language", "")[:2]
    for text in (request.GET.get("lang"), request.COOKIES.get(_COOKIE), browser):
        language = parse_language(text) if text else None
        if language:
            return language
    return Language.RO


def render(request: ASGIRequest, template: str, status: int = 200, **values: object) -> HttpResponse:
    """Return the page ``template`` in the visitor's language."""
    language = language_of(request)
    names = {Language.RO: "Română", Language.RU: "Русский", Language.EN: "English"}
    switch = [(code.value, names[code], code is language) for code in (Language.RO, Language.RU, Language.EN)]
    base = {"t": Words(language), "lang": language.value, "languages": switch, "path": request.path}
    context = Context({**base, **values}, use_l10n=False, use_tz=False)
    response = HttpResponse(_ENGINE.get_template(template).render(context), status=status)
    if request.GET.get("lang"):
        response.set_cookie(_COOKIE, language.value, max_age=_YEAR, samesite="Lax", httponly=True)
    return response


def error_page(request: ASGIRequest, status: int, message: str) -> HttpResponse:
    """Return the page for something that went wrong."""
    return render(request, "problem.html", status=status, message=message, status_code=status)


def see_other(url: str) -> HttpResponse:
    """Return the redirect that ends every form."""
    response = HttpResponseRedirect(url)
    response.status_code = 303
    return response


def static(request: ASGIRequest, name: str) -> FileResponse:
    """Serve a style sheet, a font or a picture."""
    del request
    for folder in _STATIC:
        path = folder / name
        if path.parent == folder and path.is_file():
            response = FileResponse(path.open("rb"), content_type=mimetypes.guess_type(name)[0])
            response["Cache-Control"] = "max-age=3600"
            return response
    raise MSignError(Code.REQUEST_NOT_FOUND, "no such file")


STATIC_ROUTE = Route("GET", "/static/{name}", static)
