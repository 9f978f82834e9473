"""Form fields of a plain document, read (ISO 32000-1 clause 12.7.3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from msign.kernel.errors import invalid
from msign.pdf.lean import LeanPdf
from msign.pdf.rawsyntax import UnusualError, name, reference, text_of

_MAX_FIELDS = 20_000


@dataclass(frozen=True, slots=True)
class FormField:
    """A terminal field with its full name, its object number, its entries and the object number of its annotation.

    Mostly field and annotation are one object; of several annotations the first counts.
    """

    full_name: str
    number: int
    entries: Mapping[bytes, bytes]
    widget: int

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
        kids = pdf.members(entries.get(b"Kids"))
        named = [kid for kid in kids if b"T" in pdf.entries(kid)]
        if named:
            waiting += [(kid, full, kept) for kid in reversed(named)]
        else:
            yield FormField(full, number, {**kept, **entries}, next(filter(None, map(reference, kids)), number))


def free_name(fields: Sequence[FormField], stem: str) -> str:
    """Return a name for a new field that begins with ``stem`` and is not taken."""
    taken = {one.full_name.partition(".")[0] for one in fields}
    number = 1
    while f"{stem}{number}" in taken:
        number += 1
    return f"{stem}{number}"


def field_to_sign(pdf: LeanPdf, fields: Sequence[FormField], wanted: str | None) -> FormField | None:
    """Return the existing field called ``wanted``, ``None`` if there is none.

    Raises ``MSignError(INVALID_PARAMETER)`` if it has a value already or is no signature field, or if the name cannot
    be that of a new field.
    """
    existing = next((one for one in fields if one.full_name == wanted), None) if wanted else None
    if existing is None:
        if wanted and "." in wanted:
            raise invalid("field", "a new field's name has no dots")
        if wanted and any(one.full_name.startswith(f"{wanted}.") for one in fields):
            raise invalid("field", f"{wanted} is a group of fields")
        return None
    if not existing.is_signature:
        raise invalid("field", f"{wanted} is not a signature field")
    if existing.is_signed and pdf.resolve(existing.entries[b"V"]) != b"null":
        raise invalid("field", f"{wanted} is signed already")
    return existing
