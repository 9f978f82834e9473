"""What an update may do to pages: annotations may come, go and change; content and order may not."""

from __future__ import annotations

from collections.abc import Hashable

from msign.pdf.values import Ref, as_dict, as_list
from msign.validation.pades.annotlook import acts, shown, unsure
from msign.validation.pades.compare import changed_keys, token
from msign.validation.pades.form import PageTree
from msign.validation.pades.kinds import ChangeKind
from msign.validation.pades.update import Update

_FREE_PAGE_KEYS = frozenset({"Annots", "Tabs", "LastModified", "PieceInfo", "Type", "ITXT", "StructParents"})
_VISIBLE_KINDS_OF_PAGE_NODE = ("Page", "Pages")


def examine_pages(update: Update) -> None:
    """Apply the rules. The page tree is walked only if the update touches a page, the tree, or an annotation list."""
    nodes = [n for n in update.touched if _type(update, n) in _VISIBLE_KINDS_OF_PAGE_NODE]
    if nodes or update.pdf.root(update.old).get("Pages") != update.pdf.root(update.new).get("Pages"):
        _tree(update)
    lists = {n for n in update.redefined if isinstance(update.was(n), list) and isinstance(update.now(n), list)}
    pages = {n for n in nodes if n in update.redefined and as_dict(update.was(n)).get("Type") == "Page"}
    for number in lists:
        pages |= _pages_with_list(update, number)
    for page in sorted(pages):
        _page(update, page)
    _annotations(update)


def _type(update: Update, number: int) -> object:
    return as_dict(update.now(number)).get("Type") or as_dict(update.was(number)).get("Type")


def _tree(update: Update) -> None:
    trees = update.page_trees()
    before, after = trees[0].pages, trees[1].pages
    if list(before) == list(after):
        _same_pages(update)
        _same_places(update, *trees)
        return
    lost, gained = before.keys() - after.keys(), after.keys() - before.keys()
    for page in sorted(gained):
        update.note(ChangeKind.FORBIDDEN, "page-added", page)
        update.explain(page)
    for page in sorted(lost):
        update.note(ChangeKind.FORBIDDEN, "page-removed", page, str(before[page]))
        update.explain(page)
    if not lost and not gained:
        update.note(ChangeKind.FORBIDDEN, "pages-reordered")


def _same_pages(update: Update) -> None:
    for number in update.redefined:
        old, new = update.was(number), update.now(number)
        if isinstance(old, dict) and isinstance(new, dict) and old.get("Type") == "Pages" == new.get("Type"):
            update.explain(number)
            for key in changed_keys(update.pdf, old, new):
                if key not in ("Kids", "Type", "ITXT"):  # viewers believe /Count: a smaller one hides pages
                    update.note(ChangeKind.OTHER, "page-entry-changed", number, key)


def _same_places(update: Update, before: PageTree, after: PageTree) -> None:
    """A page hangs where it hung, for it inherits size, turn and resources; nothing is listed beside the pages."""
    for page in (number for number, parent in after.parents.items() if parent != before.parents[number]):
        update.note(ChangeKind.OTHER, "page-entry-changed", page, "Parent")
    if before.odd != after.odd:
        update.note(ChangeKind.FORBIDDEN, "page-added")


def _pages_with_list(update: Update, number: int) -> set[int]:
    """Return the pages whose annotations are the list ``number``; it is explained if it is nothing else."""
    holders = update.index.holders(number, update.old) | update.index.holders(number, update.new)
    pages = {h for h in holders if as_dict(update.now(h)).get("Annots") == Ref(number, 0)}
    if pages and holders == pages:
        update.explain(number)
    return pages


def _page(update: Update, page: int) -> None:
    old, new = as_dict(update.was(page)), as_dict(update.now(page))
    if page in update.redefined:
        update.explain(page)
    for key in changed_keys(update.pdf, old, new):
        if key not in _FREE_PAGE_KEYS or (key == "Type" and new.get(key) != "Page"):
            code = "page-content-changed" if key in ("Contents", "Resources") else "page-entry-changed"
            update.note(ChangeKind.OTHER, code, page, key)
        elif key != "Annots":
            update.adopt(page, new.get(key))
    _annotation_list(update, page, old.get("Annots"), new.get("Annots"))


