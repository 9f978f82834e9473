"""JSON with documents inside, in constant memory: long base64 strings are lifted into files as they arrive.

A message of the official interface carries PDFs of up to 100 MB as base64 text. ``read`` walks the bytes once; a
string that grows past ``LONG`` is decoded into a file and stands as ``Lifted`` in the result. Everything
else is an ordinary, small JSON document.
"""

from __future__ import annotations

import base64
import binascii
import enum
import json
import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from msign.kernel.errors import Code, MSignError
from msign.kernel.limits import KIB, MAX_CONTENTS, MIB

LONG = 64 * KIB
MAX_PLAIN = MAX_CONTENTS * LONG + 2 * MIB  # everything that is not lifted: a full batch of short documents fits
_MAX_DEPTH = 16
_CHUNK = 48 * KIB  # a multiple of 3: every chunk but the last encodes without padding
_END_OR_ESCAPE = re.compile(rb'["\\]')
# Encoders of other platforms escape three signs of the base64 alphabet; nothing else may be escaped in there.
_ESCAPES = (
    (rb"\/", b"/"),
    (rb"\u002b", b"+"),
    (rb"\u002B", b"+"),
    (rb"\u002f", b"/"),
    (rb"\u002F", b"/"),
    (rb"\u003d", b"="),
    (rb"\u003D", b"="),
)
_LONGEST_ESCAPE = 6


@dataclass(frozen=True, slots=True)
class Lifted:
    """A long string that was base64, decoded into a file."""

    path: Path
    size: int


class _State(enum.Enum):
    OUTSIDE = enum.auto()
    STRING = enum.auto()
    LIFTING = enum.auto()


