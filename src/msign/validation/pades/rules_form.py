"""What an update may do to the form: sign fields, add signature fields, fill in values."""

from __future__ import annotations

from msign.pdf.values import Stream, as_dict, text_of
from msign.validation.pades.annotlook import HIDDEN, NO_VIEW, acts, flags_of, unsure
from msign.validation.pades.compare import changed_keys, same
from msign.validation.pades.fieldlook import shows_another_value
from msign.validation.pades.form import Field
from msign.validation.pades.found import TIMESTAMP_SUBFILTER
from msign.validation.pades.kinds import ChangeKind
from msign.validation.pades.references import references_in
from msign.validation.pades.rules_acroform import examine_form_dictionary
from msign.validation.pades.update import Update

# Keys of a field or widget that may change when it is signed.
_SIGNING_KEYS = frozenset({
    "V", "AP", "AS", "M", "MK", "F", "Lock", "SV", "P", "DA", "Rect", "Type", "NM", "Kids", "Ff", "Q", "BS", "Border",
    "StructParent",
})  # fmt: skip
_LARGEST_BUTTON = 72  # an inch; larger "boxes to tick" are pictures of something else
# Keys that may change when a value is filled in.
_FILLING_KEYS = frozenset({"V", "AP", "AS", "M", "I", "TI", "RV", "NM"})


def examine_form(update: Update) -> None:
    """Apply the rules of form dictionary, existing fields and new fields."""
    examine_form_dictionary(update)
    _signature_values(update)
    old, new = update.before.field_of, update.after.field_of
    for number in sorted(update.before.numbers - update.after.numbers):
        update.note(ChangeKind.OTHER, "field-removed", number, old[number].name if number in old else "")
    for number in sorted(update.before.numbers & update.after.numbers & update.touched):
        _existing(update, number, old.get(number), new.get(number))
    added = [field for field in update.after.fields if not _known(update, field)]
    for field in added:
        _new_field(update, field)
    _filled_through_parent(update)


def _known(update: Update, field: Field) -> bool:
    return field.number in update.before.numbers if field.number else field in update.before.fields


def _signature_values(update: Update) -> None:
    """A signature dictionary that exists never changes again."""
    for field in update.before.fields:
        number = field.value_number
        if field.kind == "Sig" and number and number in update.redefined | update.freed:
            update.explain(number)
            if number not in update.freed or update.index.holders(number, update.new):
                update.note(ChangeKind.FORBIDDEN, "signature-dictionary-changed", number, field.name)


def _existing(update: Update, number: int, before: Field | None, after: Field | None) -> None:
    old, new = update.was(number), update.now(number)
    if not isinstance(old, dict) or not isinstance(new, dict):
        return  # left unexplained
    keys = changed_keys(update.pdf, old, new)
    field = after or before
    update.explain(number)
    if field is None:
        _inner_node(update, number, keys)
    elif field.kind == "Sig" and before is not None and before.value is not None:
        _signed_field(update, number, field, before, keys)
    else:
        _open_field(update, number, field, before, keys)


def _open_field(update: Update, number: int, field: Field, before: Field | None, keys: list[str]) -> None:
    """A field that is not signed yet: it may be signed, or a value be filled in."""
    signature = field.kind == "Sig"
    allowed = _SIGNING_KEYS if signature else _FILLING_KEYS
    for key in keys:
        if key not in allowed:
            update.note(ChangeKind.OTHER, "field-changed", number, f"{field.name} /{key}")
        else:
            update.adopt(number, as_dict(update.now(number)).get(key))
    if not signature:
        _filled(update, number, field, keys)
    elif before is not None and field.value is not None:
        _signed(update, field, new=_unforeseen(update, number, keys), had_look="AP" in as_dict(update.was(number)))


def _unforeseen(update: Update, number: int, keys: list[str]) -> bool:
    """Whether signing moved the field or brought it out of hiding: nobody could foresee what it covers now."""
    unseen = HIDDEN | NO_VIEW
    was, now = (flags_of(update, as_dict(value)) & unseen for value in (update.was(number), update.now(number)))
    return "Rect" in keys or "Kids" in keys or was != now


def _inherited(update: Update, number: int) -> None:
    """A value that stands above its fields is the value of all that have none of their own."""
    below = [field for field in update.after.fields if number in field.parents and "V" not in field.entries]
    for field in (field for field in below if field.name not in update.told):
        update.told.add(field.name)
        if field.kind == "Sig":
            update.note(ChangeKind.FORBIDDEN, "signature-replaced", field.number, field.name)
        else:
            update.note(ChangeKind.FORM_FILL, "form-filled", field.number, field.name, visible=True, beneath=True)
    if not below:
        update.note(ChangeKind.FORM_FILL, "form-filled", number)


def _inner_node(update: Update, number: int, keys: list[str]) -> None:
    """A node between the form and its fields: it may gain kids, or hold the value of the kids."""
    if "V" in keys:
        _inherited(update, number)
    for key in keys:
        if key in ("Kids", "V", "Type"):
            update.adopt(number, as_dict(update.now(number)).get(key))
        else:
            update.note(ChangeKind.OTHER, "field-changed", number, f"/{key}")


def _signed_field(update: Update, number: int, field: Field, before: Field, keys: list[str]) -> None:
    """A field that was signed before: its value stays, its look as well."""
    if field.value_number != before.value_number or "V" in keys:
        update.note(ChangeKind.FORBIDDEN, "signature-replaced", number, field.name)
    for key in keys:
        if key not in ("V", "M", "NM", "Lock", "Kids"):
            update.note(ChangeKind.OTHER, "signature-appearance-changed", number, f"{field.name} /{key}")


