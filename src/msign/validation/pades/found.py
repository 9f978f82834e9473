"""Finds the signatures of a document: every signature value that any field of any revision has pointed at."""

from __future__ import annotations

from dataclasses import dataclass

from msign.pdf.errors import PdfError
from msign.pdf.reader import PdfFile
from msign.pdf.values import InFile, as_dict
from msign.validation.pades.form import Field, Form
from msign.validation.pades.ranges import Coverage, contents_place, measure

TIMESTAMP_SUBFILTER = "ETSI.RFC3161"
SUBFILTERS = frozenset({"ETSI.CAdES.detached", "adbe.pkcs7.detached", "adbe.pkcs7.sha1", TIMESTAMP_SUBFILTER})


@dataclass(frozen=True, slots=True)
class FoundSignature:
    """A signature dictionary in its place. ``entries`` are those inside the signed range, never later ones.

    ``redefined`` tells that a later revision replaced the dictionary; ``removed`` that the newest form lacks it.
    """

    field: Field
    names: tuple[str, ...]
    number: int
    entries: dict[str, object]
    coverage: Coverage
    doubled_keys: tuple[str, ...]
    redefined: bool
    removed: bool

    @property
    def timestamp(self) -> bool:
        """Whether it is a document time-stamp: the SubFilter decides, not the Type."""
        return self.entries.get("SubFilter") == TIMESTAMP_SUBFILTER

    @property
    def contents(self) -> bytes:
        """The container, padding included; empty where there is none."""
        value = self.entries.get("Contents")
        return value if isinstance(value, bytes) else b""


def find_signatures(pdf: PdfFile, forms: list[Form]) -> list[FoundSignature]:
    """Return the signatures in the order of the bytes they cover; ``forms`` are those of all revisions."""
    holders: dict[int, list[Field]] = {}
    inline: list[FoundSignature] = []
    for form in forms:
        for field in form.fields:
            if field.kind == "Sig" and field.value_number:
                known = holders.setdefault(field.value_number, [])
                if all(field.name != other.name for other in known):
                    known.append(field)
    last = forms[-1]
    current = {field.value_number for field in last.fields if field.value_number}
    for field in last.fields:
        if field.kind == "Sig" and isinstance(field.value, dict):
            inline.append(_inline(pdf, field))
    found = [_found(pdf, number, fields, removed=number not in current) for number, fields in holders.items()]
    listed = [item for item in found if item is not None] + inline
    return sorted(listed, key=lambda item: (item.coverage.end, item.coverage.gap_start))


def _found(pdf: PdfFile, number: int, fields: list[Field], *, removed: bool) -> FoundSignature | None:
    """Judge the dictionary where it was written first: that is the one whose Contents can lie in the gap."""
    revisions = [r.index for r in pdf.revisions if isinstance(r.entries.get(number), InFile)]
    definitions = list(dict.fromkeys((pdf.entry(number, index), index) for index in revisions))
    if not definitions:
        return _packed(pdf, number, fields, removed=removed)
    chosen = None
    for entry, index in definitions:
        place, doubled = _place(pdf, number, entry) if isinstance(entry, InFile) else (None, ())
        value = as_dict(pdf.get(number, index))
        candidate = (value, measure(pdf, pdf.resolve(value.get("ByteRange"), index), place), index, doubled)
        if chosen is None or (chosen[1].defects and not candidate[1].defects):
            chosen = candidate
    if chosen is None or not chosen[0]:
        return None
    value, coverage, index, doubled = chosen
    later = {entry for entry, other in definitions if other > index and as_dict(pdf.get(number, other)) != value}
    return FoundSignature(
        field=fields[0],
        names=tuple(field.name for field in fields),
        number=number,
        entries={key: item if key == "Contents" else pdf.resolve(item, index) for key, item in value.items()},
        coverage=coverage,
        doubled_keys=doubled,
        redefined=bool(later),
        removed=removed,
    )


def _place(pdf: PdfFile, number: int, entry: InFile) -> tuple[tuple[int, int] | None, tuple[str, ...]]:
    try:
        return contents_place(pdf, number, entry)
    except PdfError:
        return None, ()


def _packed(pdf: PdfFile, number: int, fields: list[Field], *, removed: bool) -> FoundSignature | None:
    """A dictionary inside an object stream: its Contents cannot lie in any gap, so it can never be valid."""
    value = as_dict(pdf.get(number))
    if not value:
        return None
    coverage = measure(pdf, pdf.resolve(value.get("ByteRange")), None)
    return FoundSignature(fields[0], (fields[0].name,), number, value, coverage, (), redefined=False, removed=removed)


def _inline(pdf: PdfFile, field: Field) -> FoundSignature:
    """A dictionary written directly in its field."""
    value = as_dict(field.value)
    place = None
    located = pdf.locate(field.number) if field.number else None
    if located is not None:
        place = _inline_place(pdf, located.start, located.end, value)
    coverage = measure(pdf, pdf.resolve(value.get("ByteRange")), place)
    return FoundSignature(field, (field.name,), 0, value, coverage, (), redefined=False, removed=False)


def _inline_place(pdf: PdfFile, start: int, end: int, value: dict[str, object]) -> tuple[int, int] | None:
    contents = value.get("Contents")
    if not isinstance(contents, bytes) or not contents:
        return None
    raw = pdf.read(start, end)
    for digits in (contents.hex().encode(), contents.hex().upper().encode()):
        position = raw.find(b"<" + digits + b">")
        if position >= 0:
            return start + position, start + position + len(digits) + 2
    return None
