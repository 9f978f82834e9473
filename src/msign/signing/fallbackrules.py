"""What earlier signatures forbid, read through pyHanko: the values that ``modification`` finds in plain documents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pyhanko.pdf_utils.crypt import AuthResult, AuthStatus
from pyhanko.pdf_utils.crypt.permissions import StandardPermissions as Allowed
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation import read_certification_data

from msign.kernel.errors import Code, MSignError
from msign.signing.modification import FieldLock, LockAction, Restrictions
from msign.signing.pyhankoread import followed, members


def restrictions_of(writer: IncrementalPdfFileWriter) -> Restrictions:
    """Return what the signatures of a document forbid."""
    signed = [ref.get_object() for _name, value, ref in enumerate_sig_fields(writer.prev) if value is not None]
    certified = read_certification_data(writer.prev)
    levels = [int(level) for one in signed if (level := followed(followed(one, "/Lock", {}), "/P")) is not None]
    if certified is not None:
        levels.append(certified.permission.value)
    return Restrictions(min(levels, default=None), tuple(lock for one in signed for lock in _locks(one)))


def refuse_locked(opened: AuthResult) -> None:
    """Raise ``MSignError`` for an encrypted document that the empty password does not open."""
    if opened.status is AuthStatus.FAILED:
        raise MSignError(Code.UNREADABLE_DOCUMENT, "the PDF needs a password to be opened")


def refuse_without_permission(reader: PdfFileReader, *, new_field: bool) -> None:
    """Raise ``MSignError(CONFLICT)`` if an encrypted document does not let its users sign.

    An existing field: annotations or form filling; a new one: annotations and changes (ISO 32000-1 table 22).
    """
    opened = reader.decrypt(b"")
    granted = opened.permission_flags
    if opened.status is AuthStatus.OWNER or not isinstance(granted, Allowed):
        return
    if new_field:
        enough = Allowed.ALLOW_ANNOTS_FORM_FILLING in granted and Allowed.ALLOW_MODIFICATION_GENERIC in granted
    else:
        enough = bool(granted & (Allowed.ALLOW_ANNOTS_FORM_FILLING | Allowed.ALLOW_FORM_FILLING))
    if not enough:
        raise MSignError(Code.CONFLICT, "the encrypted document does not permit its readers to sign it")


def _locks(field: Any) -> Iterator[FieldLock]:
    for transform in members(followed(field, "/V", {}), "/Reference"):
        held = followed(transform, "/TransformParams", {})
        action = str(followed(held, "/Action", "/")).removeprefix("/")
        if followed(transform, "/TransformMethod") == "/FieldMDP" and action in tuple(LockAction):
            yield FieldLock(LockAction(action), tuple(map(str, members(held, "/Fields"))))
