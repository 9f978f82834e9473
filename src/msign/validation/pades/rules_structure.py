"""What an update may do to the logical structure of a tagged document (ISO 32000-1 clause 14.7): take in new widgets.

Structure is not drawn. Existing elements may gain children and the parent tree may grow; what they say (alternative
and actual text, roles) stays.
"""

from __future__ import annotations

from msign.pdf.values import as_dict
from msign.validation.pades.compare import changed_keys
from msign.validation.pades.kinds import ChangeKind
from msign.validation.pades.update import Update

_GROWING = {
    "StructTreeRoot": frozenset({"K", "ParentTree", "ParentTreeNextKey"}),
    "StructElem": frozenset({"K"}),
}
_NUMBER_TREE = frozenset({"Nums", "Kids", "Limits"})


def examine_structure(update: Update) -> None:
    """Explain grown structure elements, nodes of the parent tree, and lists that belong to nobody else."""
    if "StructTreeRoot" not in update.pdf.root(update.old):
        return
    grown = {number for number in update.redefined if _grows(update, number)}
    for number in grown:
        update.explain(number)
        update.adopt(number, update.now(number))
    for number in sorted(update.redefined - update.explained):
        lists = isinstance(update.was(number), list) and isinstance(update.now(number), list)
        if lists and _held_by_structure(update, number):
            update.explain(number)
            update.adopt(number, update.now(number))
            grown.add(number)
    if grown:
        update.note(ChangeKind.METADATA, "structure-changed")


def _grows(update: Update, number: int) -> bool:
    old, new = update.was(number), update.now(number)
    if not isinstance(old, dict) or not isinstance(new, dict):
        return False
    if old.keys() | new.keys() <= _NUMBER_TREE:
        return _held_by_structure(update, number)  # a page tree's node may be made to look like one
    keys = _GROWING.get(str(old.get("Type", "")))
    return keys is not None and set(changed_keys(update.pdf, old, new)) <= keys


def _held_by_structure(update: Update, number: int) -> bool:
    holders = update.index.holders(number, update.old) | update.index.holders(number, update.new)
    return bool(holders) and all(_structural(update, holder) for holder in holders)


def _structural(update: Update, number: int) -> bool:
    value = as_dict(update.was(number)) or as_dict(update.now(number))
    return bool(value) and (str(value.get("Type", "")) in _GROWING or value.keys() <= _NUMBER_TREE)
