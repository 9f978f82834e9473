"""One call, from its first byte to its reply: which thread does what, and what is cleared away afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from msign.access.values import Caller
from msign.faces.soap import responses
from msign.faces.soap.body import Body
from msign.faces.soap.contract import Operation
from msign.faces.soap.envelope import Call, EnvelopeParser
from msign.faces.soap.operations import Operations
from msign.faces.soap.responses import Reply
from msign.faces.soap.scratch import Scratch
from msign.faces.soap.threads import Threads
from msign.faces.soap.verdicts import Item, Judged, Order

ITEMS_AT_ONCE = 2


class Conversation:
    """Runs calls of proven callers."""

    def __init__(self, operations: Operations, threads: Threads) -> None:
        self._operations = operations
        self._threads = threads

    async def answer(self, caller: Caller, action: Operation | None, body: Body) -> tuple[Operation, Reply]:
        """Read the call, run it, return its reply; leave nothing behind when it fails."""
        scratch = Scratch()
        parser = self._operations.parser(scratch, action)
        try:
            found = await self._read_and_run(caller, body, parser)
            reply = found if isinstance(found, Reply) else await self._judged(found, scratch)
        finally:
            if scratch.used:
                self._threads.parse_later(lambda: self._operations.clear(parser, scratch))
        assert parser.operation is not None
        return parser.operation, reply

    async def _read_and_run(self, caller: Caller, body: Body, parser: EnvelopeParser) -> Reply | Order:
        """A message that is here as a whole is parsed and run in one go: changes of thread cost more than it does."""
        operations, threads = self._operations, self._threads
        pieces = body.pieces()
        first = await anext(pieces)
        if body.complete:
            return await threads.call(lambda: operations.run(caller, operations.parse(parser, first), parser))
        asked = await self._stream(first, pieces, parser)
        return await threads.call(lambda: operations.run(caller, asked, parser))

    async def _stream(self, first: bytes, rest: AsyncIterator[bytes], parser: EnvelopeParser) -> Call:
        try:
            await self._feed(first, parser)
            async for piece in rest:
                await self._feed(piece, parser)
            return await self._threads.parse(parser.close)
        except BaseException:
            self._threads.parse_later(lambda: self._operations.discard(parser))
            raise

    async def _feed(self, piece: bytes, parser: EnvelopeParser) -> None:
        await self._threads.parse(lambda: parser.feed(piece))
        if parser.unsettled:
            await self._threads.call(parser.settle)

    async def _judged(self, order: Order, scratch: Scratch) -> Reply:
        """Judge a few items of a call at the same time, so that no call takes the whole pool for itself."""
        turn = asyncio.Semaphore(ITEMS_AT_ONCE)

        async def judged(item: Item) -> Judged:
            async with turn:
                return await self._threads.judge(lambda: self._operations.judge(item, order.language, scratch))

        found = await asyncio.gather(*map(judged, order.items), return_exceptions=True)
        return responses.verification([_or_raise(one) for one in found])


def _or_raise(found: Judged | BaseException) -> Judged:
    if isinstance(found, BaseException):
        raise found
    return found
