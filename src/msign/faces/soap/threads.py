"""Where work runs that must not hold up other calls: the event loop only moves bytes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import close_old_connections

T = TypeVar("T")


class Threads:
    """Three places to work.

    ``parse``: one thread for all envelopes that come in pieces. libxml2's dictionary of names belongs to the thread
    that makes a parser and is not locked, so a parser must not move between threads that parse at the same time; one
    thread also shares the processor fairly, a piece of 256 KiB from each message in turn. ``call``: gate, service,
    store, and messages that are here as a whole, each parsed in the one thread that runs it. ``judge``: verification,
    slow, so that it cannot use up the others.
    """

    def __init__(self, *, calls: int, judges: int) -> None:
        self._parse = ThreadPoolExecutor(1, "soap-parse")
        self._call = ThreadPoolExecutor(calls, "soap-call")
        self._judge = ThreadPoolExecutor(judges, "soap-judge")

    async def parse(self, work: Callable[[], T]) -> T:
        """Run a piece of parsing."""
        return await _in(self._parse, work)

    def parse_later(self, work: Callable[[], object]) -> None:
        """Run after the pieces that are queued, without waiting for it; also from a task that is being cancelled."""
        self._parse.submit(work)

    async def call(self, work: Callable[[], T]) -> T:
        """Run a call of the rooms below, with sound database connections."""
        return await _in(self._call, lambda: _with_connections(work))

    async def judge(self, work: Callable[[], T]) -> T:
        """Run a verification."""
        return await _in(self._judge, lambda: _with_connections(work))

    def close(self) -> None:
        """Let everything that runs come to its end."""
        for pool in (self._parse, self._call, self._judge):
            pool.shutdown(wait=True)


async def _in(pool: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(pool, work)


def _with_connections(work: Callable[[], T]) -> T:
    close_old_connections()
    try:
        return work()
    finally:
        close_old_connections()
