"""What an annotation shows and does: who draws it, whether we can see it drawn, whether it acts by itself."""

from __future__ import annotations

from msign.pdf.values import Stream, as_dict, as_int, as_list
from msign.validation.pades.update import Update

_NEVER_DRAWN = frozenset({"Link", "Popup"})
# Without a look of their own, PDFium draws these as other viewers do; the rest it leaves out.
_DRAWN_BY_ALL = frozenset({
    "Circle", "Highlight", "Ink", "Popup", "Square", "Squiggly", "StrikeOut", "Text", "Underline", "Widget",
})  # fmt: skip
_PLAYERS = frozenset({"Screen", "Movie", "Sound", "RichMedia", "3D"})
_QUIET_ACTIONS = frozenset({"GoTo", "GoToR", "GoToE", "URI", "Named", "Thread"})
_MAX_ACTIONS = 32
_THIN = 3  # page units
HIDDEN, NO_VIEW, TOGGLES = 1 << 1, 1 << 5, 1 << 8  # annotation flags (ISO 32000-1 table 165)


def flags_of(update: Update, value: dict[str, object]) -> int:
    """Return the annotation flags."""
    return as_int(update.pdf.resolve(value.get("F"), update.new), 0)


def shown(update: Update, value: dict[str, object]) -> bool:
    """Tell whether viewers draw anything for an annotation; the thin frame of a link is nothing."""
    return "AP" in value or value.get("Subtype") not in _NEVER_DRAWN or _framed(update, value)


def _framed(update: Update, value: dict[str, object]) -> bool:
    """Whether a link has a frame that is a surface: some viewers draw it as broad as it says."""
    if value.get("Subtype") != "Link":
        return False
    border = as_list(update.now(value.get("Border")))
    stated = [*border[:3], as_dict(update.now(value.get("BS"))).get("W")]
    widths = [update.pdf.resolve(item, update.new) for item in stated]
    return any(isinstance(width, int | float) and width > _THIN for width in widths)


def unsure(update: Update, value: dict[str, object]) -> bool:
    """Tell whether an annotation may look otherwise elsewhere than where we draw it.

    On paper only or under the pointer only, in an optional layer, or without a look where each viewer makes its own.
    """
    if flags_of(update, value) & (NO_VIEW | TOGGLES) or "OC" in value:
        return True
    if "AP" not in value:
        return value.get("Subtype") not in _DRAWN_BY_ALL
    look = update.now(as_dict(update.now(value.get("AP"))).get("N"))
    return isinstance(look, Stream) and "OC" in look.entries


def acts(update: Update, value: dict[str, object]) -> bool:
    """Tell whether an annotation runs scripts or programs, plays media, or reacts to events (ISO 32000-1 12.6)."""
    if update.now(value.get("AA")) is not None or value.get("Subtype") in _PLAYERS:
        return True
    pending, seen = [value.get("A"), value.get("PA")], 0
    while pending:
        action = as_dict(update.now(pending.pop()))
        seen += 1
        if seen > _MAX_ACTIONS or (action and str(update.now(action.get("S"))) not in _QUIET_ACTIONS):
            return True
        following = update.now(action.get("Next"))
        pending += following if isinstance(following, list) else [following] if following is not None else []
    return False
