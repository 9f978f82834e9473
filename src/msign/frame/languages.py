"""Which language a page speaks: ``lang``, then the visitor's stored choice, then the browser, then Romanian."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers

from msign.kernel.languages import DEFAULT_LANGUAGE, Language, parse_language

COOKIE = "msign-lang"
PARAMETER = "lang"
_YEAR = 365 * 24 * 3600


def named(parameters: Mapping[str, str]) -> Language | None:
    """Return the language that ``lang`` names, in any case of the name; unknown words mean Romanian (contract 14)."""
    for name, value in parameters.items():
        if name.lower() == PARAMETER and value.strip():
            return parse_language(value) or DEFAULT_LANGUAGE
    return None


def is_switch(request: HttpRequest) -> bool:
    """Tell whether this POST came from a button of the language choice: show the form again, check nothing."""
    return PARAMETER in request.POST


def current() -> Language:
    """Return the language of the request being answered."""
    return parse_language((translation.get_language() or "")[:2]) or DEFAULT_LANGUAGE


class LanguageMiddleware:
    """Chooses the language and remembers an explicit choice."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = named(request.POST) if request.method == "POST" else None
        chosen = chosen or named(request.GET)
        language = chosen or wished(request)
        request.LANGUAGE_CODE = str(language)
        with translation.override(language):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", str(language))
        patch_vary_headers(response, ("Accept-Language", "Cookie"))
        if chosen:
            _remember(response, chosen)
        return response


def wished(request: HttpRequest) -> Language:
    """Return the stored choice, else the browser's wish, else Romanian."""
    return _stored(request) or _of_browser(request)


def _stored(request: HttpRequest) -> Language | None:
    value = request.COOKIES.get(COOKIE, "")
    return parse_language(value) if value else None


def _of_browser(request: HttpRequest) -> Language:
    """Walk Accept-Language by weight; anything but our three languages is passed over."""
    wishes: list[tuple[float, str]] = []
    for part in request.headers.get("Accept-Language", "")[:200].split(","):
        tag, _, weight = part.strip().partition(";q=")
        try:
            wishes.append((float(weight or 1), tag.split("-")[0].lower()))
        except ValueError:
            continue
    for rank, word in sorted(wishes, key=lambda wish: -wish[0]):
        language = parse_language(word) if word and rank > 0 else None
        if language:
            return language
    return DEFAULT_LANGUAGE


def _remember(response: HttpResponse, language: Language) -> None:
    response.set_cookie(
        COOKIE, str(language), max_age=_YEAR, secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax"
    )
