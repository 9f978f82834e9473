"""One open element of an envelope: what every frame is, and the simple ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from msign.faces.soap.contract import Operation
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
