"""The loop that does the work: claims what is due, runs it in a few threads, renews leases, stops gracefully."""

from __future__ import annotations

import datetime as dt
import functools
import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from django.db import DatabaseError, connections

from msign.jobs import leases
from msign.jobs.leases import Lease
from msign.jobs.values import GivenUp, Handler, Outcome
from msign.jobs.watch import database_changes
from msign.kernel.clock import Clock, monotonic
from msign.kernel.errors import MSignError

T = TypeVar("T")
log = logging.getLogger(__name__)

FIRST_RETRY = 1.0  # seconds; doubles with every attempt …
LONGEST_RETRY = 600.0  # … up to this


def backoff(attempts: int) -> dt.timedelta:
    """Return how long to wait after the ``attempts``-th failure in a row."""
    return dt.timedelta(seconds=min(FIRST_RETRY * 2 ** min(attempts - 1, 20), LONGEST_RETRY))


@dataclass(slots=True, kw_only=True)
class Worker:
    """Works the job table with these handlers. Several workers, in several processes, may run side by side.

    ``run`` blocks until ``stop`` is called; what is being done then is finished first. A handler that raises is
    tried again later, ever more slowly; ``MSignError`` with ``retry=False`` is permanent and keeps the row for the
    operator. ``run_due`` does everything that is due once, in the calling thread.
    """

    handlers: Mapping[str, Handler]
    clock: Clock
    threads: int = 4
    lease_seconds: float = 20.0  # so long a killed worker's jobs rest; renewed at a third of it
    idle_seconds: float = 0.25  # how soon work that has become due is noticed …
    glance_seconds: float = 0.02  # … and work that another process enqueues, where the database tells of changes
    changes: Callable[[], object] = database_changes
    _stopping: bool = False
    _wake: threading.Event = field(default_factory=threading.Event)
    _finished: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _running: dict[str, Lease] = field(default_factory=dict)

    def run(self) -> None:
        """Work until ``stop``."""
        heart = threading.Thread(target=self._keep_leases, name="leases", daemon=True)
        heart.start()
        with ThreadPoolExecutor(self.threads, thread_name_prefix="worker") as pool:
            while not self._stopping:
                self._wake.clear()
                before = _guarded(self.changes)
                if not self._hand_out(pool):
                    self._rest(before)
        self._finished.set()
        heart.join()
        connections.close_all()

    def stop(self) -> None:
        """Take no more work; ``run`` returns when what is being done is finished. Safe in a signal handler.

        Only a flag is set: waking an event from a handler could wait for a lock that the interrupted code holds.
        """
        self._stopping = True

    def run_due(self) -> int:
        """Do what is due now, one after the other, and return how many jobs that were."""
        count = 0
        while claimed := self._claim(1):
            self._do(claimed[0])
            count += 1
        return count

    def _rest(self, before: object) -> None:
        """Wait until a thread is free, the database has changed since ``before``, or it is time to look anyway."""
        until = monotonic() + self.idle_seconds
        while not self._stopping and monotonic() < until:
            if self._wake.wait(min(self.glance_seconds, self.idle_seconds)) or _guarded(self.changes) != before:
                return

    def _hand_out(self, pool: ThreadPoolExecutor) -> bool:
        with self._lock:
            free = self.threads - len(self._running)
        claimed = _guarded(lambda: self._claim(free)) or []
        for lease in claimed:
            with self._lock:
                self._running[lease.token] = lease
            pool.submit(self._in_thread, lease)
        return bool(claimed)

    def _claim(self, limit: int) -> list[Lease]:
        return leases.claim(self.handlers.keys(), self.clock.now(), self._lease, limit)

    def _in_thread(self, lease: Lease) -> None:
        try:
            _guarded(lambda: self._do(lease))
        finally:
            with self._lock:
                self._running.pop(lease.token, None)
            connections.close_all()
            self._wake.set()

    def _do(self, lease: Lease) -> None:
        try:
            outcome = self.handlers[lease.task.kind](lease.task)
        except MSignError as error:
            self._failed(lease, error, permanent=not error.retry)
        except Exception as error:
            log.exception("job %s %s failed", lease.task.kind, _shown(lease.task.key))
            self._failed(lease, error, permanent=False)
        else:
            self._settle(lease, outcome)

    def _settle(self, lease: Lease, outcome: Outcome) -> None:
        if not leases.settle(lease, outcome, self.clock.now()):
            log.warning("job %s %s: the lease was lost meanwhile", lease.task.kind, _shown(lease.task.key))

    def _failed(self, lease: Lease, error: Exception, *, permanent: bool) -> None:
        text = f"{type(error).__name__}: {error}"
        if permanent:
            self._settle(lease, GivenUp(text))
        else:
            leases.postpone(lease, text, self.clock.now() + backoff(lease.task.attempts))

    def _keep_leases(self) -> None:
        while not self._finished.wait(self.lease_seconds / 3):
            with self._lock:
                running = list(self._running.values())
            _guarded(functools.partial(leases.renew, running, self.clock.now() + self._lease))
        connections.close_all()

    @property
    def _lease(self) -> dt.timedelta:
        return dt.timedelta(seconds=self.lease_seconds)


def _shown(key: str) -> str:
    """The key of a session's job is that of its sign page, and opens it: the log holds enough to find the row only."""
    return f"{key[:8]}…" if len(key) > 8 else key


def _guarded(action: Callable[[], T]) -> T | None:
    """Survive a database that is away for a moment: the lease rows say what to do when it is back."""
    try:
        return action()
    except DatabaseError:
        log.exception("the database did not answer; trying again")
        connections.close_all()
        return None
