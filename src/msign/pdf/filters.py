"""Stream filters (ISO 32000-1 clause 7.4) with bounded output: what cross-reference and object streams use."""

from __future__ import annotations

import base64
import itertools
import re
import zlib
from collections.abc import Callable

from msign.pdf.errors import PdfError, Refusal
from msign.pdf.limits import MAX_PREDICTED
from msign.pdf.values import Name, as_dict, as_int, as_list

_MAX_FILTERS = 8
_ABBREVIATIONS = {
    "Fl": "FlateDecode",
    "LZW": "LZWDecode",
    "AHx": "ASCIIHexDecode",
    "A85": "ASCII85Decode",
    "RL": "RunLengthDecode",
}


def decode(raw: bytes, filters: object, parameters: object, limit: int) -> bytes:
    """Return the decoded stream; ``filters`` and ``parameters`` are the resolved /Filter and /DecodeParms.

    Raises PdfError INFLATES_TOO_FAR when any stage gives more than ``limit`` bytes, BAD_FILTER for unknown filters
    (image filters included) and data beyond repair. A Flate stream cut short gives what it holds.
    """
    names = [filters] if isinstance(filters, Name) else as_list(filters)
    settings = [parameters] if not isinstance(parameters, list) else parameters
    if len(names) > _MAX_FILTERS:
        raise PdfError(Refusal.BAD_FILTER, f"more than {_MAX_FILTERS} filters on one stream")
    for index, name in enumerate(names):
        text = str(name)
        text = _ABBREVIATIONS.get(text, text)
        stage = _STAGES.get(text)
        if stage is None:
            raise PdfError(Refusal.BAD_FILTER, f"filter {text[:40]} is not read here")
        own = as_dict(settings[index]) if index < len(settings) else {}
        predicted = as_int(own.get("Predictor"), 1) != 1
        raw = stage(raw, own, min(limit, MAX_PREDICTED) if predicted else limit)
        raw = _predict(raw, own) if predicted else raw
    return raw


def _bounded(size: int, limit: int) -> None:
    if size > limit:
        raise PdfError(Refusal.INFLATES_TOO_FAR, f"a stream inflates beyond {limit} bytes")


def _flate(raw: bytes, _own: dict[str, object], limit: int) -> bytes:
    worker = zlib.decompressobj()
    try:
        data = worker.decompress(raw, limit + 1)
    except zlib.error:
        return _flate_raw(raw, limit)
    _bounded(len(data), limit)
    return data


def _flate_raw(raw: bytes, limit: int) -> bytes:
    """Second try for data with a broken header or checksum: feed it in pieces and keep what came out."""
    worker, parts, size = zlib.decompressobj(), list[bytes](), 0
    for start in range(0, len(raw), 256):
        try:
            parts.append(worker.decompress(raw[start : start + 256], limit + 1))
        except zlib.error as error:
            if not parts:
                raise PdfError(Refusal.BAD_FILTER, "Flate data cannot be inflated") from error
            break
        size += len(parts[-1])
        _bounded(size, limit)
    return b"".join(parts)