@dataclass(slots=True)
class BigJsonReader:
    """Feed it chunks, then ``finish``. Files go into ``folder``, named at random; the caller moves or removes them."""

    folder: Path
    max_bytes: int
    _state: _State = _State.OUTSIDE
    _plain: bytearray = field(default_factory=bytearray)
    _string: bytearray = field(default_factory=bytearray)
    _rest: bytes = b""  # bytes of an escape or of a base64 group that the next chunk completes
    _seen: int = 0
    _marker: str = field(default_factory=lambda: secrets.token_hex(16))
    _lifted: list[Lifted] = field(default_factory=list)
    _file: BinaryIO | None = None

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes. Raises ``MSignError``: ``TOO_LARGE``, or ``BAD_MESSAGE`` for what is not JSON."""
        self._seen += len(chunk)
        if self._seen > self.max_bytes:
            raise MSignError(Code.TOO_LARGE, f"more than {self.max_bytes} bytes")
        data, position = self._rest + chunk, 0
        self._rest = b""
        while position < len(data):
            if self._state is _State.OUTSIDE:
                position = self._outside(data, position)
            elif self._state is _State.STRING:
                position = self._in_string(data, position)
            else:
                position = self._lifting(data, position)

    def finish(self) -> object:
        """Return the value. Raises ``MSignError`` (``BAD_MESSAGE``) if it is cut or not JSON."""
        if self._state is not _State.OUTSIDE:
            raise _bad("the message ends in the middle of a string")
        try:
            value = json.loads(self._plain)
        except (ValueError, RecursionError) as error:
            raise _bad(f"not JSON: {error}") from error
        return self._put_back(value, 0)

    def close(self) -> None:
        """Close and remove what was lifted; for a message that is given up."""
        if self._file is not None:
            self._file.close()
        for lifted in self._lifted:
            lifted.path.unlink(missing_ok=True)

    def _outside(self, data: bytes, position: int) -> int:
        quote = data.find(b'"', position)
        end = len(data) if quote < 0 else quote + 1
        self._keep(data[position:end])
        if quote >= 0:
            self._state = _State.STRING
        return end

    def _in_string(self, data: bytes, position: int) -> int:
        scan = position
        while found := _END_OR_ESCAPE.search(data, scan):
            if data[found.start()] == ord('"'):
                self._string += data[position : found.start()]
                self._end_string()
                return found.end()
            if found.end() == len(data):
                self._rest, data = data[found.start() :], data[: found.start()]
                break
            scan = found.end() + 1
        self._string += data[position:]
        if len(self._string) > LONG:
            self._begin_lifting(last=False)
        return len(data) + len(self._rest)

    def _end_string(self) -> None:
        if len(self._string) > LONG:
            self._begin_lifting(last=True)
            self._end_lifting()
            return
        self._keep(bytes(self._string) + b'"')
        self._string.clear()
        self._state = _State.OUTSIDE

    def _begin_lifting(self, *, last: bool) -> None:
        path = self.folder / f"lifted-{secrets.token_hex(8)}"
        self._file = path.open("xb")
        self._lifted.append(Lifted(path, 0))
        self._state = _State.LIFTING
        collected, rest = bytes(self._string), self._rest
        self._string.clear()
        self._decode(collected, last=last)
        self._rest += rest

    def _lifting(self, data: bytes, position: int) -> int:
        quote = data.find(b'"', position)
        if quote < 0:
            self._decode(data[position:], last=False)
            return len(data)
        self._decode(data[position:quote], last=True)
        self._end_lifting()
        return quote + 1

    def _decode(self, text: bytes, *, last: bool) -> None:
        if self._file is None:
            raise AssertionError("lifting without a file")
        keep = b""
        escape = text.rfind(b"\\", max(0, len(text) - _LONGEST_ESCAPE + 1))
        if not last and escape >= 0:
            text, keep = text[:escape], text[escape:]
        if b"\\" in text:
            for escaped, sign in _ESCAPES:
                text = text.replace(escaped, sign)
        whole = len(text) if last else len(text) // 4 * 4
        self._rest = text[whole:] + keep
        try:
            self._file.write(base64.b64decode(text[:whole], validate=True))
        except binascii.Error as error:
            raise _bad("a long string is not base64") from error

    def _end_lifting(self) -> None:
        if self._file is None:
            raise AssertionError("lifting without a file")
        size = self._file.tell()
        self._file.close()
        self._file, self._state, self._rest = None, _State.OUTSIDE, b""
        self._lifted[-1] = Lifted(self._lifted[-1].path, size)
        self._keep(f'{self._marker}{len(self._lifted) - 1}"'.encode())

    def _keep(self, data: bytes) -> None:
        self._plain += data
        if len(self._plain) > MAX_PLAIN:
            raise MSignError(Code.TOO_LARGE, f"more than {MAX_PLAIN} bytes beside the documents")

    def _put_back(self, value: object, depth: int) -> object:
        if depth > _MAX_DEPTH:
            raise _bad("nested too deeply")
        if isinstance(value, str) and value.startswith(self._marker):
            return self._lifted[int(value.removeprefix(self._marker))]
        if isinstance(value, dict):
            return {key: self._put_back(item, depth + 1) for key, item in value.items()}
        if isinstance(value, list):
            return [self._put_back(item, depth + 1) for item in value]
        return value


def write(value: object) -> Iterator[bytes]:
    """Yield ``value`` as JSON; a ``Path`` in it stands for the base64 text of that file's bytes."""
    marker = secrets.token_hex(16)
    files: list[Path] = []

    def lift(item: object) -> str:
        if not isinstance(item, Path):
            raise TypeError(f"{type(item).__name__} is not JSON")
        files.append(item)
        return f"{marker}{len(files) - 1}{marker}"

    text = json.dumps(value, default=lift, separators=(",", ":"))
    for index, part in enumerate(text.split(marker)):
        # Odd parts are the file numbers that stand between two markers.
        yield from _file_base64(files[int(part)]) if index % 2 else (part.encode(),)


def written_size(value: object) -> int:
    """Return how many bytes ``write`` will yield, without reading the files."""
    total = 0

    def lift(item: object) -> str:
        nonlocal total
        if not isinstance(item, Path):
            raise TypeError(f"{type(item).__name__} is not JSON")
        total += (item.stat().st_size + 2) // 3 * 4
        return ""

    return len(json.dumps(value, default=lift, separators=(",", ":")).encode()) + total


def _file_base64(path: Path) -> Iterable[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield base64.b64encode(chunk)


def _bad(message: str) -> MSignError:
    return MSignError(Code.BAD_MESSAGE, message)
