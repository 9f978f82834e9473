"""Base64 that arrives in pieces: strict about everything but white space, and never held whole in memory."""

from __future__ import annotations

import binascii

_WHITE_SPACE = b" \t\r\n"
_NOT_FINAL = {2: frozenset(b"AQgw"), 1: frozenset(b"AEIMQUYcgkosw048")}  # last digits whose unused bits are zero


class NotBase64(ValueError):  # noqa: N818  (a reason, caught where the member's name is known)
    """The text is not base64 in the sense of XML Schema part 2, section 3.2.16; the message says where it breaks."""


class Base64Decoder:
    """Decodes pieces of text; ``feed`` returns the bytes that are complete, ``close`` checks the end.

    White space anywhere is skipped. Refused: other characters, anything after padding, a length that is no multiple
    of four, padding bits that are not zero (they would give one document two spellings).
    """

    def __init__(self) -> None:
        self._pending = b""
        self._ended = False

    def feed(self, text: str) -> bytes:
        """Return the bytes that ``text`` completes."""
        digits = self._pending + _ascii(text)
        if not digits:
            return b""
        if self._ended:
            raise NotBase64("text after the padding")
        whole = len(digits) - len(digits) % 4
        self._pending = digits[whole:]
        if b"=" in digits:
            self._end(digits)
        return _decode(digits[:whole])

    def close(self) -> None:
        """Check that the text ended at a boundary."""
        if self._pending:
            raise NotBase64("the length is not a multiple of four")

    def _end(self, digits: bytes) -> None:
        """Check the padding, which may be the last thing only; it may still be incomplete here."""
        body = digits.rstrip(b"=")
        padding = len(digits) - len(body)
        if b"=" in body or padding > 2:
            raise NotBase64("text after the padding" if b"=" in body else "too much padding")
        expected = -len(body) % 4
        if expected not in (1, 2) or padding > expected:
            raise NotBase64("padding in the wrong place")
        if body[-1] not in _NOT_FINAL[expected]:
            raise NotBase64("unused bits before the padding are not zero")
        self._ended = padding == expected


def _ascii(text: str) -> bytes:
    try:
        return text.encode("ascii").translate(None, _WHITE_SPACE)
    except UnicodeEncodeError as error:
        raise NotBase64("a character outside the base64 alphabet") from error


def _decode(digits: bytes) -> bytes:
    try:
        return binascii.a2b_base64(digits, strict_mode=True)
    except binascii.Error as error:
        raise NotBase64("a character outside the base64 alphabet") from error
