"""Where work runs that must not hold up other calls: the event loop only moves bytes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import close_old_connections, connections

T = TypeVar("T")


class OwnThread:
    """A thread that reads XML of one message, and ends with it.

    lxml keeps a dictionary of every name that it ever saw for each thread, until the thread ends: one thread for many
    messages would let senders fill it, some 100 MB, after which it reads nothing new. The dictionary is also not
    locked, so a parser must stay in one thread.
    """

    def __init__(self, name: str = "soap-parse") -> None:
        self._pool = ThreadPoolExecutor(1, name)

    async def run(self, work: Callable[[], T]) -> T:
        """Run a piece of parsing."""
        return await _in(self._pool, work)

    def end(self, last: Callable[[], object] | None = None) -> None:
        """Let it end after what is queued and ``last``, without waiting; also from a task that is being cancelled."""
        if last is not None:
            self._pool.submit(last)
        self._pool.shutdown(wait=False)


class Threads:
    """``call``: gate, service, store; ``judge``: verification, slow, a few at a time, each in a thread of its own."""

    def __init__(self, *, calls: int, judges: int) -> None:
        self._call = ThreadPoolExecutor(calls, "soap-call")
        self._judges = asyncio.Semaphore(judges)

    async def call(self, work: Callable[[], T]) -> T:
        """Run a call of the rooms below, with sound database connections."""
        return await _in(self._call, lambda: _with_connections(work))

    def call_later(self, work: Callable[[], object]) -> None:
        """Run without waiting for it."""
        self._call.submit(work)

    async def judge(self, work: Callable[[], T]) -> T:
        """Run a verification: it reads XML of strangers, as a parsing thread does."""
        async with self._judges:
            thread = OwnThread("soap-judge")
            try:
                return await thread.run(work)
            finally:
                thread.end(connections.close_all)

    def close(self) -> None:
        """Let everything that runs come to its end."""
        self._call.shutdown(wait=True)


async def _in(pool: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(pool, work)


def _with_connections(work: Callable[[], T]) -> T:
    close_old_connections()
    try:
        return work()
    finally:
        close_old_connections()
