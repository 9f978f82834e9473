"""How many large messages one system may send at the same time: a bound in this process, so that nobody takes it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from msign.access.values import Caller
from msign.kernel.errors import MSignError
from msign.kernel.limits import MIB

LARGE = MIB  # bytes; below it a message is too short-lived to count


class UploadTurns:
    """Counts on the event loop: no locks. ``refuse`` runs in a thread and returns the fault, its event recorded."""

    def __init__(self, *, allowed: Callable[[Caller], int], refuse: Callable[[Caller, int], MSignError]) -> None:
        self._allowed = allowed
        self.refuse = refuse
        self._open: Counter[str] = Counter()

    def over(self, caller: Caller) -> int | None:
        """Return how many the caller may send when it sends that many already, else ``None``."""
        allowed = self._allowed(caller)
        return allowed if self._open[caller.system_id] >= allowed else None

    @contextmanager
    def taken(self, caller: Caller) -> Iterator[None]:
        """Hold a turn."""
        self._open[caller.system_id] += 1
        try:
            yield
        finally:
            self._open[caller.system_id] -= 1
            if not self._open[caller.system_id]:
                del self._open[caller.system_id]
