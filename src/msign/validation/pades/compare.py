"""When are two PDF values the same? Rewriting an object without changing it is no modification."""

from __future__ import annotations

from collections.abc import Hashable

from msign.pdf.reader import PdfFile
from msign.pdf.values import Ref, Stream

_STORAGE_KEYS = frozenset({"Length"})


def same(pdf: PdfFile, old: object, new: object) -> bool:
    """Tell whether two values are equal: types, numbers by value, streams by dictionary and stored bytes.

    References are equal if they name the same object; what they lead to is somebody else's question.
    """
    if isinstance(old, Stream) or isinstance(new, Stream):
        return isinstance(old, Stream) and isinstance(new, Stream) and _same_stream(pdf, old, new)
    number = isinstance(old, int | float) and isinstance(new, int | float)
    if type(old) is not type(new) and (not number or isinstance(old, bool) or isinstance(new, bool)):
        return False
    if isinstance(old, dict) and isinstance(new, dict):
        return old.keys() == new.keys() and all(same(pdf, value, new[key]) for key, value in old.items())
    if isinstance(old, list) and isinstance(new, list):
        if {Ref} == set(map(type, old)) == set(map(type, new)):
            return old == new
        return len(old) == len(new) and all(same(pdf, a, b) for a, b in zip(old, new, strict=True))
    return old == new


def _same_stream(pdf: PdfFile, old: Stream, new: Stream) -> bool:
    if old.start == new.start:
        return True
    left = {key: value for key, value in old.entries.items() if key not in _STORAGE_KEYS}
    right = {key: value for key, value in new.entries.items() if key not in _STORAGE_KEYS}
    if not same(pdf, left, right):
        return False
    one, two = pdf.raw_stream(old), pdf.raw_stream(new)
    if one[1] - one[0] != two[1] - two[0]:
        return False
    return all(a == b for a, b in zip(pdf.chunks(*one), pdf.chunks(*two), strict=True))


def token(value: object) -> Hashable:
    """Return something hashable that is equal for values that are the :func:`same`; not for streams."""
    if isinstance(value, dict):
        return "dictionary", frozenset((key, token(item)) for key, item in value.items())
    if isinstance(value, list):
        return "array", tuple(map(token, value))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "number", value
    return type(value).__name__, value


def changed_keys(pdf: PdfFile, old: dict[str, object], new: dict[str, object]) -> list[str]:
    """Return the keys whose values differ, absence counting as null."""
    return [key for key in dict.fromkeys((*old, *new)) if not same(pdf, old.get(key), new.get(key))]
