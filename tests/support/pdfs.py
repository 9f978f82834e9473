"""Documents of every outward form: tables, streams, hybrids, forms direct and indirect. Written by hand, small."""

from __future__ import annotations

import zlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Form:
    """How a document is written. Each combination is a valid PDF."""

    xref: str = "table"  # "table" | "stream" | "packed" (object streams) | "hybrid"
    acroform: str = "none"  # "none" | "direct" | "indirect" | "indirect-fields" | "empty-field"
    annotations: str = "none"  # "none" | "direct" | "indirect"
    nested_pages: bool = False
    predictor: bool = False
    eol: bytes = b"\n"
    final_eol: bool = True
    identity: bool = True
    padding: int = 0  # bytes of comment in front of the objects


def write(form: Form) -> bytes:
    """Return a one-page document of this form."""
    objects = _objects(form)
    out = bytearray(b"%PDF-1.7" + form.eol + b"%\xe2\xe3\xcf\xd3" + b"x" * form.padding + form.eol)
    offsets: dict[int, int] = {}
    packed = [number for number in objects if form.xref in {"packed", "hybrid"} and number in {1, 3, 5, 6, 7}]
    for number, value in objects.items():
        if number not in packed:
            offsets[number] = len(out)
            out += b"%d 0 obj%s%s%sendobj%s" % (number, form.eol, value, form.eol, form.eol)
    size = max(objects) + 1
    trailer = b"/Root 1 0 R" + (b"/ID[<0123><4567>]" if form.identity else b"")
    if packed:
        offsets[size] = len(out)
        out += _object_stream(size, {number: objects[number] for number in packed}) + form.eol
        size += 1
    rows = {number: (1, offset, 0) for number, offset in offsets.items()}
    rows |= {number: (2, max(offsets), index) for index, number in enumerate(packed)}
    if form.xref == "table":
        here = len(out)
        out += _table(rows, size) + b"trailer" + form.eol + b"<</Size %d%s>>" % (size, trailer)
    elif form.xref == "hybrid":
        stream_at = len(out)
        rows[size] = (1, stream_at, 0)
        size += 1
        out += _xref_stream(size - 1, {n: rows[n] for n in packed}, size, b"/Root 1 0 R", predictor=False)
        here = len(out)
        out += _table({n: row for n, row in rows.items() if n not in packed}, size)
        out += b"trailer" + form.eol + b"<</Size %d%s/XRefStm %d>>" % (size, trailer, stream_at)
    else:
        here = len(out)
        rows[size] = (1, here, 0)
        out += _xref_stream(size, rows, size + 1, trailer, predictor=form.predictor)
    out += form.eol + b"startxref" + form.eol + b"%d" % here + form.eol + b"%%EOF"
    return bytes(out + (form.eol if form.final_eol else b""))


def _objects(form: Form) -> dict[int, bytes]:
    catalogue = b"<</Type/Catalog/Pages 3 0 R/Odd#20Name(a \\) ( b ))%s>>"
    field = b"<</FT/Sig/Type/Annot/Subtype/Widget/T(Here)/Rect[0 0 0 0]/P 2 0 R>>"
    acroform = {
        "none": b"",
        "direct": b"/AcroForm<</Fields[]/DA(/Helv 0 Tf)>>",
        "indirect": b"/AcroForm 5 0 R",
        "indirect-fields": b"/AcroForm 5 0 R",
        "empty-field": b"/AcroForm<</Fields[7 0 R]>>",
    }[form.acroform]
    annotations = {"none": b"", "direct": b"/Annots[]", "indirect": b"/Annots 6 0 R"}[form.annotations]
    parent = 8 if form.nested_pages else 3
    objects = {
        1: catalogue % acroform,
        2: b"<</Type/Page/Parent %d 0 R/MediaBox[0 0 200.50 300]/Contents 4 0 R%s>>" % (parent, annotations),
        3: b"<</Type/Pages/Count 1/Kids[%d 0 R] %% a comment with ] and >>\n>>" % (8 if form.nested_pages else 2),
        4: b"<</Length 9>>\nstream\n0 0 m n Q\nendstream",
    }
    if form.acroform.startswith("indirect"):
        objects[5] = b"<</Fields 7 0 R>>" if form.acroform == "indirect-fields" else b"<</Fields [ ] >>"
    if form.annotations == "indirect":
        objects[6] = b"[ ]"
    if form.acroform in {"indirect-fields", "empty-field"}:
        objects[7] = b"[]" if form.acroform == "indirect-fields" else field
    if form.nested_pages:
        objects[8] = b"<</Type/Pages/Count 1/Parent 3 0 R/Kids[2 0 R]>>"
    return objects


def _table(rows: dict[int, tuple[int, int, int]], size: int) -> bytes:
    lines = [b"xref\n0 %d\n" % size]
    for number in range(size):
        free = number not in rows
        lines.append(
            b"%010d %05d %s \n" % (0 if free else rows[number][1], 65535 if free else 0, b"f" if free else b"n")
        )
    return b"".join(lines)


def _xref_stream(
    number: int, rows: dict[int, tuple[int, int, int]], size: int, trailer: bytes, *, predictor: bool
) -> bytes:
    packed = [kind.to_bytes(1, "big") + a.to_bytes(3, "big") + b.to_bytes(1, "big") for kind, a, b in (
        rows.get(n, (0, 0, 0)) for n in range(size)
    )]  # fmt: skip
    parameters = b""
    if predictor:
        above, predicted = bytes(5), []
        for row in packed:
            predicted.append(b"\2" + bytes((new - old) & 0xFF for new, old in zip(row, above, strict=True)))
            above = row
        packed, parameters = predicted, b"/DecodeParms<</Predictor 12/Columns 5>>"
    data = zlib.compress(b"".join(packed))
    return b"%d 0 obj\n<</Type/XRef/Size %d/W[1 3 1]/Filter/FlateDecode%s/Length %d%s>>stream\n%s\nendstream\nendobj\n" % (
        number, size, parameters, len(data), trailer, data,
    )  # fmt: skip


def _object_stream(number: int, members: dict[int, bytes]) -> bytes:
    head, body = b"", b""
    for member, value in members.items():
        head += b"%d %d " % (member, len(body))
        body += value + b" "
    data = zlib.compress(head + body)
    return b"%d 0 obj\n<</Type/ObjStm/N %d/First %d/Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream\nendobj\n" % (
        number, len(members), len(head), len(data), data,
    )  # fmt: skip
