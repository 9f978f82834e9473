"""One call, from its first byte to its reply: which thread does what, and what is cleared away afterwards."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from pathlib import Path

from msign.access.values import Caller
from msign.faces.soap import responses
from msign.faces.soap.body import Body
from msign.faces.soap.contract import Operation
from msign.faces.soap.envelope import Call, EnvelopeParser
from msign.faces.soap.operations import Operations
from msign.faces.soap.responses import Reply
from msign.faces.soap.scratch import Scratch
from msign.faces.soap.threads import OwnThread, Threads
from msign.faces.soap.turns import LARGE, UploadTurns
from msign.faces.soap.verdicts import Item, Judged, Order

ITEMS_AT_ONCE = 2


class Conversation:
    """Runs calls of proven callers."""

    def __init__(
        self, operations: Operations, threads: Threads, scratch: Path | None = None, turns: UploadTurns | None = None
    ) -> None:
        self._operations = operations
        self._scratch = scratch
        self._threads = threads
        self._turns = turns

    async def answer(self, caller: Caller, action: Operation | None, body: Body) -> tuple[Operation, Reply]:
        """Read the call, run it, return its reply; leave nothing behind when it fails."""
        scratch = Scratch(self._scratch)
        parser = self._operations.parser(scratch, action)
        try:
            with ExitStack() as turn:
                asked = await self._read(caller, body, parser, turn)
            found = await self._threads.call(lambda: self._operations.run(caller, asked, parser))
            reply = found if isinstance(found, Reply) else await self._judged(found, scratch)
        finally:
            if scratch.used:
                self._threads.call_later(lambda: self._operations.clear(parser, scratch))
        return asked.operation, reply

    async def _read(self, caller: Caller, body: Body, parser: EnvelopeParser, turn: ExitStack) -> Call:
        thread, size, counted = OwnThread(), 0, False
        try:
            async for piece in body.pieces():
                size += len(piece)
                if size > LARGE and not counted:
                    await self._take_turn(caller, turn)
                    counted = True
                if body.complete:
                    asked = await thread.run(lambda piece=piece: _last(parser, piece))  # type: ignore[misc]
                    thread.end()
                    return asked
                await thread.run(lambda piece=piece: parser.feed(piece))  # type: ignore[misc]
                if parser.unsettled:
                    await self._threads.call(parser.settle)
            raise AssertionError("a body ends with a last piece")
        except BaseException:
            thread.end(lambda: self._operations.discard(parser))
            raise

    async def _take_turn(self, caller: Caller, turn: ExitStack) -> None:
        """Count a large message until it has arrived; raise the fault when the system has too many on their way."""
        turns = self._turns
        if turns is None:
            return
        over = turns.over(caller)
        if over is not None:
            raise await self._threads.call(lambda: turns.refuse(caller, over))
        turn.enter_context(turns.taken(caller))

    async def _judged(self, order: Order, scratch: Scratch) -> Reply:
        """Judge a few items of a call at the same time, so that no call takes the whole pool for itself."""
        turn = asyncio.Semaphore(ITEMS_AT_ONCE)

        async def judged(item: Item) -> Judged:
            async with turn:
                return await self._threads.judge(lambda: self._operations.judge(item, order.language, scratch))

        found = await asyncio.gather(*map(judged, order.items), return_exceptions=True)
        return responses.verification([_or_raise(one) for one in found])


def _last(parser: EnvelopeParser, piece: bytes) -> Call:
    parser.feed(piece)
    return parser.close()


def _or_raise(found: Judged | BaseException) -> Judged:
    if isinstance(found, BaseException):
        raise found
    return found
