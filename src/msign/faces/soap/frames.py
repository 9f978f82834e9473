"""What may stand where in an envelope: one frame for each open element, made from the contract table.

Lenient where the contract is (any prefix, any member order, unknown members skipped, absent equals nil), strict where
a message could mean two things: a member twice, a member in the wrong namespace, text beside elements.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, assert_never

from msign.faces.soap.contract import (
    BY_NAME,
    ENVELOPE,
    NAMESPACE,
    PARAMETERS,
    Array,
    Complex,
    Enumeration,
    Member,
    Operation,
    Simple,
)
from msign.faces.soap.uploads import Upload
from msign.kernel.errors import Code, MSignError, invalid

Value = str | Upload | dict[str, "Value"] | list["Value"] | None
MAX_TEXT = 16 * 1024  # characters of one text member; the longest that the contract allows has 512


class VersionMismatchError(MSignError):
    """An envelope of another SOAP version (SOAP 1.1, section 4.4.1: its own fault code)."""


@dataclass(frozen=True, slots=True)
class Start:
    """The start of an element, and the reading that it belongs to."""

    reading: Reading
    namespace: str
    name: str
    nil: bool

    @property
    def shown(self) -> str:
        """Its name, short enough for a fault text."""
        return self.name[:80]


class Reading(Protocol):
    """What frames need of the reading as a whole."""

    max_items: int

    def upload(self, member: str) -> Upload: ...
    def resolve(self, element: str) -> Operation: ...


def broken(message: str) -> MSignError:
    """Return the error of a message that breaks XML, SOAP or the schema."""
    return MSignError(Code.BAD_MESSAGE, message)


def split(tag: str) -> tuple[str, str]:
    """Return namespace and local name of an lxml tag."""
    namespace, brace, name = tag.rpartition("}")
    return (namespace[1:], name) if brace else ("", name)


class Frame:
    """An open element that allows nothing but white space."""

    def __init__(self, path: str = "") -> None:
        self.path = path

    def child(self, start: Start) -> Frame:
        """Return the frame of a child element; raises when it may not stand here."""
        raise broken(f"{self.path or 'the message'}: no element expected inside, {start.shown} found")

    def text(self, text: str) -> None:
        """Take a piece of text."""
        if not text.isspace():
            raise broken(f"{self.path or 'the message'}: text where none is expected")

    def end(self) -> Value:
        """Return what the element held."""
        return None

    def accept(self, name: str, value: Value) -> None:
        """Take the value of a child that ended."""


class Skipped(Frame):
    """Headers and unknown members: read over, nothing kept."""

    def child(self, start: Start) -> Frame:  # noqa: ARG002
        return self

    def text(self, text: str) -> None:
        pass


class Text(Frame):
    """A member of a simple type, still as text."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self._parts: list[str] = []
        self._length = 0

    def text(self, text: str) -> None:
        self._length += len(text)
        if self._length > MAX_TEXT:
            raise invalid(self.path, "the text is too long")
        self._parts.append(text)

    def end(self) -> Value:
        return "".join(self._parts)


class Binary(Frame):
    """A base64Binary member, decoded as it arrives."""

    def __init__(self, path: str, upload: Upload) -> None:
        super().__init__(path)
        self._upload = upload

    def text(self, text: str) -> None:
        self._upload.text(text)

    def end(self) -> Value:
        self._upload.end()
        return self._upload


class Members(Frame):
    """An element with named members: a complex type or a wrapper."""

    def __init__(self, path: str, members: tuple[Member, ...], prefix: str) -> None:
        super().__init__(path)
        self._members: Mapping[str, Member] = {member.name: member for member in members}
        self._prefix = prefix
        self._seen: set[str] = set()
        self._values: dict[str, Value] = {}

    def child(self, start: Start) -> Frame:
        member = self._members.get(start.name)
        if member is None:
            return Skipped()
        path = f"{self._prefix}{start.name}"
        _own_namespace(start, path)
        if start.name in self._seen:
            raise broken(f"{path}: given twice")
        self._seen.add(start.name)
        return Frame(path) if start.nil else _frame(start.reading, member.type, path)

    def accept(self, name: str, value: Value) -> None:
        if name in self._members:
            self._values[name] = value

    def end(self) -> Value:
        return self._values


class Wrapper(Members):
    """The element of the operation; its ``request`` parameter does not show in member paths."""

    def __init__(self, operation: Operation) -> None:
        super().__init__(operation.value, PARAMETERS[operation], "")


class Items(Frame):
    """An ArrayOfX."""

    def __init__(self, path: str, item: str) -> None:
        super().__init__(path)
        self._item = item
        self._count = 0
        self._values: list[Value] = []

    def child(self, start: Start) -> Frame:
        if start.name != self._item:
            return Skipped()
        path = f"{self.path}[{self._count}]"
        _own_namespace(start, path)
        self._count += 1
        if self._count > start.reading.max_items:
            raise invalid(self.path, f"at most {start.reading.max_items} items expected")
        return Frame(path) if start.nil else _frame(start.reading, self._item, path)

    def accept(self, name: str, value: Value) -> None:
        if name == self._item:
            self._values.append(value)

    def end(self) -> Value:
        return self._values


class Body(Frame):
    """soap:Body with exactly one operation in it."""

    def __init__(self) -> None:
        super().__init__("Body")
        self.arguments: Value = None

    def child(self, start: Start) -> Frame:
        if self.arguments is not None:
            raise broken("Body: one element expected, a second one found")
        _own_namespace(start, f"Body: {start.shown}")
        return Wrapper(start.reading.resolve(start.name))

    def accept(self, name: str, value: Value) -> None:  # noqa: ARG002
        self.arguments = value


class Envelope(Frame):
    """soap:Envelope: an optional Header first, then the Body."""

    def __init__(self) -> None:
        super().__init__("Envelope")
        self.body: Body | None = None
        self._header = False

    def child(self, start: Start) -> Frame:
        of_soap = start.namespace == ENVELOPE
        if of_soap and start.name == "Header" and not self._header and self.body is None:
            self._header = True
            return Skipped()
        if of_soap and start.name == "Body" and self.body is None:
            self.body = Body()
            return self.body
        raise broken(f"Envelope: one Header, then one Body expected; {start.shown} found")


class Document(Frame):
    """What stands outside everything."""

    def __init__(self) -> None:
        super().__init__()
        self.envelope: Envelope | None = None

    def child(self, start: Start) -> Frame:
        if start.name != "Envelope":
            raise broken(f"a SOAP 1.1 Envelope expected, {start.shown} found")
        if start.namespace != ENVELOPE:
            raise VersionMismatchError(Code.BAD_MESSAGE, f"Envelope: namespace {ENVELOPE} (SOAP 1.1) expected")
        self.envelope = Envelope()
        return self.envelope


def _own_namespace(start: Start, path: str) -> None:
    """A known name in another namespace is a slip of the sender's: skipping it could lose, say, the expected signer."""
    if start.namespace != NAMESPACE:
        raise broken(f"{path}: namespace {NAMESPACE} expected, {start.namespace[:80] or 'none'} found")


def _frame(reading: Reading, type_name: str, path: str) -> Frame:
    if type_name == Simple.BASE64:
        return Binary(path, reading.upload(path))
    kind = BY_NAME.get(type_name)
    match kind:
        case None | Enumeration():
            return Text(path)
        case Array(item):
            return Items(path, item)
        case Complex(_, members):
            return Members(path, members, "" if path == "request" else f"{path}.")
        case _:
            assert_never(kind)
