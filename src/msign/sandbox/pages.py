"""Renders the sandbox pages: templates, three languages, static files. Shared by all services."""

from __future__ import annotations

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
_FRAME = Path(frame.__file__).parent / "static" / "frame"  # the look of the product's own pages
_STATIC = {"sandbox": _HERE / "static", "frame": _FRAME, "fonts": _FRAME / "fonts"}
_KINDS = {".css": "text/css; charset=utf-8", ".svg": "image/svg+xml", ".woff2": "font/woff2"}
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


def words(request: ASGIRequest) -> Words:
    """Return the texts in the visitor's language."""
    return Words(language_of(request))


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


def _static(folder: Path, name: str) -> FileResponse:
    path = folder / name
    if path.suffix not in _KINDS or not path.is_file():
        raise MSignError(Code.REQUEST_NOT_FOUND, "no such file")
    response = FileResponse(path.open("rb"), content_type=_KINDS[path.suffix])
    response["Cache-Control"] = "max-age=3600"
    return response


STATIC_ROUTES = (
    Route("GET", "/static/sandbox/{name}", lambda _, name: _static(_STATIC["sandbox"], name)),
    Route("GET", "/static/frame/{name}", lambda _, name: _static(_STATIC["frame"], name)),
    Route("GET", "/static/frame/fonts/{name}", lambda _, name: _static(_STATIC["fonts"], name)),
)
