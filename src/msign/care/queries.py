"""Reading the state of care."""

from __future__ import annotations

from collections.abc import Iterator

from msign.care.models import Item
from msign.care.values import CareState


def states() -> Iterator[CareState]:
    """Yield every file under care, those with a problem first, then by what comes next."""
    for item in Item.objects.order_by("-given_up", "next_look", "shelf", "name").iterator():
        yield _state(item)


def state(shelf: str, name: str) -> CareState | None:
    """Return how one file is doing, ``None`` if it is not under care."""
    item = Item.objects.filter(shelf=shelf, name=name).first()
    return _state(item) if item else None


def _state(item: Item) -> CareState:
    return CareState(
        shelf=item.shelf,
        name=item.name,
        taken_in=item.taken_in,
        looked_at=item.looked_at,
        next_look=item.next_look,
        level=item.level,
        protected_until=item.protected_until,
        raised=item.raised,
        problem=item.problem,
        given_up=item.given_up,
    )
