"""How dates, sizes and identifiers are written: local habits, Chișinău time, nothing broken in the middle."""

from __future__ import annotations

import datetime as dt

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

from msign.kernel.clock import state_time
from msign.kernel.languages import Language

_UNITS = {
    Language.RO: ("octeți", "KB", "MB", "GB"),
    Language.RU: ("байт", "КБ", "МБ", "ГБ"),
    Language.EN: ("bytes", "kB", "MB", "GB"),
}


def moment(value: dt.datetime, language: Language) -> str:
    """Return "12 octombrie 2026, 14:05", Chișinău time.

    >>> moment(dt.datetime(2026, 10, 12, 11, 5, tzinfo=dt.UTC), Language.RO)
    '12 octombrie 2026, 14:05'
    """
    return str(format_datetime(state_time(value), "d MMMM y, HH:mm", locale=str(language)))


def day(value: dt.datetime | dt.date, language: Language) -> str:
    """Return "12 octombrie 2026"."""
    date = state_time(value).date() if isinstance(value, dt.datetime) else value
    return str(format_date(date, "d MMMM y", locale=str(language)))


def short_day(value: dt.datetime | dt.date) -> str:
    """Return "12.10.2026", for tables."""
    date = state_time(value).date() if isinstance(value, dt.datetime) else value
    return f"{date:%d.%m.%Y}"


def size(count: int, language: Language) -> str:
    """Return a file size in decimal units with the language's decimal mark.

    >>> size(1_234_567, Language.RO).replace(chr(160), " ")
    '1,2 MB'
    """
    plain, kilo, mega, giga = _UNITS[language]
    if count < 1000:
        number, unit = str(count), plain
    elif count < 999_500:
        number, unit = str(format_decimal(max(1, round(count / 1000)), locale=str(language))), kilo
    else:
        unit, whole = (mega, 1_000_000) if count < 999_500_000 else (giga, 1_000_000_000)
        number = str(format_decimal(count / whole, "0.#", locale=str(language)))
    return f"{number}\u00a0{unit}"


def in_fours(value: bytes) -> list[str]:
    """Return the hexadecimal digits in groups of four."""
    digits = value.hex()
    return [digits[at : at + 4] for at in range(0, len(digits), 4)]


def phone(msisdn: str) -> str:
    """Return "+373 60 000 000".

    >>> phone("37360000000").replace(chr(160), " ")
    '+373 60 000 000'
    """
    return f"+{msisdn[:3]}\u00a0{msisdn[3:5]}\u00a0{msisdn[5:8]}\u00a0{msisdn[8:]}"


def masked(identifier: str) -> str:
    """Return a personal number with only its last four digits readable.

    >>> masked("2000000000004")
    '•••••••••0004'
    """
    return "•" * max(0, len(identifier) - 4) + identifier[-4:]
