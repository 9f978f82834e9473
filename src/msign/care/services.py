"""The verbs of care: take a file in, let it go, write down what a look brought. One transaction each."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from msign.audit import care_events
from msign.care.models import Item
from msign.jobs.services import enqueue
from msign.kernel.words import SignatureLevel

LOOK = "care.look"


def take_in(shelf: str, name: str, at: dt.datetime) -> bool:
    """Put a file under care; tell whether it is new there. It is looked at by the worker as soon as possible."""
    with transaction.atomic():
        _item, new = Item.objects.get_or_create(shelf=shelf, name=name, defaults={"taken_in": at, "next_look": at})
        if new:
            enqueue(LOOK, _key(shelf, name), {"shelf": shelf, "name": name}, at)
            care_events.taken_in(at=at, shelf=shelf, name=name)
    return new


def look_now(shelf: str, name: str, at: dt.datetime) -> None:
    """Let the worker look at a file again at once, one that was given up too."""
    with transaction.atomic():
        Item.objects.filter(shelf=shelf, name=name).update(given_up=False, next_look=at)
        enqueue(LOOK, _key(shelf, name), {"shelf": shelf, "name": name}, at)


def let_go(shelf: str, name: str, at: dt.datetime) -> None:
    """End the care for a file."""
    with transaction.atomic():
        if Item.objects.filter(shelf=shelf, name=name).delete()[0]:
            care_events.let_go(at=at, shelf=shelf, name=name)


def note(item: Item, *, at: dt.datetime, next_look: dt.datetime, until: dt.datetime | None, problem: str = "") -> None:
    """Write down a look that changed nothing."""
    Item.objects.filter(pk=item.pk).update(
        looked_at=at, next_look=next_look, protected_until=until, problem=problem, given_up=False
    )


def note_raised(
    item: Item, *, at: dt.datetime, level: SignatureLevel, until: dt.datetime | None, next_look: dt.datetime
) -> None:
    """Write down that a file was raised."""
    with transaction.atomic():
        Item.objects.filter(pk=item.pk).update(
            looked_at=at,
            next_look=next_look,
            level=level.value,
            protected_until=until,
            raised=item.raised + 1,
            problem="",
            given_up=False,
        )
        care_events.raised(at=at, shelf=item.shelf, name=item.name, level=level, until=until)


def give_up(item: Item, problem: str, at: dt.datetime) -> None:
    """Write down that nothing can be done; an operator may ask for another look."""
    with transaction.atomic():
        Item.objects.filter(pk=item.pk).update(looked_at=at, problem=problem, given_up=True)
        care_events.given_up(at=at, shelf=item.shelf, name=item.name, problem=problem)


def _key(shelf: str, name: str) -> str:
    return f"{shelf}:{name}"
