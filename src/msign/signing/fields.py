"""Signature fields of a plain document, on raw values: find, create, hang into form and page (ISO 32000-1, 12.7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from msign.kernel.errors import Code, MSignError, invalid
from msign.pdf.increment import Update
from msign.pdf.lean import LeanPdf
from msign.pdf.rawsyntax import (
    UnusualError,
    array,
    integer,
    join_array,
    join_dictionary,
    name,
    reference,
    text_of,
    text_string,
)

_MAX_FIELDS = 20_000
_MAX_PAGE_DEPTH = 64
_SIGNATURES_EXIST, _APPEND_ONLY = 1, 2
_PRINT, _LOCKED = 4, 128


@dataclass(frozen=True, slots=True)
class FormField:
    """A terminal field with its full name, its object number and its entries."""

    full_name: str
    number: int
    entries: Mapping[bytes, bytes]

    @property
    def is_signature(self) -> bool:
        """Whether it is a signature field."""
        return name(self.entries.get(b"FT", b"/")) == b"Sig"

    @property
    def is_signed(self) -> bool:
        """Whether it has a value."""
        return self.entries.get(b"V", b"null") != b"null"


def form_fields(pdf: LeanPdf) -> Iterator[FormField]:
    """Yield all terminal fields. Raises ``UnusualError`` for fields that are no indirect objects."""
    form = pdf.entries(pdf.catalogue.get(b"AcroForm"))
    top = reversed(pdf.members(form.get(b"Fields")))
    waiting: list[tuple[bytes, str, dict[bytes, bytes]]] = [(raw, "", {}) for raw in top]
    seen: set[int] = set()
    while waiting:
        raw, prefix, inherited = waiting.pop()
        number = reference(raw)
        if number is None or number in seen or len(seen) > _MAX_FIELDS:
            raise UnusualError("a form field that is direct, repeated, or one of too many")
        seen.add(number)
        entries = pdf.entries(raw)
        full = ".".join(filter(None, (prefix, text_of(pdf.resolve(entries[b"T"])) if b"T" in entries else "")))
        kept = {**inherited, **{key: entries[key] for key in (b"FT", b"V") if key in entries}}
        kids = [kid for kid in pdf.members(entries.get(b"Kids")) if b"T" in pdf.entries(kid)]
        if kids:
            waiting += [(kid, full, kept) for kid in reversed(kids)]
        else:
            yield FormField(full, number, {**kept, **entries})


def first_page(pdf: LeanPdf) -> int:
    """Return the object number of the first page."""
    node = pdf.catalogue.get(b"Pages")
    for _ in range(_MAX_PAGE_DEPTH):
        entries = pdf.entries(node)
        if name(entries.get(b"Type", b"/")) == b"Page" and (number := reference(node)) is not None:
            return number
        node = next((kid for kid in pdf.each(entries.get(b"Kids")) if not _is_empty_node(pdf, kid)), None)
    raise UnusualError("no first page")


def _is_empty_node(pdf: LeanPdf, kid: bytes) -> bool:
    entries = pdf.entries(kid)
    return name(entries.get(b"Type", b"/")) == b"Pages" and next(pdf.each(entries.get(b"Kids")), None) is None


def place_in_field(update: Update, value: int, wanted: str | None, *, stem: str = "Signature") -> FormField | None:
    """Make object ``value`` the value of the field called ``wanted``, or of a new invisible one.

    ``stem`` begins the name of a new field. Returns the existing field, or ``None`` if one was made. Raises
    ``MSignError(INVALID_PARAMETER)`` if the field has a value already or is no signature field.
    """
    fields = list(form_fields(update.pdf))
    existing = next((one for one in fields if one.full_name == wanted), None) if wanted else None
    if existing is None:
        _add_field(update, value, wanted or _free_name(fields, stem))
        return None
    if not existing.is_signature:
        raise invalid("field", f"{wanted} is not a signature field")
    if existing.is_signed:
        raise invalid("field", f"{wanted} is signed already")
    own = update.entries(existing.number)
    update.put(existing.number, join_dictionary({**own, b"V": b"%d 0 R" % value}))
    _note_signatures(update, None)
    return existing


def _free_name(fields: list[FormField], stem: str) -> str:
    taken = {one.full_name.partition(".")[0] for one in fields}
    number = 1
    while f"{stem}{number}" in taken:
        number += 1
    return f"{stem}{number}"


def _add_field(update: Update, value: int, title: str) -> None:
    if "." in title:
        raise invalid("field", "a new field's name has no dots")
    page = first_page(update.pdf)
    widget = update.add(
        b"<</Type/Annot/Subtype/Widget/FT/Sig/T%s/V %d 0 R/P %d %d R/Rect[0 0 0 0]/F %d>>"
        % (text_string(title), value, page, update.pdf.generation(page), _PRINT | _LOCKED)
    )
    _append_to_array(update, page, b"Annots", b"%d 0 R" % widget)
    _note_signatures(update, widget)


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


def refuse_if_certified_final(pdf: LeanPdf) -> None:
    """Raise ``MSignError(CONFLICT)`` if a certification allows no changes at all (DocMDP P 1, clause 12.8.2.2)."""
    permissions = pdf.entries(pdf.catalogue.get(b"Perms"))
    for one in pdf.members(pdf.entries(permissions.get(b"DocMDP")).get(b"Reference")):
        transform = pdf.entries(one)
        if name(transform.get(b"TransformMethod", b"/")) == b"DocMDP":
            level = integer(pdf.resolve(pdf.entries(transform.get(b"TransformParams")).get(b"P", b"2")))
            if level == 1:
                raise MSignError(Code.CONFLICT, "the document is certified and allows no further signatures")