def _filled(update: Update, number: int, field: Field, keys: list[str]) -> None:
    """A value may be filled in; a look that changes without its value is somebody's trick (shadow attack: replace)."""
    previous = update.before.field_of.get(number)
    value_changed = previous is None or not same(update.pdf, update.was(previous.value), update.now(field.value))
    state_changed = field.kind == "Btn" and "AS" in keys
    had_look = as_dict(update.was(number)).get("AP") is not None
    redrawn = "AP" in keys and had_look and not value_changed and not state_changed
    lies = "AS" in keys and _state_lies(update, number, field)
    if redrawn or lies or ("V" in keys and shows_another_value(update, field, number)):
        update.note(ChangeKind.OTHER, "appearance-without-value", number, field.name)
    elif keys:
        update.note(ChangeKind.FORM_FILL, "form-filled", number, field.name, visible=True, beneath=True)


def _state_lies(update: Update, number: int, field: Field) -> bool:
    """Whether the state that is drawn is not the value: only buttons have states, and no button fills a page."""
    widget = as_dict(update.now(number))
    state, value = update.now(widget.get("AS")), update.now(field.value)
    box = update.rectangle(number, update.new)
    large = box is not None and min(box[2] - box[0], box[3] - box[1]) > _LARGEST_BUTTON
    return field.kind != "Btn" or large or (state not in ("Off", None) and text_of(state) != text_of(value))


def _filled_through_parent(update: Update) -> None:
    """Appearance streams that were replaced in place: lawful for fields whose value changed, seen nowhere else."""
    old = update.before.field_of
    waiting = {n for n in update.redefined - update.explained if _plain_look(update, n)}
    for number, field in update.after.field_of.items() if waiting else ():
        before = old.get(number)
        if before is None or field.value is None:
            continue
        changed = not same(update.pdf, update.was(before.value), update.now(field.value))
        if changed or (field.kind == "Sig" and before.value is None):
            appearance, known = as_dict(update.now(number)).get("AP"), len(update.explained)
            _replaced_streams(update, number, appearance)
            if len(update.explained) > known and field.kind != "Sig":
                update.note(ChangeKind.FORM_FILL, "form-filled", number, field.name, visible=True, beneath=True)


def _replaced_streams(update: Update, number: int, appearance: object) -> None:
    """Explain appearance dictionary and streams that this widget alone uses."""
    owners = {number}
    layer = [appearance]
    for _ in range(3):
        below: list[object] = []
        for item in layer:
            for child in references_in(item) if not isinstance(item, Stream) else ():
                value = update.now(child)
                if child in update.redefined and child not in update.explained and _plain_look(update, child):
                    update.private(child, owners)
                if isinstance(value, dict):
                    if update.index.holders(child, update.old) | update.index.holders(child, update.new) <= owners:
                        owners.add(child)
                    below.append(value)
                    update.adopt(child, value)
                elif child in update.explained:
                    update.adopt(child, value)
        layer = below


def _plain_look(update: Update, number: int) -> bool:
    """Appearance dictionaries and form XObjects only: never fonts, images or other resources."""
    value = update.now(number)
    if isinstance(value, Stream):
        return value.entries.get("Subtype") in ("Form", None)
    return isinstance(value, dict) and "Type" not in value


def _new_field(update: Update, field: Field) -> None:
    nodes = [n for n in (field.number, *field.widgets, *field.parents) if n]
    for node in nodes:
        if node not in update.added and node not in update.before.numbers:
            update.note(ChangeKind.OTHER, "hidden-object-shown", node, field.name)
        if node in update.added and isinstance(update.now(node), dict):
            update.explain(node)
            update.adopt(node, update.now(node))
            update.lawful |= {
                (holder, node) for holder in update.index.holders(node, update.old) & update.before.numbers
            }
    if field.kind != "Sig":
        update.note(ChangeKind.OTHER, "field-added", field.number, field.name)
    elif field.value is None:
        update.note(
            ChangeKind.SIGNATURE, "signature-field-added", field.number, field.name,
            visible=_visible(update, field), blind=_unsure(update, field),
        )  # fmt: skip
        _acting(update, field)
    else:
        _signed(update, field, new=True)


def _acting(update: Update, field: Field) -> None:
    """A field for a signature needs no scripts; what was there when it was prepared stays."""
    for number in {field.number, *field.widgets}:
        if acts(update, as_dict(update.now(number))) and not acts(update, as_dict(update.was(number))):
            update.note(ChangeKind.OTHER, "active-content-added", number, field.name)


def _unsure(update: Update, field: Field) -> bool:
    return any(unsure(update, as_dict(update.now(number))) for number in field.widgets)


def _signed(update: Update, field: Field, *, new: bool, had_look: bool = False) -> None:
    _acting(update, field)
    value = as_dict(update.now(field.value))
    update.adopt(field.number, field.value)
    if not {"Contents", "ByteRange", "SubFilter"} <= value.keys():
        update.note(ChangeKind.OTHER, "signature-value-missing", field.number, field.name)
        return
    kind, code = ChangeKind.SIGNATURE, "signature-added"
    if value.get("SubFilter") == TIMESTAMP_SUBFILTER:
        kind, code = ChangeKind.TIMESTAMP, "timestamp-added"
    update.note(
        kind, code, field.number, field.name, visible=(new or had_look) and _visible(update, field),
        blind=new and _unsure(update, field), beneath=not new,
    )  # fmt: skip


def _visible(update: Update, field: Field) -> bool:
    """Whether any widget of the field takes room on a page."""
    return any(update.rectangle(number, update.new) is not None for number in field.widgets or (field.number,))
