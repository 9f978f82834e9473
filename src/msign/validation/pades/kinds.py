"""What an incremental update did, in words that permissions can be held against."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class ChangeKind(enum.StrEnum):
    """How far a change goes; each kind has its own rule in ``permissions``."""

    UNSEEN = "unseen"  # nothing that any reader shows: rewritten or unreferenced objects
    METADATA = "metadata"
    VALIDATION_DATA = "validation-data"
    TIMESTAMP = "timestamp"
    SIGNATURE = "signature"
    FORM_FILL = "form-fill"
    ANNOTATION = "annotation"
    OTHER = "other"  # not on the list of harmless things
    FORBIDDEN = "forbidden"  # never allowed: pages, permissions, signature dictionaries


# What belongs to signing and to keeping signatures verifiable.
QUIET = frozenset({
    ChangeKind.UNSEEN, ChangeKind.METADATA, ChangeKind.VALIDATION_DATA, ChangeKind.TIMESTAMP, ChangeKind.SIGNATURE,
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """One change. ``code`` is the reason's code; ``name`` the field or dictionary entry, ``page`` counted from 1."""

    kind: ChangeKind
    code: str
    revision: int
    number: int = 0
    page: int | None = None
    name: str = ""
    visible: bool = False  # a new appearance that takes room on the page
    box: tuple[float, float, float, float] | None = None  # where, in page units
    born: int = 0  # first revision in which the object exists
    blind: bool = False  # may look otherwise elsewhere than where we draw it
    beneath: bool = False  # it replaces a look of its own; what counts is the page beneath
    covers: bool | None = None  # signed content is hidden under it, or uncovered; None = not known

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """What a sentence about it needs."""
        items = {"revision": str(self.revision + 1), "object": str(self.number) if self.number else ""}
        items |= {"page": str(self.page) if self.page else "", "name": self.name}
        items |= {"covers-content": "yes" if self.covers else ""}
        return tuple((key, value) for key, value in items.items() if value)
