"""What an update may do to the form dictionary: list new fields, gain resources (ISO 32000-1 clause 12.7.2)."""

from __future__ import annotations

from msign.pdf.values import Ref, as_int
from msign.validation.pades.compare import changed_keys, same
from msign.validation.pades.kinds import ChangeKind
from msign.validation.pades.rules_catalog import root_number
from msign.validation.pades.update import Update

_FREE_FORM_KEYS = frozenset({"Fields", "SigFlags", "NeedAppearances"})


def examine_form_dictionary(update: Update) -> None:
    """Apply the rules; fields have their own."""
    root = root_number(update, update.new)
    values = [update.pdf.root(index).get("AcroForm") for index in (update.old, update.new)]
    holder = root
    for value in values:
        if isinstance(value, Ref):
            holder = value.number
            if value.number in update.touched and isinstance(update.now(value.number), dict):
                update.explain(value.number)
                update.lawful.add((root, value.number))
    _field_list(update, holder)
    for key in changed_keys(update.pdf, update.before.acroform, update.after.acroform):
        if key not in _FREE_FORM_KEYS:
            _form_entry(update, holder, key)
    _regeneration(update, holder)
    _flags(update, holder)
    _resources(update, holder)


def _regeneration(update: Update, holder: int) -> None:
    """/NeedAppearances makes viewers draw the values anew: a field whose look never was its value changes its face."""
    told = update.now(update.after.acroform.get("NeedAppearances")) is True
    before = update.now(update.before.acroform.get("NeedAppearances")) is True
    if told and not before and any(field.kind != "Sig" for field in update.before.fields):
        update.note(ChangeKind.OTHER, "appearances-regenerated", holder)


def _flags(update: Update, holder: int) -> None:
    """Never taken back: that there are signatures, and that updates must be appended (ISO 32000-1 table 219)."""
    old = as_int(update.pdf.resolve(update.before.acroform.get("SigFlags"), update.old), 0)
    new = as_int(update.pdf.resolve(update.after.acroform.get("SigFlags"), update.new), 0)
    if old & ~new and update.after.acroform:
        update.note(ChangeKind.OTHER, "form-entry-changed", holder, "SigFlags")


def _field_list(update: Update, holder: int) -> None:
    value = update.after.acroform.get("Fields")
    if isinstance(value, Ref) and value.number in update.touched and isinstance(update.now(value.number), list):
        update.explain(value.number)
        update.lawful.add((holder, value.number))


def _form_entry(update: Update, holder: int, key: str) -> None:
    old, new = update.before.acroform.get(key), update.after.acroform.get(key)
    if key == "DR":
        return
    if key == "DA" and old is None:
        return
    if not update.before.acroform and key != "XFA":
        update.adopt(holder, new)
        return
    update.note(ChangeKind.OTHER, "form-entry-changed", holder, key)


def _resources(update: Update, holder: int) -> None:
    """Default resources may gain entries for new appearances; those that exist may not become something else."""
    old, new = update.before.acroform.get("DR"), update.after.acroform.get("DR")
    _merge(update, holder, old, new, 0)


def _merge(update: Update, holder: int, old: object, new: object, depth: int) -> None:
    if isinstance(new, Ref) and new.number in update.redefined:
        update.private(new.number, {holder})
    owner = new.number if isinstance(new, Ref) else holder
    before, after = update.was(old), update.now(new)
    if old is None or before is None:
        update.adopt(holder, new)
        return
    if not isinstance(before, dict) or not isinstance(after, dict) or depth > 3:
        if not same(update.pdf, old, new):
            update.note(ChangeKind.OTHER, "form-resource-changed", owner)
        return
    for key in dict.fromkeys((*before, *after)):
        if key in before and key not in after:
            update.note(ChangeKind.OTHER, "form-resource-changed", owner, key)
        elif depth == 0 and key not in ("Font", "Encoding"):
            update.adopt(owner, after.get(key))  # variable text uses fonts and encodings only (12.7.3.3)
        elif depth == 0 or key not in before:
            _merge(update, owner, before.get(key), after.get(key), depth + 1)
        elif not same(update.pdf, before[key], after[key]):
            update.note(ChangeKind.OTHER, "form-resource-changed", owner, key)
