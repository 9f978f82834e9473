"""Romanian, Russian, English. Romanian is the default and the fallback."""

from __future__ import annotations

import enum


class Language(enum.StrEnum):
    """A language of pages, messages and documents."""

    RO = "ro"
    RU = "ru"
    EN = "en"


DEFAULT_LANGUAGE = Language.RO


def parse_language(text: str | None) -> Language | None:
    """Return the language named by ``text`` in any case; the default for ``None`` or blank; ``None`` if unknown."""
    if text is None or not text.strip():
        return DEFAULT_LANGUAGE
    try:
        return Language(text.strip().lower())
    except ValueError:
        return None
