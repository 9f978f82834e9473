"""Room for a signature inside a PDF: the values that both paths share, and the choice between them."""

from __future__ import annotations

import datetime as dt
import hashlib
import mmap
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from msign.kernel.errors import Code, MSignError

CHUNK = 1024 * 1024  # large enough for the disk, small enough for the processor's cache
IN_MEMORY = 4 * CHUNK  # below this a document is read once and kept; above it is mapped and copied in chunks


class Hasher(Protocol):
    """What ``hashlib`` gives."""

    def update(self, data: bytes | memoryview, /) -> None:
        """Take in more bytes."""
        ...

    def digest(self) -> bytes:
        """Return the digest of all bytes so far."""
        ...


@dataclass(frozen=True, slots=True)
class Hole:
    """The reserved place: offsets of ``<`` and behind ``>``, the file's size, the digest of all bytes around it."""

    start: int
    end: int
    size: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Appended:
    """An update ready to be written: its bytes, and where inside it the reserved place begins and ends."""

    content: bytes
    start: int
    end: int


def append(source: Path, target: Path, digest: str, build: Callable[[bytes | mmap.mmap], Appended]) -> Hole:
    """Write ``source`` and the update that ``build`` makes for it to ``target``, hashing on the way.

    Constant memory. ``source`` and ``target`` may be the same file: then only the update is written. On any error
    ``target`` is removed (or, if the same, left as it was).
    """
    with source.open("rb", buffering=0) as original:
        size = os.fstat(original.fileno()).st_size
        if not size:
            raise MSignError(Code.UNREADABLE_DOCUMENT, "the file is empty")
        if size <= IN_MEMORY:
            return _append_small(original.read(), source, target, digest, build)
        with mmap.mmap(original.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            appended = build(mapped)
        hasher = hashlib.new(digest)
        same = target.exists() and source.samefile(target)
        with target.open("r+b" if same else "wb", buffering=0) as output:
            buffer = memoryview(bytearray(CHUNK))
            while count := original.readinto(buffer):
                hasher.update(buffer[:count])
                if not same:
                    output.write(buffer[:count])
            output.seek(size)
            return _finish(output.write, hasher, size, appended)


def _append_small(
    content: bytes, source: Path, target: Path, digest: str, build: Callable[[bytes | mmap.mmap], Appended]
) -> Hole:
    appended = build(content)
    hasher = hashlib.new(digest, content)
    same = target.exists() and source.samefile(target)
    with target.open("ab" if same else "wb") as output:
        if not same:
            output.write(content)
        return _finish(output.write, hasher, len(content), appended)


def _finish(write: Callable[[bytes], object], hasher: Hasher, size: int, appended: Appended) -> Hole:
    hasher.update(appended.content[: appended.start])
    hasher.update(appended.content[appended.end :])
    write(appended.content)
    return Hole(size + appended.start, size + appended.end, size + len(appended.content), hasher.digest())


@dataclass(frozen=True, slots=True)
class SignatureEntries:
    """What the signature dictionary says, and how many bytes its Contents holds."""

    moment: dt.datetime
    digest: str
    reserved: int
    field: str | None = None
    reason: str = ""
    location: str = ""
    name: str = ""
    contact: str = ""
