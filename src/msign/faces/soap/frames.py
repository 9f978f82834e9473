"""What may stand where in an envelope: one frame for each open element, made from the contract table.

Lenient where the contract is (any prefix, any member order, unknown members skipped, absent equals nil), strict where
a message could mean two things: a member twice, a member in the wrong namespace, text beside elements.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

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
from msign.faces.soap.frame import Binary, Frame, Reading, Skipped, Start, Text, Value, VersionMismatchError, broken
from msign.kernel.errors import Code, invalid


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
