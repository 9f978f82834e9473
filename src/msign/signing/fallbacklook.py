"""A visible signature written through pyHanko: the same picture in the same place as on the lean path."""

from __future__ import annotations

import io
import zlib
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec

from msign.kernel.errors import invalid
from msign.signing.appearance import VisibleSignature, appearance
from msign.signing.placement import Placement, Rectangle, chosen_place, ordered, upright, visible_area
from msign.signing.pyhankoread import followed
from msign.signing.reservation import SignatureEntries

_MAX_DEPTH = 64
_STREAM, _END_STREAM = b"stream\n", b"\nendstream"


def new_visible_field(writer: IncrementalPdfFileWriter, name: str, look: VisibleSignature) -> SigFieldSpec:
    """Return the field to be made. Raises ``MSignError(INVALID_PARAMETER)`` for a place that is not there."""
    pages = int(writer.root["/Pages"]["/Count"])
    index = look.page - 1 if look.page > 0 else pages + look.page
    if look.page == 0 or not 0 <= index < pages:
        raise invalid("page", f"the document has no page {look.page}")
    page = writer.find_page_for_modification(index)[0].get_object()
    placement = chosen_place(look, 0, _area(page), _angle(page))
    return SigFieldSpec(sig_field_name=name, on_page=index, box=placement.rectangle)


def show(writer: IncrementalPdfFileWriter, field: generic.IndirectObject, entries: SignatureEntries) -> None:
    """Give a field its appearance, if the signature is to be seen and the field has a place where it can be."""
    own = field.get_object()
    annotation = own["/Kids"][0] if "/Kids" in own else own
    placement = _own_place(annotation)
    if entries.visible is None or placement is None:
        return
    number = appearance(
        entries.visible,
        placement.size,
        name=entries.signer,
        reason=entries.reason,
        moment=entries.moment,
        angle=placement.angle,
        add=lambda raw: writer.add_object(_parsed(raw, writer)).idnum,
    )
    shown = generic.IndirectObject(number, 0, writer)
    annotation[pdf_name("/AP")] = generic.DictionaryObject({pdf_name("/N"): shown})
    writer.update_container(annotation)


def _own_place(annotation: Any) -> Placement | None:
    rectangle = ordered(_numbers(followed(annotation, "/Rect")))
    if rectangle is None:
        return None
    page = followed(annotation, "/P")
    return upright(0, rectangle, _angle(page) if page is not None else 0)


def _area(page: Any) -> Rectangle:
    return visible_area(_numbers(_inherited(page, "/MediaBox")), _numbers(_inherited(page, "/CropBox")))


def _angle(page: Any) -> int:
    return int(_inherited(page, "/Rotate") or 0) % 360 // 90 * 90


def _numbers(raw: Any) -> Rectangle | None:
    if raw is None or len(raw) != 4:
        return None
    left, bottom, right, top = (float(one) for one in raw)
    return left, bottom, right, top


def _inherited(page: Any, key: str) -> Any:
    for _ in range(_MAX_DEPTH):
        if key in page or "/Parent" not in page:
            return followed(page, key)
        page = page["/Parent"]
    return None


def _parsed(raw: bytes, writer: IncrementalPdfFileWriter) -> generic.PdfObject:
    """Return an object of ours, given as it is written in a file, as pyHanko holds one: it may have to encrypt it."""
    container = generic.Reference(0, 0, writer)
    head, separator, rest = raw.partition(_STREAM)
    entries = generic.read_object(io.BytesIO(head), container)
    if not separator:
        return entries
    data = rest.removesuffix(_END_STREAM)
    plain = zlib.decompress(data) if entries.get("/Filter") == "/FlateDecode" else data
    kept = {key: value for key, value in entries.items() if key not in ("/Filter", "/Length")}
    stream = generic.StreamObject(kept, stream_data=plain)
    stream.compress()
    return stream
