"""Signature fields of a plain document, written on raw values: made, filled, hung into form and page (12.7.4.5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from msign.pdf.increment import Update
from msign.pdf.lean import LeanPdf
from msign.pdf.rawsyntax import UnusualError, array, integer, join_array, join_dictionary, name, reference, text_string
from msign.signing.formfields import FormField

_MAX_PAGE_DEPTH = 64
_SIGNATURES_EXIST, _APPEND_ONLY = 1, 2
_PRINT, _LOCKED = 4, 128


@dataclass(frozen=True, slots=True)
class Widget:
    """How a field shows itself: the page's object number, the rectangle, the appearance's object number (0: none)."""

    page: int
    rectangle: bytes = b"[0 0 0 0]"
    appearance: int = 0

    @property
    def entries(self) -> dict[bytes, bytes]:
        """The entries of the annotation that say so."""
        shown = {b"AP": b"<</N %d 0 R>>" % self.appearance} if self.appearance else {}
        return {b"Rect": self.rectangle, **shown}


def first_page(pdf: LeanPdf) -> int:
    """Return the object number of the first page."""
    node = pdf.catalogue.get(b"Pages")
    for _ in range(_MAX_PAGE_DEPTH):
        entries = pdf.entries(node)
        if is_page(pdf, entries) and (number := reference(node)) is not None:
            return number
        node = next((kid for kid in pdf.each(entries.get(b"Kids")) if not _is_empty_node(pdf, kid)), None)
    raise UnusualError("no first page")


def is_page(pdf: LeanPdf, entries: Mapping[bytes, bytes]) -> bool:
    """Tell a page from a node of the page tree, also when it does not say so: it has content, not kids."""
    kind = name(pdf.resolve(entries.get(b"Type", b"/")))
    return kind == b"Page" or (not kind and b"Kids" not in entries and b"Parent" in entries)


def _is_empty_node(pdf: LeanPdf, kid: bytes) -> bool:
    entries = pdf.entries(kid)
    return not is_page(pdf, entries) and next(pdf.each(entries.get(b"Kids")), None) is None


def fill_field(update: Update, field: FormField, value: int, appearance: int) -> None:
    """Make object ``value`` the value of an existing empty field; ``appearance`` is an object number, 0 for none."""
    update.put(field.number, join_dictionary({**update.entries(field.number), b"V": b"%d 0 R" % value}))
    if appearance:
        shown = {**update.entries(field.widget), b"AP": b"<</N %d 0 R>>" % appearance}
        update.put(field.widget, join_dictionary(shown))
    _note_signatures(update, None)


def add_field(update: Update, title: str, value: int, widget: Widget, lock: bytes = b"") -> None:
    """Make a new signature field with the value ``value``; ``lock`` is a raw /Lock dictionary, if any."""
    entries = {
        b"Type": b"/Annot",
        b"Subtype": b"/Widget",
        b"FT": b"/Sig",
        b"T": text_string(title),
        b"V": b"%d 0 R" % value,
        b"P": b"%d %d R" % (widget.page, update.pdf.generation(widget.page)),
        b"F": b"%d" % (_PRINT | _LOCKED),
        **widget.entries,
        **({b"Lock": lock} if lock else {}),
    }
    number = update.add(join_dictionary(entries))
    _append_to_array(update, widget.page, b"Annots", b"%d 0 R" % number)
    _note_signatures(update, number)


def _note_signatures(update: Update, new_field: int | None) -> None:
    """Hang a new field into the form (made if there is none) and set its flags (clause 12.7.2, table 219)."""
    pdf = update.pdf
    holder, key = pdf.root, b"AcroForm"
    catalogue = update.entries(holder)
    form_number = reference(catalogue.get(key))
    form = update.entries(form_number) if form_number else pdf.entries(catalogue.get(key))
    flags = integer(form.get(b"SigFlags"), 0) | _SIGNATURES_EXIST | _APPEND_ONLY
    changed = {**form, b"SigFlags": b"%d" % flags}
    if new_field is not None:
        fields_number = reference(form.get(b"Fields"))
        if fields_number is None:
            members = array(form[b"Fields"]) if b"Fields" in form else []
            changed[b"Fields"] = join_array([*members, b"%d 0 R" % new_field])
        else:
            members = array(update.current(fields_number))
            update.put(fields_number, join_array([*members, b"%d 0 R" % new_field]))
    if changed == form:
        return
    if form_number:
        update.put(form_number, join_dictionary(changed))
    else:
        update.put(holder, join_dictionary({**catalogue, key: join_dictionary(changed)}))


def _append_to_array(update: Update, holder: int, key: bytes, member: bytes) -> None:
    entries = update.entries(holder)
    number = reference(entries.get(key))
    if number is not None:
        listed = update.current(number)
        update.put(number, join_array([*(array(listed) if listed != b"null" else []), member]))
        return
    members = array(entries[key]) if entries.get(key, b"null") != b"null" else []
    update.put(holder, join_dictionary({**entries, key: join_array([*members, member])}))
