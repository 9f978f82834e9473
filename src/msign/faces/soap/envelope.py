"""Reads an envelope as it arrives. Memory does not grow with its length (stack measurements 2 and 3).

lxml's target parser keeps libxml2's own bounds (no ``huge_tree``); depth, elements, attributes, long tags and the sum
of all markup are counted here. A document type declaration ends the reading at once, so no entity is ever declared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

from lxml import etree

from msign.faces.soap.contract import INSTANCE, Operation
from msign.faces.soap.frame import Frame, Start, Value, broken, split
from msign.faces.soap.frames import Document
from msign.faces.soap.ports import ContentSink
from msign.faces.soap.uploads import Upload
from msign.kernel.limits import KIB, MIB

MAX_DEPTH = 32  # the deepest member of the contract stands at 7
MAX_ELEMENTS = 20_000  # 100 contents have about 600; the rest is for headers and unknown members
MAX_ATTRIBUTES = 32
MAX_CONSTRUCT = 64 * KIB  # libxml2 itself allows 10 MB: half a million namespace declarations in one tag
MAX_MARKUP = 4 * MIB  # all that is not text; one hundred contents have 20 KiB, line ends of wrapped base64 2 MiB
SLICE = 64 * KIB  # what libxml2 sees at once; it refuses to look further ahead than 10 MB
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_NIL = f"{{{INSTANCE}}}nil"
_TRUE = frozenset({"true", "1"})


@dataclass(frozen=True, slots=True)
class Call:
    """What an envelope asks for, members still as text and uploads."""

    operation: Operation
    arguments: Mapping[str, Value]


class EnvelopeParser:
    """Fed with bytes; ``close`` returns the call. Every error is an ``MSignError``; after one, call ``abort``.

    ``action`` is the operation that the SOAPAction header names, if it names one; a body that says another is refused.
    """

    def __init__(
        self,
        *,
        create: Callable[[], ContentSink],
        max_content_bytes: int,
        max_items: int,
        action: Operation | None = None,
    ) -> None:
        self.operation = action
        self.max_items = max_items
        self._create = create
        self._max_content_bytes = max_content_bytes
        self._uploads: list[Upload] = []
        self._document = Document()
        self._target = _Target(self, self._document)
        self._fed = 0
        self._silent = 0  # bytes since the parser last reported anything: it is waiting for the end of something long
        self._width = 1  # bytes of a character of base64 text
        self._parser: etree.XMLParser | None = etree.XMLParser(
            target=cast("etree.ParserTarget", self._target),
            resolve_entities=False,
            no_network=True,
            huge_tree=False,
        )

    def feed(self, data: bytes) -> None:
        """Take the next piece, of any size; libxml2 sees at most ``SLICE`` of it at once."""
        for start in range(0, len(data), SLICE):
            self._feed(data[start : start + SLICE])

    def _feed(self, piece: bytes) -> None:
        events = self._target.events
        assert self._parser is not None
        try:
            self._parser.feed(piece)
        except etree.XMLSyntaxError as error:
            raise broken(f"not well-formed XML: {str(error.msg)[:200]}") from error
        if not self._fed and piece[:2] in _UTF16:
            self._width = 2
        self._fed += len(piece)
        self._silent = self._silent + len(piece) if self._target.events == events else 0
        if self._silent > MAX_CONSTRUCT:
            raise broken(f"a tag or comment longer than {MAX_CONSTRUCT} bytes")
        if self._fed - self._target.text_length * self._width > MAX_MARKUP:
            raise broken(f"more than {MAX_MARKUP} bytes of markup")

    def close(self) -> Call:
        """Return the call, once all has been fed."""
        parser, self._parser = self._parser, None
        assert parser is not None
        try:
            parser.close()
        except etree.XMLSyntaxError as error:
            raise broken(f"not well-formed XML: {str(error.msg)[:200]}") from error
        envelope = self._document.envelope
        body = envelope.body if envelope else None
        if body is None:
            raise broken("Envelope: no Body")
        if self.operation is None or not isinstance(body.arguments, dict):
            raise broken("Body: no operation")
        return Call(self.operation, body.arguments)

    @property
    def unsettled(self) -> bool:
        """Whether ``settle`` has something to do."""
        return any(upload.waiting for upload in self._uploads)

    def settle(self) -> None:
        """Finish the files of members that have ended; may run in another thread, between two ``feed`` calls."""
        for upload in self._uploads:
            if upload.waiting:
                upload.finish()

    def abort(self) -> None:
        """Drop whatever was not finished; nothing can be fed any more."""
        self._parser = None
        for upload in self._uploads:
            upload.abort()

    @property
    def uploads(self) -> tuple[Upload, ...]:
        """All base64Binary members so far."""
        return tuple(self._uploads)

    # -- what frames ask --------------------------------------------------------------------------------------------

    def upload(self, member: str) -> Upload:
        """Open the upload of a base64Binary member."""
        upload = Upload(member, self._create, self._max_content_bytes)
        self._uploads.append(upload)
        return upload

    def resolve(self, element: str) -> Operation:
        """Return the operation of the body element, which must not differ from the SOAPAction's."""
        try:
            operation = Operation(element)
        except ValueError as error:
            raise broken(f"Body: no operation is called {element[:80]}") from error
        if self.operation not in (None, operation):
            raise broken(f"Body: {self.operation} expected after the SOAPAction, {operation} found")
        self.operation = operation
        return operation


class _Target:
    """Receives lxml's events and keeps the stack of frames."""

    def __init__(self, reading: EnvelopeParser, document: Document) -> None:
        self._reading = reading
        self._stack: list[Frame] = [document]
        self._elements = 0
        self.events = 0
        self.text_length = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self.events += 1
        self._elements += 1
        if self._elements > MAX_ELEMENTS:
            raise broken(f"more than {MAX_ELEMENTS} elements")
        if len(self._stack) > MAX_DEPTH:
            raise broken(f"elements nested deeper than {MAX_DEPTH}")
        if len(attributes) > MAX_ATTRIBUTES:
            raise broken(f"more than {MAX_ATTRIBUTES} attributes on one element")
        nil = attributes.get(_NIL, "").strip() in _TRUE
        namespace, name = split(tag)
        self._stack.append(self._stack[-1].child(Start(self._reading, namespace, name, nil)))

    def end(self, tag: str) -> None:
        self.events += 1
        frame = self._stack.pop()
        self._stack[-1].accept(split(tag)[1], frame.end())

    def data(self, text: str) -> None:
        self.events += 1
        self.text_length += len(text)
        self._stack[-1].text(text)

    def doctype(self, *_: object) -> None:
        raise broken("a document type declaration is not allowed")

    def close(self) -> None:
        pass
