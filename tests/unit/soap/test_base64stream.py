"""The base64 sink agrees with the standard library on good text and refuses every bad one, however it is cut."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msign.faces.soap.base64stream import Base64Decoder, NotBase64


def decode(pieces: list[str]) -> bytes:
    decoder = Base64Decoder()
    data = b"".join([decoder.feed(piece) for piece in pieces])
    decoder.close()
    return data


def cut(text: str, places: list[int]) -> list[str]:
    ends = sorted({place % (len(text) + 1) for place in places})
    return [text[start:end] for start, end in zip([0, *ends], [*ends, len(text)], strict=True)]


@given(data=st.binary(max_size=300), places=st.lists(st.integers(0, 500), max_size=8), width=st.integers(1, 90))
def test_any_bytes_survive_any_cutting_and_wrapping(data: bytes, places: list[int], width: int) -> None:
    text = base64.b64encode(data).decode()
    wrapped = "\r\n\t ".join(text[start : start + width] for start in range(0, len(text), width))
    assert decode(cut(wrapped, places)) == data


@given(text=st.text(alphabet="ABQgwxyz0189+/=-_ \n\té", max_size=40), places=st.lists(st.integers(0, 60), max_size=6))
def test_what_is_accepted_is_exactly_what_can_be_written_back(text: str, places: list[int]) -> None:
    bare = "".join(text.split())
    try:
        expected = base64.b64decode(bare, validate=True)
        canonical = base64.b64encode(expected).decode() == bare
    except ValueError:
        canonical = False
    if canonical:
        assert decode(cut(text, places)) == expected
    else:
        with pytest.raises(NotBase64):
            decode(cut(text, places))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("QUJ", "multiple of four"),
        ("QUJD=", "padding"),
        ("QQ==QQ==", "after the padding"),
        ("QQ=", "multiple of four"),
        ("QR==", "unused bits"),
        ("QUK=x", "after the padding"),
        ("====", "padding"),
        ("QU-_", "alphabet"),
        ("QŬJD", "alphabet"),
        ("QQ===", "padding"),
    ],
)
def test_the_reason_is_told(text: str, reason: str) -> None:
    with pytest.raises(NotBase64, match=reason):
        decode([text])


def test_white_space_after_the_padding_is_fine() -> None:
    assert decode(["QQ=", "=", " \n"]) == b"A"


def test_nothing_is_nothing() -> None:
    assert decode([]) == b""
    assert decode(["  "]) == b""