def _ascii_hex(raw: bytes, _own: dict[str, object], limit: int) -> bytes:
    digits = re.sub(rb"[^0-9A-Fa-f]", b"", raw.split(b">", 1)[0])
    _bounded(len(digits) // 2, limit)
    return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii"))


def _ascii85(raw: bytes, _own: dict[str, object], limit: int) -> bytes:
    try:
        data = base64.a85decode(raw.split(b"~", 1)[0], ignorechars=b"\x00\t\n\x0c\r ")
    except ValueError as error:
        raise PdfError(Refusal.BAD_FILTER, "ASCII85 data cannot be decoded") from error
    _bounded(len(data), limit)
    return data


def _run_length(raw: bytes, _own: dict[str, object], limit: int) -> bytes:
    out, position = bytearray(), 0
    while position < len(raw) and raw[position] != 128:
        length = raw[position]
        if length < 128:
            out += raw[position + 1 : position + 2 + length]
            position += length + 2
        else:
            out += raw[position + 1 : position + 2] * (257 - length)
            position += 2
        _bounded(len(out), limit)
    return bytes(out)


def _lzw(raw: bytes, own: dict[str, object], limit: int) -> bytes:
    early = as_int(own.get("EarlyChange"), 1)
    table = [bytes([value]) for value in range(256)] + [b"", b""]
    out, previous, width, bits, held = bytearray(), b"", 9, 0, 0
    for byte in raw:
        bits, held = (bits << 8) | byte, held + 8
        if held < width:
            continue
        held -= width
        code, bits = bits >> held, bits & ((1 << held) - 1)
        if code == 257:
            break
        if code == 256:
            del table[258:]
            previous, width = b"", 9
            continue
        entry = _lzw_entry(table, code, previous)
        out += entry
        _bounded(len(out), limit)
        if previous and len(table) < 4096:
            table.append(previous + entry[:1])
        previous = entry
        width = min(12, max(9, (len(table) + early).bit_length()))
    return bytes(out)


def _lzw_entry(table: list[bytes], code: int, previous: bytes) -> bytes:
    if code < len(table):
        return table[code]
    if code == len(table) and previous:
        return previous + previous[:1]
    raise PdfError(Refusal.BAD_FILTER, "LZW data cannot be decoded")


def _identity(raw: bytes, own: dict[str, object], _limit: int) -> bytes:
    if str(own.get("Name", "Identity")) != "Identity":
        raise PdfError(Refusal.BAD_FILTER, "crypt filter by name is not read here")
    return raw


def _predict(data: bytes, own: dict[str, object]) -> bytes:
    """Undo a PNG or TIFF predictor (ISO 32000-1 clause 7.4.4.4); 8 bits a component only, as structure streams use."""
    colors, bits = as_int(own.get("Colors"), 1), as_int(own.get("BitsPerComponent"), 8)
    columns = as_int(own.get("Columns"), 1)
    if bits != 8 or not 1 <= colors <= 32 or not 1 <= columns <= 1_000_000:
        raise PdfError(Refusal.BAD_FILTER, "predictor parameters out of bounds")
    if as_int(own.get("Predictor")) == 2:
        return _tiff(data, colors, colors * columns)
    return _png(data, colors, colors * columns)


def _tiff(data: bytes, step: int, width: int) -> bytes:
    out = bytearray(data)
    for row in range(0, len(out), width):
        for index in range(row + step, min(row + width, len(out))):
            out[index] = (out[index] + out[index - step]) & 0xFF
    return bytes(out)


def _png(data: bytes, step: int, width: int) -> bytes:
    rows, kinds = -(-len(data) // (width + 1)), data[:: width + 1]
    if len(data) == rows * (width + 1) and kinds.count(2) == rows:
        return _all_up(data, rows, width)
    above, out = bytearray(width), bytearray()
    for start in range(0, len(data), width + 1):
        line = bytearray(data[start + 1 : start + 1 + width])
        above = above[: len(line)]
        match data[start]:
            case 1:
                for index in range(step, len(line)):
                    line[index] = (line[index] + line[index - step]) & 0xFF
            case 2:
                line = bytearray((a + b) & 0xFF for a, b in zip(line, above, strict=True))
            case 3:
                for index in range(len(line)):
                    left = line[index - step] if index >= step else 0
                    line[index] = (line[index] + (left + above[index]) // 2) & 0xFF
            case 4:
                _paeth(line, above, step)
            case _:
                pass
        out += line
        above = line
    return bytes(out)


def _all_up(data: bytes, rows: int, width: int) -> bytes:
    """Undo the predictor that cross-reference streams have: each octet is told by its difference to the one above."""
    out = bytearray(rows * width)
    for column in range(width):
        sums = itertools.accumulate(data[column + 1 :: width + 1])
        out[column::width] = bytes(total & 0xFF for total in sums)
    return bytes(out)


def _paeth(line: bytearray, above: bytearray, step: int) -> None:
    for index in range(len(line)):
        left = line[index - step] if index >= step else 0
        up, corner = above[index], above[index - step] if index >= step else 0
        guess = left + up - corner
        far = (abs(guess - left), abs(guess - up), abs(guess - corner))
        best = left if far[0] <= far[1] and far[0] <= far[2] else up if far[1] <= far[2] else corner
        line[index] = (line[index] + best) & 0xFF


_STAGES: dict[str, Callable[[bytes, dict[str, object], int], bytes]] = {
    "FlateDecode": _flate,
    "LZWDecode": _lzw,
    "ASCIIHexDecode": _ascii_hex,
    "ASCII85Decode": _ascii85,
    "RunLengthDecode": _run_length,
    "Crypt": _identity,
}
