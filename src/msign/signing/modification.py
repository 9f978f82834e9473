"""What a signature forbids to change: certification (DocMDP) and field locks (FieldMDP), ISO 32000-1 clause 12.8.2."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from msign.kernel.errors import Code, MSignError
from msign.pdf.increment import Update
from msign.pdf.lean import LeanPdf
from msign.pdf.rawsyntax import integer, join_array, join_dictionary, name, text_string
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


def refuse_forbidden(pdf: LeanPdf, *, new_visible_field: bool) -> None:
    """Raise ``MSignError(CONFLICT)`` for a signature that an earlier certification does not allow.

    After level 1 nothing may follow. After the others signatures may, but a new field that shows itself would cover
    content that was certified: only fields that were there may.
    """
    level = certification_of(pdf)
    if level == Certification.NO_CHANGES:
        raise MSignError(Code.CONFLICT, "the document is certified and allows no further signatures")
    if level is not None and new_visible_field:
        raise MSignError(Code.CONFLICT, "the document is certified: a signature can be shown in its own fields only")
