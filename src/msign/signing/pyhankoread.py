"""Reading what pyHanko has parsed."""

from __future__ import annotations

from typing import Any


def followed(holder: Any, key: str, otherwise: Any = None) -> Any:
    """Return an entry of a dictionary, followed and decrypted: pyHanko's own ``get`` would do neither."""
    try:
        return holder[key]
    except KeyError:
        return otherwise


def members(holder: Any, key: str) -> list[Any]:
    """Return the members of an array, followed and decrypted: going through it plainly would do neither."""
    found = followed(holder, key, ())
    return [found[index] for index in range(len(found))]
