"""PDF values as the bytes they are written in (ISO 32000-1 clause 7.3): found, cut out and joined, never re-written.

An incremental update must repeat what it does not change. Working on raw spans keeps every number, name and string
exactly as its producer wrote it, and costs microseconds. Strict on purpose: what is odd raises ``UnusualError``, and
another path takes over.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator, Mapping, Sequence

from msign.kernel.errors import Code, MSignError

Buffer = bytes | mmap.mmap
MAX_DEPTH = 64

_WS = rb"[\x00\t\n\x0c\r ]"
_SPACE = re.compile(rb"(?:" + _WS + rb"+|%[^\r\n]*)*")
_REGULAR = rb"[^\x00\t\n\x0c\r ()<>\[\]{}/%]"
_TOKEN = re.compile(rb"<<|>>|\[|\]|<[0-9A-Fa-f\x00\t\n\x0c\r ]*>|\(|/" + _REGULAR + rb"*|" + _REGULAR + rb"+")
_REFERENCE = re.compile(rb"(\d{1,10})" + _WS + rb"+(\d{1,5})" + _WS + rb"+R(?!" + _REGULAR + rb")")
_IN_STRING = re.compile(rb"[()\\]")
_STRUCTURE = re.compile(rb"<<|>>|[\[\](%<]")
_LINE_END = re.compile(rb"[\r\n]|\Z")
_PLAIN = rb"(" + _REFERENCE.pattern.replace(rb"(\d", rb"(?:\d") + rb"|/?" + _REGULAR + rb"+)?"  # a value without inside
_ENTRY = re.compile(_SPACE.pattern + rb"(/" + _REGULAR + rb"*|>>)" + _SPACE.pattern + _PLAIN)
_MEMBER = re.compile(_SPACE.pattern + rb"(\d{1,10}" + _WS + rb"+\d{1,5}" + _WS + rb"+R(?!" + _REGULAR + rb")|\])?")
_NAME_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_UNSAFE_IN_NAME = re.compile(rb"[^!$&'*-.0-;=?-Z\\^-z|~]|#")
_INTEGER = re.compile(rb"[+-]?\d{1,19}")
_LITERAL_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|(\r\n|.))", re.DOTALL)
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"\n": b"", b"\r": b"", b"\r\n": b""}


class UnusualError(MSignError):
    """The document is not written in the plain way that the lean path handles."""

    def __init__(self, what: str) -> None:
        super().__init__(Code.UNREADABLE_DOCUMENT, f"unusual PDF: {what}")
        self.what = what


def skip_space(data: Buffer, position: int) -> int:
    """Return the position of the next token, white space and comments skipped."""
    match = _SPACE.match(data, position)
    return match.end() if match else position


def value_end(data: Buffer, position: int) -> int:
    """Return where the value that starts at ``position`` ends; a reference counts as one value."""
    reference = _REFERENCE.match(data, position)
    if reference:
        return reference.end()
    token, end = _token(data, position)
    if token == b"(":
        return _string_end(data, end)
    if token in (b"<<", b"["):
        return _container_end(data, end, token)
    if token in (b">>", b"]"):
        raise UnusualError(f"stray {token.decode()} at byte {position}")
    return end


def dictionary(raw: Buffer, position: int = 0) -> dict[bytes, bytes]:
    """Return the entries of a dictionary: decoded name → raw value. Raises ``UnusualError`` if it is none.

    A key that stands twice makes the document unusual: readers differ about which one counts.
    """
    token, position = _token(raw, skip_space(raw, position))
    if token != b"<<":
        raise UnusualError("a dictionary was expected")
    entries: dict[bytes, bytes] = {}
    while match := _ENTRY.match(raw, position):
        written, plain = match.groups()
        if written == b">>":
            return entries
        key = name(written)
        if key in entries:
            raise UnusualError(f"repeated key {key[:40]!r}")
        position = match.end() if plain else value_end(raw, match.end())
        entries[key] = plain or bytes(raw[match.end() : position])
    raise UnusualError(f"a key was expected at byte {position}")


def array(raw: bytes) -> list[bytes]:
    """Return the raw members of an array. Raises ``UnusualError`` if it is none."""
    return list(iterate(raw))


def iterate(raw: bytes) -> Iterator[bytes]:
    """Yield the raw members of an array, one by one. Raises ``UnusualError`` if it is none."""
    token, position = _token(raw, skip_space(raw, 0))
    if token != b"[":
        raise UnusualError("an array was expected")
    while match := _MEMBER.match(raw, position):
        if match[1] == b"]":
            return
        position = match.end() if match[1] else value_end(raw, match.end())
        yield raw[match.start(1) if match[1] else match.end() : position]


def join_dictionary(entries: Mapping[bytes, bytes]) -> bytes:
    """Return a dictionary of raw values."""
    return b"<<" + b"".join(b"/%s %s" % (escape_name(key), value) for key, value in entries.items()) + b">>"


def join_array(members: Sequence[bytes]) -> bytes:
    """Return an array of raw values."""
    return b"[" + b" ".join(members) + b"]"


def reference(raw: bytes | None) -> int | None:
    """Return the object number if the value is a reference, else ``None``."""
    match = _REFERENCE.fullmatch(raw) if raw is not None else None
    return int(match[1]) if match else None


def name(token: bytes) -> bytes:
    """Return a name without its slash, ``#xx`` decoded."""
    plain = token[1:]
    return _NAME_ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), plain) if b"#" in plain else plain


