"""Reads PDF values out of a buffer (ISO 32000-1 clauses 7.2 and 7.3). One regular expression finds each token.

Works on ``bytes`` and on ``mmap`` alike and never copies more than the value asked for.
"""

from __future__ import annotations

import mmap
import re
from dataclasses import dataclass, field
from functools import lru_cache

from msign.pdf.errors import PdfError, Refusal
from msign.pdf.limits import MAX_COLLECTION, MAX_DEPTH, MAX_STRING, MAX_STRING_BRACKETS
from msign.pdf.values import Name, Ref

Buffer = bytes | mmap.mmap

_WS = rb"\x00\t\n\x0c\r "
_DELIMITER = _WS + rb"()<>\[\]{}/%"
SKIP = re.compile(rb"[" + _WS + rb"]*(?:%[^\r\n]*[" + _WS + rb"]*)*")
_NUMBER = rb"[+-]?(?:\d+(?:\.\d*)?|\.\d+)"
_TOKEN = re.compile(
    rb"[" + _WS + rb"]*(?:%[^\r\n]*[" + _WS + rb"]*)*(?:"
    rb"(?P<ref>(\d{1,10})[" + _WS + rb"]+(\d{1,5})[" + _WS + rb"]+R(?=[" + _DELIMITER + rb"]|\Z))"
    rb"|(?P<name>/[^" + _DELIMITER + rb"]*)"
    rb"|(?P<number>" + _NUMBER + rb"(?=[" + _DELIMITER + rb"]|\Z))"
    rb"|(?P<open><<)|(?P<close>>>)|(?P<start>\[)|(?P<end>\])"
    rb"|(?P<string>\()|(?P<hex><[0-9A-Fa-f" + _WS + rb"]*>)"
    rb"|(?P<word>[^" + _DELIMITER + rb"]+))"
)
_PAIR = re.compile(rb"(\d{1,10})[" + _WS + rb"]+(\d{1,5})[" + _WS + rb"]+R")
_REFERENCES = re.compile(
    rb"(?:["
    + _WS
    + rb"]*\d{1,10}["
    + _WS
    + rb"]+\d{1,5}["
    + _WS
    + rb"]+R(?=["
    + _DELIMITER
    + rb"])){1,100000}["
    + _WS
    + rb"]*\]"
)
_NUMBERS = re.compile(rb"(?:[" + _WS + rb"]*" + _NUMBER + rb"(?=[" + _DELIMITER + rb"])){1,100000}[" + _WS + rb"]*\]")
_PLAIN_STRING = re.compile(rb"[^()\\]*(?:\\.[^()\\]*)*\)", re.DOTALL)
_STRING_PART = re.compile(rb"[^()\\]*(?:\\.[^()\\]*)*", re.DOTALL)
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|\r\n|.)|\r\n|\r", re.DOTALL)
_NAME_ESCAPE = re.compile(r"#([0-9A-Fa-f]{2})")
_PLAIN_ESCAPES = {
    b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"\n": b"", b"\r": b"", b"\r\n": b"",
}  # fmt: skip
_WORDS: dict[bytes, object] = {b"true": True, b"false": False, b"null": None}


class Keyword(bytes):
    """A bare word that is no value: an operator such as ``endobj``; producers' slips end up here too."""

    __slots__ = ()


