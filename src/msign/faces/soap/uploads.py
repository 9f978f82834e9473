"""Decoded contents on their way from the envelope to their place: small ones in memory, large ones in a file."""

from __future__ import annotations

from collections.abc import Callable

from msign.faces.soap.base64stream import Base64Decoder, NotBase64
from msign.faces.soap.ports import ContentSink, StoredContent
from msign.kernel.errors import invalid
from msign.kernel.limits import KIB

IN_MEMORY = 64 * KIB  # a hash, a certificate, a XAdES; one hundred of them make no file and no open descriptor


class Upload:
    """One base64Binary member. Fed by the parser's thread; ``finish`` may run in another, after the last piece."""

    def __init__(self, member: str, create: Callable[[], ContentSink], limit: int) -> None:
        self.member = member
        self.size = 0
        self.ended = False
        self.stored: StoredContent | None = None
        self._create = create
        self._limit = limit
        self._decoder = Base64Decoder()
        self._memory: bytearray | None = bytearray()
        self._sink: ContentSink | None = None

    def text(self, text: str) -> None:
        """Take a piece of base64 text; raises ``MSignError`` (INVALID_PARAMETER) naming the member."""
        try:
            data = self._decoder.feed(text)
        except NotBase64 as error:
            raise invalid(self.member, f"not base64: {error}") from error
        self.size += len(data)
        if self.size > self._limit:
            raise invalid(self.member, f"at most {self._limit} bytes expected")
        if self._sink is not None:
            self._sink.write(data)
            return
        assert self._memory is not None
        self._memory += data
        if len(self._memory) > IN_MEMORY:
            self._open()

    def end(self) -> None:
        """Check that the base64 text is complete; the last bytes stay where they are until ``finish``."""
        try:
            self._decoder.close()
        except NotBase64 as error:
            raise invalid(self.member, f"not base64: {error}") from error
        self.ended = True

    @property
    def in_memory(self) -> bytes | None:
        """The content, while it is small and not yet in its place."""
        return None if self._memory is None else bytes(self._memory)

    @property
    def waiting(self) -> bool:
        """Whether it has ended in an open file that should be finished soon, for the sake of open descriptors."""
        return self.ended and self._sink is not None

    def finish(self) -> StoredContent:
        """Put the content in its place for good."""
        if self.stored is None:
            if self._sink is None:
                self._open()
            assert self._sink is not None
            self.stored, self._sink = self._sink.finish(), None
        return self.stored

    def abort(self) -> None:
        """Leave nothing behind, unless it was finished."""
        sink, self._sink, self._memory = self._sink, None, None
        if sink is not None:
            sink.abort()

    def _open(self) -> None:
        assert self._memory is not None
        self._sink = self._create()
        self._sink.write(bytes(self._memory))
        self._memory = None
