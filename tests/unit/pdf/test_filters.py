"""Filters give back what was put in, and never more than the limit."""

from __future__ import annotations

import base64
import zlib

import pytest

from msign.pdf.errors import PdfError, Refusal
from msign.pdf.filters import decode
from msign.pdf.values import Name

LIMIT = 10_000


def lzw(data: bytes) -> bytes:
    """A straightforward encoder with early change, for tests."""
    table, width, bits = {bytes([i]): i for i in range(256)}, 9, format(256, "09b")
    word, following = b"", 258
    for byte in data:
        if word + bytes([byte]) in table:
            word += bytes([byte])
            continue
        bits += format(table[word], f"0{width}b")
        table[word + bytes([byte])] = following
        following += 1
        width = min(12, (following).bit_length())
        word = bytes([byte])
    bits += format(table[word], f"0{width}b")
    following += 1
    bits += format(257, f"0{min(12, following.bit_length())}b")
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


SAMPLE = b"-----A---B" * 120 + bytes(range(256))


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("FlateDecode", zlib.compress(SAMPLE)),
        ("Fl", zlib.compress(SAMPLE)[:-2]),  # cut short
        ("ASCIIHexDecode", SAMPLE.hex().encode() + b">"),
        ("ASCII85Decode", base64.a85encode(SAMPLE) + b"~>"),
        ("LZWDecode", lzw(SAMPLE)),
        ("RunLengthDecode", b"".join(b"\x00" + bytes([b]) for b in SAMPLE) + b"\x80"),
    ],
)
def test_round_trip(name: str, raw: bytes) -> None:
    assert decode(raw, Name(name), None, LIMIT) == SAMPLE


def test_filters_chain_in_order() -> None:
    raw = base64.a85encode(zlib.compress(SAMPLE)) + b"~>"
    assert decode(raw, [Name("ASCII85Decode"), Name("FlateDecode")], None, LIMIT) == SAMPLE


@pytest.mark.parametrize("name", ["FlateDecode", "RunLengthDecode"])
def test_output_is_bounded(name: str) -> None:
    raw = zlib.compress(b" " * 10**6) if name == "FlateDecode" else b"\x81 " * 10**4
    with pytest.raises(PdfError) as caught:
        decode(raw, Name(name), None, LIMIT)
    assert caught.value.refusal == Refusal.INFLATES_TOO_FAR


@pytest.mark.parametrize("kind", [0, 1, 2, 3, 4])
def test_png_predictors(kind: int) -> None:
    rows = [bytes([1, 2, 3, 4]), bytes([9, 8, 7, 200])]
    parameters = {"Predictor": 12, "Columns": 4}
    raw = zlib.compress(b"".join(bytes([kind]) + row for row in _predicted(rows, kind)))
    assert decode(raw, Name("FlateDecode"), parameters, LIMIT) == b"".join(rows)


def _predicted(rows: list[bytes], kind: int) -> list[bytes]:
    out, above = [], bytes(4)
    for row in rows:
        line = []
        for i, byte in enumerate(row):
            left, up, corner = (row[i - 1] if i else 0), above[i], (above[i - 1] if i else 0)
            guess = left + up - corner
            best = min((left, up, corner), key=lambda value, g=guess: abs(g - value))  # type: ignore[misc]
            line.append((byte - [0, left, up, (left + up) // 2, best][kind]) & 255)
        out.append(bytes(line))
        above = row
    return out


def test_tiff_predictor() -> None:
    raw = zlib.compress(bytes([1, 1, 1, 5, 1, 1]))
    assert decode(raw, Name("FlateDecode"), {"Predictor": 2, "Columns": 3}, LIMIT) == bytes([1, 2, 3, 5, 6, 7])


@pytest.mark.parametrize("name", ["DCTDecode", "Nonsense"])
def test_other_filters_are_refused(name: str) -> None:
    with pytest.raises(PdfError) as caught:
        decode(b"", Name(name), None, LIMIT)
    assert caught.value.refusal == Refusal.BAD_FILTER
