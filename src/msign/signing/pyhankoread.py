"""Reading what pyHanko has parsed."""

from __future__ import annotations

from typing import Any


def followed(holder: Any, key: str, otherwise: Any = None) -> Any:
    """Return an entry of a dictionary, followed and decrypted: pyHanko's own ``get`` would do neither."""
    try:
        return holder[key]
    except KeyError:
        return otherwise
