"""What an update may do to trailer, catalogue, validation data and metadata."""

from __future__ import annotations

from msign.pdf.values import Ref, as_dict
from msign.validation.pades.compare import changed_keys
from msign.validation.pades.kinds import ChangeKind
from msign.validation.pades.references import TRAILER, references_in
from msign.validation.pades.update import Update

_TRAILER_STRUCTURE = frozenset({
    "Size", "Prev", "XRefStm", "ID", "Root", "Info", "Type", "W", "Index", "Length", "Filter", "DecodeParms",
    "DocChecksum", "AdditionalStreams",
})  # fmt: skip
_HARMLESS = frozenset({"Extensions", "Version", "Type", "Metadata", "PieceInfo"})
_JUDGED_ELSEWHERE = frozenset({"AcroForm", "DSS", "Pages"})
_DSS_DEPTH = 6


def examine_catalog(update: Update) -> None:
    """Apply the rules; the form and the pages have their own."""
    _trailer(update)
    _catalog(update)
    _validation_data(update)
    _metadata(update)


def root_number(update: Update, revision: int) -> int:
    """Return the object number of the catalogue, 0 if it is written in the trailer."""
    root = update.pdf.revisions[revision].trailer.get("Root")
    return root.number if isinstance(root, Ref) else 0


def _trailer(update: Update) -> None:
    old, new = (update.pdf.revisions[index].trailer for index in (update.old, update.new))
    for key in changed_keys(update.pdf, old, new):
        if key not in _TRAILER_STRUCTURE and (key == "Encrypt" or key in new):
            update.note(ChangeKind.OTHER, "trailer-entry-changed", name=key)
    for key, value in new.items():
        # A second way to reach objects that ISO 32000 does not know; nobody can say who follows it.
        if key not in _TRAILER_STRUCTURE and key != "Encrypt" and any(references_in(value)):
            update.note(ChangeKind.OTHER, "trailer-entry-unknown", name=key)


def _catalog(update: Update) -> None:
    old, new = update.pdf.root(update.old), update.pdf.root(update.new)
    number = root_number(update, update.new)
    if number in update.touched and new.get("Type") == "Catalog":
        update.explain(number)
        update.lawful.add((TRAILER, number))
    for key in changed_keys(update.pdf, old, new):
        if key in _HARMLESS:
            update.adopt(number, new.get(key))
        elif key == "Names":
            _names(update, number, old.get(key), new.get(key))
        elif key == "Perms":
            _permissions(update, old, new)
        elif key not in _JUDGED_ELSEWHERE:
            update.note(ChangeKind.OTHER, "catalog-entry-changed", number, key)


def _names(update: Update, root: int, old: object, new: object) -> None:
    """The name tree of appearances belongs to annotations (their icons); scripts, files and destinations may not come."""
    before, after = as_dict(update.was(old)), as_dict(update.now(new))
    if set(changed_keys(update.pdf, before, after)) <= {"AP"} and "AP" not in before:
        update.adopt(root, new)
        update.note(ChangeKind.ANNOTATION, "annotation-icons-added")
    else:
        update.note(ChangeKind.OTHER, "catalog-entry-changed", root, "Names")


def _permissions(update: Update, old: dict[str, object], new: dict[str, object]) -> None:
    """ISO 32000-1 clause 12.8.4: a certification may be added by the update that signs, never taken away or moved."""
    before, after = as_dict(update.was(old.get("Perms"))), as_dict(update.now(new.get("Perms")))
    lost = [key for key in before if key in ("DocMDP", "UR3") and before[key] != after.get(key)]
    gained = after.get("DocMDP")
    if lost or (gained is not None and not (isinstance(gained, Ref) and gained.number in update.added)):
        if gained != before.get("DocMDP") or lost:
            update.note(ChangeKind.FORBIDDEN, "permissions-changed", name=", ".join(lost))
        return
    update.adopt(root_number(update, update.new), new.get("Perms"))


def _validation_data(update: Update) -> None:
    """EN 319 142-1 clause 5.4: /DSS and everything below it may come and grow; it shows nothing to a reader."""
    old, new = update.pdf.root(update.old).get("DSS"), update.pdf.root(update.new).get("DSS")
    before, after = _dss_objects(update, old, update.old), _dss_objects(update, new, update.new)
    region = before | after
    changed = {number for number in region if number in update.touched}
    if not changed and old == new:
        return
    if new is None and old is not None:
        update.note(ChangeKind.OTHER, "validation-data-removed")
        return
    owners = region | {root_number(update, update.old), root_number(update, update.new)}
    for number in changed:
        if number in update.added:
            update.explain(number)
            update.lawful |= {(owner, number) for owner in owners}
        elif number in update.redefined:
            update.private(number, owners)
        elif number in update.freed and not update.index.holders(number, update.new):
            update.explain(number)
    update.note(ChangeKind.VALIDATION_DATA, "validation-data-added")


def _dss_objects(update: Update, top: object, revision: int) -> set[int]:
    found: set[int] = set()
    layer = [top]
    for _ in range(_DSS_DEPTH):
        numbers = {n for item in layer for n in references_in(item)} - found
        found |= numbers
        layer = [update.pdf.get(number, revision) for number in numbers]
    return found


def _metadata(update: Update) -> None:
    """Document information and XMP describe the document; they are not shown as its content."""
    old, new = update.pdf.root(update.old), update.pdf.root(update.new)
    trailers = [update.pdf.revisions[index].trailer for index in (update.old, update.new)]
    roots = {root_number(update, update.old), root_number(update, update.new)}
    values = [(trailer.get("Info"), {TRAILER}) for trailer in trailers]
    values += [(root.get("Metadata"), roots) for root in (old, new)]
    seen = False
    for value, owners in values:
        number = value.number if isinstance(value, Ref) else 0
        if number in update.added:
            update.explain(number)
            update.lawful |= {(owner, number) for owner in owners}
            update.adopt(number, update.now(number))
            seen = True
        elif number in update.redefined and number not in update.explained:
            seen = update.private(number, owners) or seen
    if seen:
        update.note(ChangeKind.METADATA, "metadata-changed")
