"""Ends of lines where ISO 19005-2, 6.1.7.1 wants them: before every ``endstream``, which reportlab leaves out."""

from __future__ import annotations

import re

_ROW = re.compile(rb"(\d{10}) (\d{5}) ([nf]) ?\r?\n?")
_END = b"endstream\nendobj"


def with_line_ends(pdf: bytes) -> bytes:
    """Return a file with one cross-reference table, as reportlab writes it, with an end of line before ``endstream``.

    The lengths of streams stay: the added byte belongs to none. Not for files of other makers.
    """
    table = int(pdf[pdf.rindex(b"startxref") + 9 :].split()[0])
    trailer = pdf.index(b"trailer", table)
    rows = _ROW.findall(pdf[table:trailer])
    starts = {number: int(row[0]) for number, row in enumerate(rows) if row[2] == b"n"}
    out, offsets, ordered = bytearray(pdf[: min(starts.values())]), {}, sorted(starts, key=lambda one: starts[one])
    for number, following in zip(ordered, [*ordered[1:], None], strict=True):
        offsets[number] = len(out)
        out += _ended(pdf[starts[number] : starts[following] if following is not None else table])
    place = len(out)
    out += f"xref\n0 {len(rows)}\n0000000000 65535 f \n".encode()
    for number in range(1, len(rows)):
        out += f"{offsets[number]:010} 00000 n \n".encode()
    out += pdf[trailer : pdf.rindex(b"startxref")] + f"startxref\n{place}\n%%EOF\n".encode()
    return bytes(out)


def _ended(thing: bytes) -> bytes:
    at = thing.rfind(_END)
    return thing if at < 0 or thing[at - 1 : at] == b"\n" else thing[:at] + b"\n" + thing[at:]
