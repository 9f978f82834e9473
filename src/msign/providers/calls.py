"""Calls to one provider, in threads of their own: a slow or dead provider never holds a worker that others need.

A synchronous call stays open for minutes, until the person has acted; a broken provider may hang in every call. The
caller waits a moment for a new call and only looks at one that is under way; and no more than a few callers wait at a
time, so that a provider that hangs under load holds a few workers for a moment and never all of them. The number of
open calls per provider is bounded; what does not fit is tried again later.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from msign.kernel.clock import monotonic
from msign.kernel.errors import Code, MSignError

T = TypeVar("T")
_LOG = logging.getLogger(__name__)

_KEEP_SECONDS = 600.0  # an answer that nobody came for; the provider gives it again


@dataclass(slots=True)
class _Call(Generic[T]):
    done: threading.Event = field(default_factory=threading.Event)
    value: T | None = None
    error: MSignError | None = None
    finished_at: float = 0.0


class OpenCalls(Generic[T]):
    """At most ``limit`` calls at a time, at most one for each key; at most ``waiters`` callers stay for an answer."""

    def __init__(self, *, limit: int, waiters: int = 3) -> None:
        self._waiters = threading.BoundedSemaphore(waiters)
        self._slots = threading.BoundedSemaphore(limit)
        self._calls: dict[str, _Call[T]] = {}
        self._lock = threading.Lock()

    def run(self, key: str, work: Callable[[], T], *, patience: float) -> T | None:
        """Return what ``work`` returns, or ``None`` if it is not done yet.

        A call under way for ``key`` is joined and not begun again. ``patience`` is how many seconds a new call is
        waited for. Raises the ``MSignError`` that the work raised.
        """
        call, new = self._call(key)
        if call is None:
            return None
        if new:
            self._begin(key, call, work)
        if not self._wait(call, patience if new else 0):
            return None
        self.forget(key)
        if call.error is not None:
            raise call.error
        return call.value

    def _wait(self, call: _Call[T], patience: float) -> bool:
        if not patience or not self._waiters.acquire(blocking=False):
            return call.done.is_set()
        try:
            return call.done.wait(patience)
        finally:
            self._waiters.release()

    def forget(self, key: str) -> None:
        """Let a call go; its answer is of no interest any more."""
        with self._lock:
            self._calls.pop(key, None)

    def _call(self, key: str) -> tuple[_Call[T] | None, bool]:
        with self._lock:
            self._sweep()
            known = self._calls.get(key)
            if known is not None:
                return known, False
            if not self._slots.acquire(blocking=False):
                return None, False
            made: _Call[T] = _Call()
            self._calls[key] = made
            return made, True

    def _begin(self, key: str, call: _Call[T], work: Callable[[], T]) -> None:
        # Daemons: a process that stops does not wait for a provider. The call is repeated by the next one.
        threading.Thread(target=self._work, args=(call, work), name=f"provider-call-{key}", daemon=True).start()

    def _work(self, call: _Call[T], work: Callable[[], T]) -> None:
        try:
            call.value = work()
        except MSignError as error:
            call.error = error
        except OSError as error:  # the workspace is gone: the session ended meanwhile
            call.error = MSignError(Code.UNAVAILABLE, f"the answer could not be kept: {error.strerror}", retry=True)
        except Exception as error:  # noqa: BLE001  whoever waits must hear of it
            call.error = MSignError(Code.INTERNAL, f"the call ended with {type(error).__name__}")
            _LOG.exception("call to a provider")
        finally:
            call.finished_at = monotonic()
            self._slots.release()
            call.done.set()

    def _sweep(self) -> None:
        now = monotonic()
        for key, call in list(self._calls.items()):
            if call.done.is_set() and now - call.finished_at > _KEEP_SECONDS:
                del self._calls[key]
