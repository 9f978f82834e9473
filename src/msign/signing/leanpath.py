"""An empty signature in a plain PDF, written by our own incremental writer: fast, and constant in memory."""

from __future__ import annotations

import mmap
from pathlib import Path

from msign.pdf.increment import Update
from msign.pdf.lean import LeanPdf
from msign.pdf.rawsyntax import reference
from msign.signing.appearance import appearance
from msign.signing.emptysignature import EmptySignature, empty_signature, empty_timestamp
from msign.signing.fields import Widget, add_field, fill_field, first_page
from msign.signing.formfields import FormField, field_to_sign, form_fields, free_name
from msign.signing.modification import (
    certify_catalogue,
    references,
    refuse_late_certification,
    restrictions,
)
from msign.signing.placement import Placement, find_page, place, rectangle_of, rotation, upright
from msign.signing.reservation import Appended, Hole, SignatureEntries, append
from msign.signing.seedvalue import of_lean, refuse_unmet


def reserve_lean(source: Path, target: Path, entries: SignatureEntries) -> Hole:
    """Write ``source`` plus an update with an empty signature to ``target``.

    Raises ``UnusualError`` for documents that need the other path, before anything is written, and ``MSignError`` for
    what no path can do.
    """

    def build(content: bytes | mmap.mmap) -> Appended:
        update = Update(LeanPdf(content))
        fields = list(form_fields(update.pdf))
        if entries.certify is not None:
            refuse_late_certification(fields)
        existing = field_to_sign(update.pdf, fields, entries.field)
        title = entries.field or free_name(fields, "Signature")
        if existing is not None:
            refuse_unmet(of_lean(update.pdf, existing), entries)
        new_visible = existing is None and entries.visible is not None
        restrictions(update.pdf, fields).refuse(title, new_visible=new_visible)
        number = update.reserve()
        empty = empty_signature(entries, reference=references(update.pdf, entries.certify, entries.lock, existing))
        update.put(number, empty.value)
        if existing is not None:
            fill_field(update, existing, number, _appearance(update, entries, _own_place(update.pdf, existing)))
        else:
            lock = entries.lock.raw() if entries.lock else b""
            add_field(update, title, number, _new_widget(update, entries), lock)
        if entries.certify is not None:
            certify_catalogue(update, number)
        return _rendered(update, number, empty, content)

    return append(source, target, entries.digest, build)


def reserve_timestamp_lean(target: Path, room: int, digest: str) -> Hole:
    """Append an empty document time-stamp to ``target``. Raises as ``reserve_lean``."""

    def build(content: bytes | mmap.mmap) -> Appended:
        update = Update(LeanPdf(content))
        number = update.reserve()
        empty = empty_timestamp(room)
        update.put(number, empty.value)
        title = free_name(list(form_fields(update.pdf)), "Timestamp")
        add_field(update, title, number, Widget(first_page(update.pdf)))
        return _rendered(update, number, empty, content)

    return append(target, target, digest, build)


def _rendered(update: Update, number: int, empty: EmptySignature, content: bytes | mmap.mmap) -> Appended:
    rendered, values = update.render()
    return empty.locate(rendered, values[number], len(content))


def _new_widget(update: Update, entries: SignatureEntries) -> Widget:
    if entries.visible is None:
        return Widget(first_page(update.pdf))
    placement = place(update.pdf, entries.visible)
    rectangle = b"[%.2f %.2f %.2f %.2f]" % placement.rectangle
    return Widget(placement.page, rectangle, _appearance(update, entries, placement))


def _own_place(pdf: LeanPdf, field: FormField) -> Placement | None:
    """Return where an existing field has its place, if it is one that can be seen."""
    widget = pdf.entries(b"%d 0 R" % field.widget)
    rectangle = rectangle_of(pdf, widget.get(b"Rect"))
    if rectangle is None:
        return None
    page = reference(widget.get(b"P")) or find_page(pdf, 1)
    return upright(page, rectangle, rotation(pdf, page))


def _appearance(update: Update, entries: SignatureEntries, placement: Placement | None) -> int:
    """Write the appearance; return its object number, 0 if nothing is to be seen."""
    if entries.visible is None or placement is None:
        return 0
    return appearance(
        entries.visible,
        placement.size,
        name=entries.signer,
        reason=entries.reason,
        moment=entries.moment,
        angle=placement.angle,
        add=update.add,
    )
