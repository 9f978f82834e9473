"""One call, from its first byte to its reply: which thread does what, and what is cleared away afterwards."""

from __future__ import annotations

import asyncio
from typing import assert_never

from msign.access.values import Caller
from msign.faces.soap import responses
from msign.faces.soap.body import Body
from msign.faces.soap.contract import Operation
from msign.faces.soap.envelope import Call, EnvelopeParser
from msign.faces.soap.operations import Operations
from msign.faces.soap.responses import Reply
from msign.faces.soap.scratch import Scratch
from msign.faces.soap.threads import Threads
from msign.faces.soap.verdicts import Item, Judged

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
            asked = await self._read(body, parser)
            return asked.operation, await self._run(caller, asked, parser, scratch)
        finally:
            self._threads.parse_later(scratch.clear)

    async def _run(self, caller: Caller, asked: Call, parser: EnvelopeParser, scratch: Scratch) -> Reply:
        operations, threads = self._operations, self._threads
        match asked.operation:
            case Operation.POST_SIGN_REQUEST:
                return await threads.call(lambda: operations.post_sign_request(caller, asked, parser))
            case Operation.GET_SIGN_RESPONSE:
                return await threads.call(lambda: operations.get_sign_response(caller, asked))
            case Operation.VERIFY_SIGNATURES:
                return await self._verify(asked, scratch)
            case _:
                assert_never(asked.operation)

    async def _verify(self, asked: Call, scratch: Scratch) -> Reply:
        """Judge a few items of a call at the same time, so that no call takes the whole pool for itself."""
        operations, threads = self._operations, self._threads
        wanted = await threads.call(lambda: operations.verification_order(asked))
        turn = asyncio.Semaphore(ITEMS_AT_ONCE)

        async def judged(item: Item) -> Judged:
            async with turn:
                return await threads.judge(lambda: operations.judge(item, wanted.language, scratch))

        found = await asyncio.gather(*map(judged, wanted.items), return_exceptions=True)
        return responses.verification([_or_raise(one) for one in found])

    async def _read(self, body: Body, parser: EnvelopeParser) -> Call:
        try:
            async for piece in body.pieces():
                await self._threads.parse(lambda piece=piece: parser.feed(piece))  # type: ignore[misc]
                if parser.unsettled:
                    await self._threads.call(parser.settle)
            return await self._threads.parse(parser.close)
        except BaseException:
            self._threads.parse_later(lambda: self._operations.discard(parser))
            raise


def _or_raise(found: Judged | BaseException) -> Judged:
    if isinstance(found, BaseException):
        raise found
    return found
