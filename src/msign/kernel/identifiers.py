"""IDNP, IDNO and MSISDN: Moldovan identity, organisation and phone numbers (identifiers-and-pki, sections 1 and 2)."""

from __future__ import annotations

import enum
import re

_THIRTEEN_DIGITS = re.compile(r"[0-9]{13}")
_MOBILE = re.compile(r"373[67][0-9]{7}")
# How people part digits, and the invisible marks that come along when a number is copied out of a list of contacts.
_PARTING = re.compile(r"[\s\-.()/\u00ad\u200b-\u200f\u202a-\u202e\u2010-\u2015\u2060\u2066-\u2069\ufeff]")
_WEIGHTS = (7, 3, 1) * 4


class IdCheck(enum.StrEnum):
    """How strictly a 13-digit number is judged. Setting ``id.check``."""

    STRICT = "strict"
    CHECKSUM = "checksum"
    FORMAT = "format"


def check_digit(first_twelve: str) -> int:
    """Return the thirteenth digit for twelve given ones: weights 7, 3, 1 repeated, sum modulo 10.

    >>> check_digit("101060003420")
    3
    """
    return sum(int(digit) * weight for digit, weight in zip(first_twelve, _WEIGHTS, strict=True)) % 10


def is_idnp(text: str, check: IdCheck = IdCheck.STRICT) -> bool:
    """Tell whether ``text`` can be a person's number: begins with 2, or with 09 in older ones."""
    return _accepted(text, check, first=text.startswith(("2", "09")))


def is_idno(text: str, check: IdCheck = IdCheck.STRICT) -> bool:
    """Tell whether ``text`` can be an organisation's number: begins with 1."""
    return _accepted(text, check, first=text.startswith("1"))


def joined_digits(text: str) -> str:
    """Return ``text`` without spaces, dashes, dots, brackets and invisible marks; what is left is not judged here."""
    return _PARTING.sub("", text)


def normalise_msisdn(text: str) -> str | None:
    """Return a Moldovan mobile number as 11 digits with country code, from any usual spelling; else ``None``.

    >>> normalise_msisdn("+373 60 000 000")
    '37360000000'
    >>> normalise_msisdn("022000000") is None
    True
    """
    digits = joined_digits(text.strip().removeprefix("tel:"))
    digits = digits[1:] if digits.startswith("+") else digits.removeprefix("00")
    digits = f"373{digits[4:]}" if re.fullmatch(r"3730[67][0-9]{7}", digits) else digits  # +373 (0)60 000 000
    if re.fullmatch(r"0[0-9]{8}", digits):
        digits = digits[1:]
    if re.fullmatch(r"[0-9]{8}", digits):
        digits = f"373{digits}"
    return digits if _MOBILE.fullmatch(digits) else None


def _accepted(text: str, check: IdCheck, *, first: bool) -> bool:
    if not _THIRTEEN_DIGITS.fullmatch(text):
        return False
    match check:
        case IdCheck.FORMAT:
            return True
        case IdCheck.CHECKSUM:
            return check_digit(text[:12]) == int(text[12])
        case IdCheck.STRICT:
            return first and check_digit(text[:12]) == int(text[12])
