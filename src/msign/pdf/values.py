"""PDF values as Python values (ISO 32000-1 clause 7.3), and where in the file they lie.

null, booleans, numbers, strings, arrays and dictionaries are ``None``, ``bool``, ``int``/``float``, ``bytes``, ``list``
and ``dict[str, object]``; names, references and streams have types of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Name(str):
    """A PDF name, decoded, without its slash. Equal to the plain string, yet no PDF string (those are ``bytes``)."""

    __slots__ = ()


class Ref(NamedTuple):
    """An indirect reference."""

    number: int
    generation: int


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream: its dictionary and where its raw bytes begin. Ask the file for the bytes."""

    entries: dict[str, object]
    start: int
    number: int = 0
    generation: int = 0


@dataclass(frozen=True, slots=True)
class Located:
    """A top-level object as written in the file, from ``N G obj`` to behind ``endobj`` (for a stream: to its data)."""

    number: int
    generation: int
    value: object
    start: int
    end: int


# Entries are tuples of three lengths: cheap in their hundreds of thousands, and never equal by accident.
class InFile(NamedTuple):
    """A cross-reference entry: the object lies at ``offset``."""

    offset: int
    generation: int


class InStream(NamedTuple):
    """A cross-reference entry: the object is number ``slot`` in the object stream ``container``."""

    container: int
    slot: int
    packed: bool = True


class Free(NamedTuple):
    """A cross-reference entry: the object does not exist."""


FREE = Free()
Entry = InFile | InStream | Free


def as_dict(value: object) -> dict[str, object]:
    """Return the dictionary of a dictionary or stream, else an empty one."""
    if isinstance(value, Stream):
        return value.entries
    return value if isinstance(value, dict) else {}


def as_list(value: object) -> list[object]:
    """Return an array, else an empty one."""
    return value if isinstance(value, list) else []


def as_int(value: object, default: int = -1) -> int:
    """Return an integer, else ``default``. Booleans and reals are no integers."""
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def text_of(value: object) -> str:
    """Return a text string (ISO 32000-1 7.9.2.2): UTF-16 or UTF-8 by mark, else Latin-1 for PDFDocEncoding."""
    if isinstance(value, Name):
        return str(value)
    if not isinstance(value, bytes):
        return ""
    if value.startswith((b"\xfe\xff", b"\xff\xfe")):
        return value.decode("utf-16", errors="replace")
    if value.startswith(b"\xef\xbb\xbf"):
        return value[3:].decode("utf-8", errors="replace")
    return value.decode("latin-1")
