"""What an update may do to trailer, catalogue, validation data and metadata."""

from __future__ import annotations

from msign.pdf.values import Name, Ref, Stream, as_dict
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
    """The name tree of appearances belongs to annotations (their icons); scripts and files may not come."""
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
    lost += [key for key in after if key in ("UR", "UR3") and key not in before]
    gained, signing = after.get("DocMDP"), {field.value_number for field in update.after.fields if field.kind == "Sig"}
    own = isinstance(gained, Ref) and gained.number in update.added & signing
    if lost or (gained is not None and not own):
        if gained != before.get("DocMDP") or lost:
            update.note(ChangeKind.FORBIDDEN, "permissions-changed", name=", ".join(lost))
        return
    update.adopt(root_number(update, update.new), new.get("Perms"))


def _validation_data(update: Update) -> None:
    """EN 319 142-1 clause 5.4: /DSS and everything below it may come and grow; it shows nothing to a reader.

    Only the structure of that clause is followed, so that nothing else can be slipped in under its name: dictionaries
    with the keys of DSS and VRI, arrays that nobody else holds, new streams.
    """
    old, new = update.pdf.root(update.old).get("DSS"), update.pdf.root(update.new).get("DSS")
    if new is None and old is not None:
        update.note(ChangeKind.OTHER, "validation-data-removed")
        return
    walk = _Store(update)
    walk.store(root_number(update, update.new), new)
    if walk.touched or old != new:
        update.note(ChangeKind.VALIDATION_DATA, "validation-data-added")


_STORE_KEYS = frozenset({"Type", "Certs", "OCSPs", "CRLs", "VRI"})
_ENTRY_KEYS = frozenset({"Type", "Cert", "OCSP", "CRL", "TU", "TS"})


class _Store:
    """Follows the new DSS and explains what it finds in its lawful place."""

    def __init__(self, update: Update) -> None:
        self.update = update
        self.touched = False
        self._arrays: list[tuple[int, int]] = []

    def store(self, holder: int, value: object) -> None:
        """Explain the dictionary itself, then its arrays; arrays last, when all their lawful holders are known."""
        entries, owner = self._dictionary(holder, value, _STORE_KEYS)
        for key in ("Certs", "OCSPs", "CRLs"):
            self._array(owner, entries.get(key))
        related, related_owner = self._dictionary(owner, entries.get("VRI"), None)
        for item in related.values():
            entry, entry_owner = self._dictionary(related_owner, item, _ENTRY_KEYS)
            for key in ("Cert", "OCSP", "CRL"):
                self._array(entry_owner, entry.get(key))
            self._stream(entry_owner, entry.get("TS"))
        owners = {owner for owner, _ in self._arrays}
        for _, number in self._arrays:
            if number in self.update.redefined:
                self.update.private(number, owners)

    def _mark(self, holder: int, value: object) -> int:
        """Explain a new object in its place; return the number under which it holds others."""
        if not isinstance(value, Ref):
            return holder
        if value.number in self.update.touched:
            self.touched = True
        if value.number in self.update.added:
            self.update.explain(value.number)
            self.update.lawful.add((holder, value.number))
        return value.number

    def _dictionary(self, holder: int, value: object, keys: frozenset[str] | None) -> tuple[dict[str, object], int]:
        entries = self.update.now(value)
        if not isinstance(entries, dict) or (keys is not None and not keys >= entries.keys()):
            return {}, holder
        if keys is None and not all(isinstance(self.update.now(item), dict | Name) for item in entries.values()):
            return {}, holder
        owner = self._mark(holder, value)
        if owner in self.update.redefined and isinstance(value, Ref):
            self.update.explain(owner)
        return entries, owner

    def _array(self, holder: int, value: object) -> None:
        items = self.update.now(value)
        if not isinstance(items, list):
            return
        owner = self._mark(holder, value)
        if isinstance(value, Ref):
            self._arrays.append((holder, owner))
        for item in items:
            if not isinstance(item, Ref) or item.number in self.update.touched:
                self._stream(owner, item)

    def _stream(self, holder: int, value: object) -> None:
        stream = self.update.now(value)
        if isinstance(stream, Stream) and not stream.entries.keys() & {"Type", "Subtype"}:
            number = self._mark(holder, value)
            if number in self.update.added:
                self.update.adopt(number, stream.entries)  # an indirect /Length


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
