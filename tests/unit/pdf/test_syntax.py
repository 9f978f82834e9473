"""Tokens and values, the odd ones above all."""

from __future__ import annotations

import pytest

from msign.pdf.errors import PdfError
from msign.pdf.syntax import Keyword, Parser
from msign.pdf.values import Name, Ref, text_of


def value(text: bytes) -> object:
    return Parser(text, 0, len(text)).value()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"12", 12),
        (b"-12.5", -12.5),
        (b".5", 0.5),
        (b"4.", 4.0),
        (b"true", True),
        (b"null", None),
        (b"/A#20b", Name("A b")),
        (b"/", Name("")),
        (b"12 0 R", Ref(12, 0)),
        (b"[12 0 R 12 0]", [Ref(12, 0), 12, 0]),
        (b"(a\\(b\\)\\n\\101\\\r\nz)", b"a(b)\nAz"),
        (b"(a(b(c))d)", b"a(b(c))d"),
        (b"(a\r\nb\rc)", b"a\nb\nc"),
        (b"<48 65 6>", b"He`"),
        (b"% comment\n<< /K %c\n (v) /L[1 2]/M<</N null>>>>", {"K": b"v", "L": [1, 2], "M": {"N": None}}),
        (b"<< /K >>", {"K": None}),
        (b"endobj", Keyword(b"endobj")),
    ],
)
def test_values(text: bytes, expected: object) -> None:
    found = value(text)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize("text", [b"", b"(open", b"<zz>", b"[1 2", b"<< 1 2 >>", b"<< /A endobj >>", b"(a\\"])
def test_broken_values_raise_our_error(text: bytes) -> None:
    with pytest.raises(PdfError):
        value(text)


def test_a_doubled_key_is_reported_and_the_last_one_counts() -> None:
    text = b"<< /A 1 /A 2 >>"
    parser = Parser(text, 0, len(text))
    assert parser.value() == {"A": 2}
    assert parser.duplicates == ["A"]


def test_spans_tell_where_values_lie() -> None:
    text = b"<< /A 1 /Contents  <00ff> /B [ 1 ] >>"
    parser = Parser(text, 0, len(text), want_spans=True)
    parser.value()
    start, end = parser.spans["Contents"]
    assert text[start:end] == b"<00ff>"


@pytest.mark.parametrize(
    ("raw", "text"),
    [(b"\xfe\xff\x02\x19", "ș"), (b"\xef\xbb\xbf\xc8\x99", "ș"), (b"abc", "abc"), (Name("N"), "N"), (3, "")],
)
def test_text_strings(raw: object, text: str) -> None:
    assert text_of(raw) == text