def escape_name(plain: bytes) -> bytes:
    """Return a decoded name as it is written behind the slash."""
    return plain if plain.isalnum() else _UNSAFE_IN_NAME.sub(lambda found: b"#%02X" % found[0][0], plain)


def integer(raw: bytes | None, default: int | None = None) -> int:
    """Return a direct integer. Raises ``UnusualError`` for anything else, or if missing without a default."""
    if raw is None and default is not None:
        return default
    if raw is None or not _INTEGER.fullmatch(raw):
        raise UnusualError("a direct integer was expected")
    return int(raw)


def text_of(raw: bytes) -> str:
    """Return a text string: UTF-16 with mark, UTF-8 with mark, else PDFDocEncoding read as Latin-1."""
    data = string_bytes(raw)
    if data.startswith(b"\xfe\xff"):
        return data[2:].decode("utf-16-be", "replace")
    if data.startswith(b"\xef\xbb\xbf"):
        return data[3:].decode("utf-8", "replace")
    return data.decode("latin-1")


def text_string(value: str) -> bytes:
    """Return a text string as it is written: readable if plain ASCII, else UTF-16 in hexadecimal (clause 7.9.2.2)."""
    if value.isascii() and value.isprintable():
        return b"(" + re.sub(rb"[\\()]", lambda found: b"\\" + found[0], value.encode("ascii")) + b")"
    return b"<FEFF" + value.encode("utf-16-be").hex().upper().encode("ascii") + b">"


def _token(data: Buffer, position: int) -> tuple[bytes, int]:
    match = _TOKEN.match(data, position)
    if match is None:
        raise UnusualError(f"no value at byte {position}")
    return match[0], match.end()


def _container_end(data: Buffer, position: int, opened: bytes) -> int:
    """Return where a dictionary or array ends. Only what opens and closes is looked at, so it is fast."""
    stack = [opened]
    while stack:
        match = _STRUCTURE.search(data, position)
        if match is None:
            raise UnusualError("a dictionary or array without end")
        token, position = match[0], match.end()
        if token in (b"<<", b"["):
            stack.append(token)
            if len(stack) > MAX_DEPTH:
                raise UnusualError("nested too deeply")
        elif token in (b">>", b"]"):
            if (stack.pop(), token) not in ((b"<<", b">>"), (b"[", b"]")):
                raise UnusualError(f"brackets do not match at byte {position}")
        else:
            position = _opaque_end(data, position, token)
    return position


def _opaque_end(data: Buffer, position: int, opened: bytes) -> int:
    """Return where a string, a hexadecimal string or a comment ends, whose inside is no structure."""
    if opened == b"(":
        return _string_end(data, position)
    if opened == b"%":
        match = _LINE_END.search(data, position)
        return match.end() if match else position
    end = data.find(b">", position)
    if end < 0:
        raise UnusualError("a hexadecimal string without end")
    return end + 1


def _string_end(data: Buffer, position: int) -> int:
    depth = 1
    while depth:
        match = _IN_STRING.search(data, position)
        if match is None:
            raise UnusualError("a string without end")
        position = match.end() + (match[0] == b"\\")
        depth += {b"(": 1, b")": -1, b"\\": 0}[match[0]]
    return position


def string_bytes(raw: bytes) -> bytes:
    """Return the bytes of a string, literal or hexadecimal. Raises ``UnusualError`` if it is none."""
    if raw.startswith(b"<") and not raw.startswith(b"<<"):
        digits = re.sub(_WS, b"", raw[1:-1])
        return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii"))
    if not raw.startswith(b"("):
        raise UnusualError("a string was expected")
    return _LITERAL_ESCAPE.sub(_unescape, raw[1:-1])


def _unescape(found: re.Match[bytes]) -> bytes:
    if found[1]:
        return bytes([int(found[1], 8) & 0xFF])
    return _ESCAPES.get(found[2], found[2])