@dataclass(slots=True)
class Parser:
    """Reads values one after the other; ``position`` is where the next token is looked for.

    ``duplicates`` collects the keys that a dictionary defines twice (the last definition counts, as in viewers);
    ``spans`` is filled with the positions of the values of the outermost dictionary when ``want_spans`` is set.
    Raises PdfError for nesting, sizes and syntax beyond repair.
    """

    buffer: Buffer
    position: int
    end: int
    want_spans: bool = False
    spans: dict[str, tuple[int, int]] = field(default_factory=dict)
    duplicates: list[str] = field(default_factory=list)

    def value(self, depth: int = 0) -> object:
        """Return the next value, or a Keyword where none stands."""
        match = _TOKEN.match(self.buffer, self.position, self.end)
        if match is None:
            raise PdfError(Refusal.BAD_SYNTAX, f"no value at byte {self.position}")
        self.position = match.end()
        kind = match.lastgroup
        if kind == "name":
            return _name(match["name"])
        if kind == "number":
            return _number(match["number"])
        if kind == "ref":
            return Ref(int(match[2]), int(match[3]))
        return self._composite(kind, match, depth)

    def _composite(self, kind: str | None, match: re.Match[bytes], depth: int) -> object:
        if depth > MAX_DEPTH:
            raise PdfError(Refusal.TOO_DEEP, f"values nested more than {MAX_DEPTH} deep at byte {self.position}")
        match kind:
            case "open":
                return self._dictionary(depth)
            case "start":
                return self._array(depth)
            case "string":
                return self._string()
            case "hex":
                return _hex(match["hex"])
            case _:
                return _word(match[kind or 0])

    def _array(self, depth: int) -> list[object]:
        references = _REFERENCES.match(self.buffer, self.position, self.end)
        if references is not None:  # kids, fields, annotations: long lists of nothing else
            self.position = references.end()
            return [Ref(int(number), int(generation)) for number, generation in _PAIR.findall(references[0])]
        numbers = _NUMBERS.match(self.buffer, self.position, self.end)
        if numbers is not None:  # rectangles, matrices
            self.position = numbers.end()
            return [_number(one) for one in numbers[0][:-1].replace(b"\x00", b" ").split()]
        items: list[object] = []
        while True:
            item = self.value(depth + 1)
            if isinstance(item, Keyword):
                if item == b"]":
                    return items
                raise PdfError(Refusal.BAD_SYNTAX, f"array holds a stray word at byte {self.position}")
            items.append(item)
            if len(items) > MAX_COLLECTION:
                raise PdfError(Refusal.OBJECT_TOO_LARGE, f"array of more than {MAX_COLLECTION} elements")

    def _dictionary(self, depth: int) -> dict[str, object]:
        entries: dict[str, object] = {}
        while True:
            match = _TOKEN.match(self.buffer, self.position, self.end)
            kind = match.lastgroup if match else None
            if match is None or kind not in ("name", "close"):
                raise PdfError(Refusal.BAD_SYNTAX, f"dictionary key is no name at byte {self.position}")
            self.position = match.end()
            if kind == "close":
                return entries
            self._entry(entries, _key(match["name"]), depth)

    def _entry(self, entries: dict[str, object], key: str, depth: int) -> None:
        start = self.position
        item = self.value(depth + 1)
        if isinstance(item, Keyword):
            if item != b">>":
                raise PdfError(Refusal.BAD_SYNTAX, f"value of /{key} is a stray word at byte {self.position}")
            self.position -= 2  # a key without value at the end: read as null
            item = None
        if key in entries:
            self.duplicates.append(key)
        if depth == 0 and self.want_spans:
            self.spans[key] = (_skip(self.buffer, start, self.position), self.position)
        entries[key] = item
        if len(entries) > MAX_COLLECTION:
            raise PdfError(Refusal.OBJECT_TOO_LARGE, f"dictionary of more than {MAX_COLLECTION} entries")

    def _string(self) -> bytes:
        start = self.position
        match = _PLAIN_STRING.match(self.buffer, start, self.end)
        if match is not None:
            self.position = match.end()
        else:
            self._balanced()
        if self.position - start > MAX_STRING:
            raise PdfError(Refusal.OBJECT_TOO_LARGE, f"string of more than {MAX_STRING} bytes")
        return _ESCAPE.sub(_unescape, self.buffer[start : self.position - 1])

    def _balanced(self) -> None:
        """Move behind the closing bracket of a string that holds brackets itself."""
        level = 1
        while level:
            match = _STRING_PART.match(self.buffer, self.position, self.end)
            self.position = match.end() if match else self.end
            if self.position >= self.end or self.buffer[self.position] == 0x5C:
                raise PdfError(Refusal.BAD_SYNTAX, f"string without end at byte {self.position}")
            level += 1 if self.buffer[self.position] == 0x28 else -1
            self.position += 1
            if level > MAX_STRING_BRACKETS:
                raise PdfError(Refusal.TOO_DEEP, f"more than {MAX_STRING_BRACKETS} brackets open in a string")


def _skip(buffer: Buffer, start: int, end: int) -> int:
    match = SKIP.match(buffer, start, end)
    return match.end() if match else start


@lru_cache(maxsize=4096)
def _key(raw: bytes) -> str:
    return str(_name(raw))


@lru_cache(maxsize=4096)
def _name(raw: bytes) -> Name:
    text = raw[1:].decode("latin-1")
    return Name(_NAME_ESCAPE.sub(lambda m: chr(int(m[1], 16)), text) if "#" in text else text)


def _number(raw: bytes) -> int | float:
    if b"." in raw:
        return float(raw[:64])
    return int(raw) if len(raw) < 24 else float(raw[:64])


def _hex(raw: bytes) -> bytes:
    digits = raw[1:-1]
    try:
        return bytes.fromhex(digits.decode("ascii") if len(digits) % 2 == 0 else digits.decode("ascii") + "0")
    except ValueError:
        packed = digits.translate(None, b"\x00\t\n\x0c\r ")
        return bytes.fromhex((packed + b"0" * (len(packed) % 2)).decode("ascii"))


def _word(raw: bytes) -> object:
    return _WORDS[raw] if raw in _WORDS else Keyword(raw)


def _unescape(match: re.Match[bytes]) -> bytes:
    code: bytes | None = match[1]
    if code is None:
        return b"\n"
    if code[:1] in b"01234567":
        return bytes([int(code, 8) & 0xFF])
    return _PLAIN_ESCAPES.get(code, code)
