"""A store of what was read already, bounded by what it takes in the file; the longest unused goes first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")
_OVERHEAD = 32  # of each value, however small


class Kept(Generic[Key, Value]):
    """Values by key. ``octets`` counts what they take in the file; in memory it is some twenty times that.

    The value kept last stays, however large: what was asked for is asked for again soon.
    """

    def __init__(self, octets: int) -> None:
        self._octets = octets
        self._kept: OrderedDict[Key, tuple[Value, int]] = OrderedDict()
        self._taken = 0

    def get(self, key: Key) -> tuple[Value, int] | None:
        """Return a value with the octets that were said of it; ``None`` if it is not kept."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def put(self, key: Key, value: Value, octets: int) -> None:
        """Keep a value that takes so many octets in the file."""
        if key in self._kept:
            self._taken -= self._kept.pop(key)[1] + _OVERHEAD
        self._taken += octets + _OVERHEAD
        self._kept[key] = value, octets
        while self._taken > self._octets and len(self._kept) > 1:
            self._taken -= self._kept.popitem(last=False)[1][1] + _OVERHEAD

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
        self._taken = 0
