"""Room for a signature inside a PDF: the values that both paths share, and the choice between them."""

from __future__ import annotations

import datetime as dt
import hashlib
import mmap
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Protocol

from msign.kernel.errors import Code, MSignError
from msign.signing.appearance import VisibleSignature
from msign.signing.modification import Certification, FieldLock

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


class _NoHasher:
    def update(self, data: bytes | memoryview, /) -> None:
        pass

    def digest(self) -> bytes:
        return b""


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


def append(source: Path, target: Path, digest: str | None, build: Callable[[bytes | mmap.mmap], Appended]) -> Hole:
    """Write ``source`` and the update that ``build`` makes for it to ``target``, hashing on the way.

    Constant memory. Without ``digest`` nothing is hashed. ``source`` and ``target`` may be the same file: then only the
    update is written. Nothing is written if ``build`` raises; a ``target`` that cannot be finished is removed, unless
    it is the source.
    """
    with FileIO(source) as original:
        size = os.fstat(original.fileno()).st_size
        if not size:
            raise MSignError(Code.UNREADABLE_DOCUMENT, "the file is empty")
        small = original.read(size) if size <= IN_MEMORY else None
        appended = build(small) if small is not None else _build_mapped(original.fileno(), build)
        hasher: Hasher = hashlib.new(digest) if digest else _NoHasher()
        with _output(original, target) as (output, same):
            if small is not None:
                hasher.update(small)
                _write(output, b"" if same else small)
            elif digest or not same:
                _copy(original, None if same else output, hasher)
            output.seek(size)
            _write(output, appended.content)
    hasher.update(appended.content[: appended.start])
    hasher.update(appended.content[appended.end :])
    return Hole(size + appended.start, size + appended.end, size + len(appended.content), hasher.digest())


def _build_mapped(handle: int, build: Callable[[bytes | mmap.mmap], Appended]) -> Appended:
    with mmap.mmap(handle, 0, access=mmap.ACCESS_READ) as mapped:
        return build(mapped)


def _copy(original: FileIO, output: FileIO | None, hasher: Hasher) -> None:
    buffer = memoryview(bytearray(CHUNK))
    while count := original.readinto(buffer):
        hasher.update(buffer[:count])
        if output is not None:
            _write(output, buffer[:count])


def _write(output: FileIO, content: bytes | memoryview) -> None:
    """Write all of it: an unbuffered file may take only a part."""
    rest = memoryview(content)
    while rest:
        rest = rest[output.write(rest) :]


def _is_same(original: FileIO, target: Path) -> bool:
    return os.path.samestat(os.fstat(original.fileno()), target.stat())


def _is_there(source: os.stat_result, target: Path) -> bool:
    try:
        return os.path.samestat(source, target.stat())
    except FileNotFoundError:
        return False


@contextmanager
def _output(original: FileIO, target: Path) -> Iterator[tuple[FileIO, bool]]:
    try:
        output, same = FileIO(target, "x"), False
    except FileExistsError:
        same = _is_same(original, target)
        output = FileIO(target, "r+" if same else "w")
    with output:
        try:
            yield output, same
        except BaseException:
            if not same:
                target.unlink(missing_ok=True)
            raise


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
    signer: str = ""  # as a visible signature names the person
    visible: VisibleSignature | None = None
    certify: Certification | None = None
    lock: FieldLock | None = None


@contextmanager
def undone_on_error(source: Path, target: Path) -> Iterator[None]:
    """Leave no half-made ``target`` behind: it is removed, or cut back if it is the ``source``."""
    try:
        there = source.stat()
        size, same = there.st_size, _is_there(there, target)
    except OSError as error:
        raise MSignError(Code.UNREADABLE_DOCUMENT, f"the document cannot be read: {error.strerror}") from error
    try:
        yield
    except BaseException:
        if same:
            os.truncate(target, size)
        elif target.is_file():
            target.unlink(missing_ok=True)
        raise
