"""What a signature forbids to change: certification (DocMDP) and field locks (FieldMDP), ISO 32000-1 clause 12.8.2."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from msign.kernel.errors import Code, MSignError
from msign.pdf.increment import Update
from msign.pdf.lean import LeanPdf
from msign.pdf.rawsyntax import integer, join_array, join_dictionary, name, text_of, text_string
from msign.signing.formfields import FormField

_LOCK_KEYS = (b"Action", b"Fields")


class Certification(enum.IntEnum):
    """What a certified document still allows (clause 12.8.2.2, table 254)."""

    NO_CHANGES = 1
    FORM_FILLING = 2
    ANNOTATIONS = 3


class LockAction(enum.StrEnum):
    """Which fields a lock means (clause 12.7.4.5, table 233)."""

    ALL = "All"
    INCLUDE = "Include"
    EXCLUDE = "Exclude"


@dataclass(frozen=True, slots=True)
class FieldLock:
    """Fields that must not change after this signature; ``fields`` are full names."""

    action: LockAction = LockAction.ALL
    fields: tuple[str, ...] = ()

    def covers(self, field: str) -> bool:
        """Tell whether a field, named in full, is locked: itself, or by a group of fields that it is in."""
        named = any(f"{field}.".startswith(f"{one}.") for one in self.fields)
        return self.action is LockAction.ALL or named is (self.action is LockAction.INCLUDE)

    def raw(self) -> bytes:
        """Return the /Lock dictionary of a field."""
        named = join_array([text_string(one) for one in self.fields])
        more = {} if self.action is LockAction.ALL else {b"Fields": named}
        return join_dictionary({b"Type": b"/SigFieldLock", b"Action": b"/" + self.action.encode("ascii"), **more})


def references(pdf: LeanPdf, certify: Certification | None, lock: FieldLock | None, field: FormField | None) -> bytes:
    """Return the raw /Reference array of a signature, empty if it forbids nothing.

    A lock that an existing field brings along counts; ``lock`` is for new fields.
    """
    transforms = []
    if certify is not None:
        transforms.append(_transform(b"DocMDP", b"/P %d" % certify, b""))
    raw = field.entries.get(b"Lock") if field else (lock.raw() if lock else None)
    if raw is not None:
        held = pdf.entries(raw)
        parameters = b"".join(b"/%s %s" % (key, held[key]) for key in _LOCK_KEYS if key in held)
        transforms.append(_transform(b"FieldMDP", parameters, b"/Data %d 0 R" % pdf.root))
    return join_array(transforms) if transforms else b""


def _transform(method: bytes, parameters: bytes, more: bytes) -> bytes:
    return b"<</Type/SigRef/TransformMethod/%s%s/TransformParams<</Type/TransformParams/V/1.2%s>>>>" % (
        method,
        more,
        parameters,
    )


def certify_catalogue(update: Update, value: int) -> None:
    """Name the certification signature in the catalogue (clause 12.8.4)."""
    catalogue = update.entries(update.pdf.root)
    permissions = {**update.pdf.entries(catalogue.get(b"Perms")), b"DocMDP": b"%d 0 R" % value}
    update.put(update.pdf.root, join_dictionary({**catalogue, b"Perms": join_dictionary(permissions)}))


def refuse_late_certification(fields: Sequence[FormField]) -> None:
    """Raise ``MSignError(CONFLICT)`` if there are signatures: a certification must be the first (clause 12.8.1)."""
    if any(one.is_signature and one.is_signed for one in fields):
        raise MSignError(Code.CONFLICT, "a certification must be the first signature of a document")


def certification_of(pdf: LeanPdf) -> int | None:
    """Return what a certified document allows (1 to 3), ``None`` if it is not certified (clause 12.8.2.2)."""
    signature = pdf.entries(pdf.entries(pdf.catalogue.get(b"Perms")).get(b"DocMDP"))
    for one in pdf.members(signature.get(b"Reference")):
        transform = pdf.entries(one)
        if name(transform.get(b"TransformMethod", b"/")) == b"DocMDP":
            return integer(pdf.resolve(pdf.entries(transform.get(b"TransformParams")).get(b"P", b"2")))
    return None


@dataclass(frozen=True, slots=True)
class Restrictions:
    """What earlier signatures of a document forbid: ``level`` of certification (``None``: none), and their locks."""

    level: int | None
    locks: tuple[FieldLock, ...] = ()

    def refuse(self, field: str, *, new_visible: bool) -> None:
        """Raise ``MSignError(CONFLICT)`` for a signature in ``field`` that an earlier one does not allow.

        After level 1 nothing may follow. After the others signatures may, but a new field that shows itself would
        cover content that was certified: only fields that were there may. A field that was locked stays empty, and a
        lock of all fields means those too that are not there yet.
        """
        if self.level == Certification.NO_CHANGES:
            raise MSignError(Code.CONFLICT, "the document is certified and allows no further signatures")
        if self.level is not None and new_visible:
            text = "the document is certified: a signature can be shown in its own fields only"
            raise MSignError(Code.CONFLICT, text)
        if any(one.covers(field) for one in self.locks):
            raise MSignError(Code.CONFLICT, f"an earlier signature has locked the field {field}", member="field")


def restrictions(pdf: LeanPdf, fields: Sequence[FormField]) -> Restrictions:
    """Return what the signatures of a plain document forbid.

    Locks stand in the signatures (FieldMDP); a field's own /Lock counts for its /P alone (ISO 32000-2 table 236).
    """
    signed = [one for one in fields if one.is_signature and one.is_signed]
    levels = [certification_of(pdf), *(_level_of_lock(pdf, one) for one in signed)]
    locks = [lock for one in signed for lock in _locks(pdf, one.entries[b"V"])]
    return Restrictions(min((one for one in levels if one is not None), default=None), tuple(locks))


def _level_of_lock(pdf: LeanPdf, field: FormField) -> int | None:
    level = pdf.entries(field.entries.get(b"Lock")).get(b"P")
    return None if level is None else integer(pdf.resolve(level))


def _locks(pdf: LeanPdf, signature: bytes) -> Iterator[FieldLock]:
    for one in pdf.members(pdf.entries(signature).get(b"Reference")):
        transform = pdf.entries(one)
        if name(pdf.resolve(transform.get(b"TransformMethod", b"/"))) == b"FieldMDP":
            held = pdf.entries(transform.get(b"TransformParams"))
            action = name(pdf.resolve(held.get(b"Action", b"/"))).decode("latin-1")
            if action in tuple(LockAction):
                named = tuple(text_of(pdf.resolve(member)) for member in pdf.members(held.get(b"Fields")))
                yield FieldLock(LockAction(action), named)
