"""Writes small PDFs byte by byte, with every kind of cross-reference, so that tests know exactly what lies where.

pdf = write({1: b"<< /Type /Catalog /Pages 2 0 R >>", 2: ...})        # or sample()
pdf = update(pdf, {5: b"(new)"}, free=[4], xref="stream")
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Mapping
from typing import Literal

Xref = Literal["table", "stream", "hybrid", "none"]
HEADER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
TEXT = b"BT /F1 12 Tf 72 700 Td (Hello) Tj ET"


def stream(data: bytes, entries: bytes = b"") -> bytes:
    return b"<< %s /Length %d >>\nstream\n" % (entries, len(data)) + data + b"\nendstream"


def sample(*, content: bytes = TEXT, pages: int = 1, extra: Mapping[int, bytes] | None = None) -> dict[int, bytes]:
    """Objects of a plain document: 1 catalogue, 2 pages, 3 font, 4 form, then page and content by pairs from 5 on."""
    kids = b" ".join(b"%d 0 R" % (5 + 2 * i) for i in range(pages))
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, pages),
        3: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        4: b"<< /Producer (test) >>",
    }
    for index in range(pages):
        number = 5 + 2 * index
        objects[number] = (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R >> >> >>" % (number + 1)
        )
        objects[number + 1] = stream(content)
    return objects | dict(extra or {})


def write(
    objects: Mapping[int, bytes],
    *,
    xref: Xref = "table",
    packed: Iterable[int] = (),
    trailer: bytes = b"",
    header: bytes = HEADER,
) -> bytes:
    """Return a document with the given objects; those in ``packed`` lie in an object stream."""
    return _append(
        header, objects, xref=xref, packed=packed, trailer=b"/Root 1 0 R /Info 4 0 R " + trailer, previous=None
    )


def update(
    pdf: bytes,
    objects: Mapping[int, bytes],
    *,
    free: Iterable[int] = (),
    xref: Xref = "table",
    packed: Iterable[int] = (),
    trailer: bytes | None = None,
    previous: int | None = None,
) -> bytes:
    """Append an incremental update, as an honest editor would; ``previous`` and ``xref="none"`` serve less honest ones."""
    pdf = pdf if pdf.endswith(b"\n") else pdf + b"\n"
    pointer = last_startxref(pdf) if previous is None else previous
    return _append(
        pdf, objects, xref=xref, packed=packed, trailer=trailer_of(pdf) if trailer is None else trailer,
        previous=pointer, free=free,
    )  # fmt: skip


def last_startxref(pdf: bytes) -> int:
    return int(re.findall(rb"startxref\s+(\d+)", pdf)[-1])


def next_number(pdf: bytes) -> int:
    return max(int(found) for found in re.findall(rb"/Size (\d+)", pdf))


def trailer_of(pdf: bytes) -> bytes:
    """Root, Info and ID as last written."""
    parts = [re.findall(rb"/%s\s*(?:\d+ 0 R|\[.*?\])" % key, pdf) for key in (b"Root", b"Info", b"ID", b"Encrypt")]
    return b" ".join(found[-1] for found in parts if found) + b" "


def _append(
    pdf: bytes,
    objects: Mapping[int, bytes],
    *,
    xref: Xref,
    packed: Iterable[int],
    trailer: bytes,
    previous: int | None,
    free: Iterable[int] = (),
) -> bytes:
    out = bytearray(pdf)
    inside = {number: objects[number] for number in packed}
    rows: dict[int, tuple[int, int, int]] = {number: (0, 0, 65535 if not number else 1) for number in free}
    if previous is None:
        rows[0] = (0, 0, 65535)
    for number, body in objects.items():
        if number not in inside:
            rows[number] = (1, len(out), 0)
            out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    size = max([*objects, *rows, next_number(pdf) - 1 if previous is not None else 0]) + 1
    if inside:
        rows[size] = (1, len(out), 0)
        rows |= {number: (2, size, index) for index, number in enumerate(inside)}
        out += b"%d 0 obj\n" % size + _object_stream(inside) + b"\nendobj\n"
        size += 1
    pointer = b"/Prev %d " % previous if previous is not None else b""
    if xref == "none":
        return bytes(out)
    if xref == "stream":
        return bytes(out + _stream_section(len(out), rows, size, trailer + pointer))
    if xref == "hybrid":
        return bytes(out + _hybrid_section(len(out), rows, size, trailer + pointer))
    return bytes(out + _table_section(len(out), rows, size, trailer + pointer))


def _object_stream(objects: Mapping[int, bytes]) -> bytes:
    body, index = b"", []
    for number, value in objects.items():
        index.append(b"%d %d" % (number, len(body)))
        body += value + b" "
    head = b" ".join(index) + b" "
    data = zlib.compress(head + body)
    return stream(data, b"/Type /ObjStm /N %d /First %d /Filter /FlateDecode" % (len(objects), len(head)))


def _table(rows: Mapping[int, tuple[int, int, int]]) -> bytes:
    out = b"xref\n"
    for number, (kind, offset, generation) in sorted(rows.items()):
        out += b"%d 1\n%010d %05d %s \n" % (number, offset if kind == 1 else 0, generation, b"n" if kind == 1 else b"f")
    return out


def _table_section(start: int, rows: Mapping[int, tuple[int, int, int]], size: int, trailer: bytes) -> bytes:
    return _table(rows) + b"trailer\n<< /Size %d %s>>\nstartxref\n%d\n%%%%EOF\n" % (size, trailer, start)


def xref_stream(number: int, start: int, rows: Mapping[int, tuple[int, int, int]], trailer: bytes) -> bytes:
    """The object of a cross-reference stream that stands at ``start``, itself listed."""
    listed = dict(sorted((dict(rows) | {number: (1, start, 0)}).items()))
    index = b" ".join(b"%d 1" % key for key in listed)
    data = b"".join(bytes([kind]) + a.to_bytes(4, "big") + b.to_bytes(2, "big") for kind, a, b in listed.values())
    entries = b"/Type /XRef /W [1 4 2] /Index [%s] /Size %d /Filter /FlateDecode %s" % (index, number + 1, trailer)
    return b"%d 0 obj\n" % number + stream(zlib.compress(data), entries) + b"\nendobj\n"


def _stream_section(start: int, rows: Mapping[int, tuple[int, int, int]], size: int, trailer: bytes) -> bytes:
    return xref_stream(size, start, rows, trailer) + b"startxref\n%d\n%%%%EOF\n" % start


def _hybrid_section(start: int, rows: Mapping[int, tuple[int, int, int]], size: int, trailer: bytes) -> bytes:
    hidden = {number: row for number, row in rows.items() if row[0] == 2}
    section = xref_stream(size, start, hidden, trailer)
    plain = {number: row if row[0] == 1 else (0, 0, 0) for number, row in rows.items()}
    return section + _table_section(start + len(section), plain, size + 1, trailer + b"/XRefStm %d " % start)
