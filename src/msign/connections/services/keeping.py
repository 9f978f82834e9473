"""Contracts and annexes in force, as long-term care sees them: they are proof for years."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction

from msign.care.values import Loan
from msign.connections.actors import SYSTEM
from msign.connections.models import Document
from msign.connections.ports import Desk
from msign.connections.services import papers


@dataclass(frozen=True, slots=True)
class PaperShelf:
    """The signed copies that the desk keeps. Their names are the papers' numbers."""

    desk: Desk

    def names(self) -> Iterator[str]:
        """Yield the numbers of all papers that both sides have signed."""
        yield from Document.objects.filter(state__in=("in-force", "ended"), in_force_since__isnull=False).values_list(
            "number", flat=True
        )

    def lend(self, name: str, folder: Path) -> Loan | None:
        """Write a copy of a paper into ``folder``."""
        document = Document.objects.filter(number=name, signed__isnull=False).first()
        if document is None or document.signed is None:
            return None
        copy = bytes(document.signed)
        path = folder / "paper.pdf"
        path.write_bytes(copy)
        return Loan(path, hashlib.sha256(copy).hexdigest())

    def take_back(self, name: str, raised: Path, version: str) -> bool:
        """Replace a paper's copy, if it is still that version."""
        copy = raised.read_bytes()
        with transaction.atomic():
            document = Document.objects.select_for_update().select_related("case").get(number=name)
            if hashlib.sha256(bytes(document.signed or b"")).hexdigest() != version:
                return False
            Document.objects.filter(pk=document.pk).update(signed=copy)
            papers.audit(self.desk, SYSTEM, document.case, document.kind, "raised", copy)
        return True
