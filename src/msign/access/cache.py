"""What the gate remembers between calls: never longer than its age allows, never past a change in the database."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

V = TypeVar("V")

MAX_ENTRIES = 4096  # a scan with invented serial numbers cannot fill the memory


@dataclass(frozen=True, slots=True)
class _Entry(Generic[V]):
    value: V
    loaded: float
    generation: int


class AgeingCache(Generic[V]):
    """Values younger than ``max_age`` seconds, of the present generation. Safe in threads.

    The generation is read again once it was seen more than ``recheck`` seconds ago; so a change takes effect within
    ``recheck`` seconds, and within ``max_age`` even if nobody counted it.
    """

    def __init__(
        self, *, generation: Callable[[], int], monotonic: Callable[[], float], max_age: float, recheck: float = 0.25
    ) -> None:
        self._read_generation = generation
        self._monotonic = monotonic
        self._max_age = max_age
        self._recheck = min(recheck, max_age)
        self._lock = threading.Lock()
        self._entries: OrderedDict[Hashable, _Entry[V]] = OrderedDict()
        self._seen: tuple[int, float] | None = None

    def get(self, key: Hashable, load: Callable[[], V]) -> V:
        """Return the remembered value, or load and remember it."""
        now = self._monotonic()
        generation = self._generation(now)
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None and entry.generation == generation and now - entry.loaded <= self._max_age:
                self._entries.move_to_end(key)
                return entry.value
        value = load()  # read after the generation: a change in between makes the entry look old, never new
        with self._lock:
            self._entries[key] = _Entry(value, now, generation)
            self._entries.move_to_end(key)
            while len(self._entries) > MAX_ENTRIES:
                self._entries.popitem(last=False)
        return value

    def generation(self) -> int:
        """Return the generation that values are of now."""
        return self._generation(self._monotonic())

    def outdated(self) -> bool:
        """Read the generation now, and tell whether it is another than the one that was seen last."""
        now = self._monotonic()
        number = self._read_generation()
        with self._lock:
            seen, self._seen = self._seen, (number, now)
        return seen is None or seen[0] != number

    def _generation(self, now: float) -> int:
        with self._lock:
            seen = self._seen
        if seen is not None and now - seen[1] <= self._recheck:
            return seen[0]
        number = self._read_generation()
        with self._lock:
            self._seen = (number, now)
        return number