def _annotation_list(update: Update, page: int, old: object, new: object) -> None:
    if isinstance(new, Ref) and new.number in update.added and isinstance(update.now(new), list):
        update.explain(new.number)
        update.lawful.add((page, new.number))
    before, after = _keyed(as_list(update.was(old))), _keyed(as_list(update.now(new)))
    was, now = {key for key, _ in before}, {key for key, _ in after}
    # What stands in both lists keeps its order: later annotations are drawn on top.
    if [key for key, _ in before if key in now] != [key for key, _ in after if key in was]:
        update.note(ChangeKind.OTHER, "annotations-reordered", page)
    for item in [item for key, item in after if key not in was]:
        _added(update, page, item)
    for item in [item for key, item in before if key not in now]:
        _removed(update, page, item)


def _keyed(items: list[object]) -> list[tuple[Hashable, object]]:
    """Return annotations, references or written in place, each with something that is equal where they are the same."""
    return [(item if isinstance(item, Ref) else token(item), item) for item in items]


def _added(update: Update, page: int, item: object) -> None:
    number = item.number if isinstance(item, Ref) else 0
    value = update.now(item)
    if not isinstance(value, dict):
        if value is not None:
            update.note(ChangeKind.OTHER, "annotation-malformed", page)
        return
    if value.get("Subtype") == "Widget":
        field = update.after.field_of.get(number)
        if field is None or (field.kind != "Sig" and number not in update.before.field_of):
            update.note(ChangeKind.OTHER, "widget-without-field", number or page)
        elif number not in update.touched:
            update.note(ChangeKind.OTHER, "hidden-object-shown", number, field.name)
        elif number in update.before.numbers:  # prepared, but never seen on a page
            update.note(ChangeKind.SIGNATURE, "signature-added", number, field.name, visible=True, on=page)
        return
    if number and number not in update.added:
        update.note(ChangeKind.OTHER, "hidden-object-shown", number)
        return
    update.explain(number)
    update.lawful.add((page, number))
    update.adopt(number or page, value)
    kind, blind, visible = str(value.get("Subtype", "")), unsure(update, value), shown(update, value)
    update.note(ChangeKind.ANNOTATION, "annotation-added", number, kind, visible=visible, on=page, blind=blind)
    if acts(update, value):
        update.note(ChangeKind.OTHER, "active-content-added", number, kind, on=page)


def _removed(update: Update, page: int, item: object) -> None:
    number = item.number if isinstance(item, Ref) else 0
    value = as_dict(update.was(item))
    if not value:
        return
    if value.get("Subtype") == "Widget":
        if number in update.before.field_of:
            update.note(ChangeKind.OTHER, "field-removed", number, update.before.field_of[number].name)
        return
    kind, visible = str(value.get("Subtype", "")), shown(update, value)
    update.note(ChangeKind.ANNOTATION, "annotation-removed", number, kind, visible=visible, on=page, beneath=True)


def _annotations(update: Update) -> None:
    """Existing annotations that were rewritten. Widgets belong to the form's rules."""
    for number in sorted(update.redefined - update.explained):
        old, new = update.was(number), update.now(number)
        if not isinstance(old, dict) or not isinstance(new, dict) or not _annotation(old) or not _annotation(new):
            continue
        if old.get("Subtype") != new.get("Subtype") or new.get("Subtype") == "Widget":
            continue
        update.explain(number)
        update.adopt(number, new)
        _replaced_look(update, number, new)
        kind = str(new.get("Subtype", ""))
        update.note(
            ChangeKind.ANNOTATION, "annotation-changed", number, kind,
            visible=shown(update, new), blind=unsure(update, new), beneath=True,
        )  # fmt: skip
        if acts(update, new) and not acts(update, old):
            update.note(ChangeKind.OTHER, "active-content-added", number, kind)


def _annotation(value: dict[str, object]) -> bool:
    return isinstance(value.get("Subtype"), str) and "Rect" in value and value.get("Type") in (None, "Annot")


def _replaced_look(update: Update, number: int, value: dict[str, object]) -> None:
    look = as_dict(update.now(value.get("AP")))
    for item in look.values():
        if isinstance(item, Ref) and item.number in update.redefined:
            update.private(item.number, {number})
