"""What the base page needs on every request."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from msign.frame import languages
from msign.kernel.languages import Language

NAMES = {Language.RO: ("Ro", "Română"), Language.RU: ("Ru", "Русский"), Language.EN: ("En", "English")}


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return the language choice, the contacts and whether this is a test installation."""
    now = languages.current()
    return {
        "frame_languages": [_choice(request, language, current=language is now) for language in Language],
        "page_language": str(now),
        "site": settings.MSIGN_SITE,
        "test_environment": settings.MSIGN_SITE["test"],
    }


def _choice(request: HttpRequest, language: Language, *, current: bool) -> dict[str, Any]:
    query = request.GET.copy()
    for name in [name for name in query if name.lower() == languages.PARAMETER]:
        del query[name]
    query[languages.PARAMETER] = str(language)
    short, full = NAMES[language]
    return {
        "code": str(language),
        "short": short,
        "full": full,
        "url": f"?{query.urlencode()}",
        "current": current,
    }
