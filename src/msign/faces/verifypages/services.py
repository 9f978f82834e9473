"""What the verify pages need; the wiring fills it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from msign.frame.previews import PageImages
from msign.kernel.clock import Clock
from msign.kernel.limits import MIB
from msign.validation.model import DocumentReport


class Judge(Protocol):
    """The validation engine behind its limits. A file it cannot judge gives a report that says so, no exception."""

    def pdf(self, document: Path) -> DocumentReport:
        """Judge every signature of a PDF."""
        ...

    def xades(self, signature: Path, original: Path | None, name: str) -> DocumentReport:
        """Judge an XML signature; ``original`` is the signed file called ``name``, where the visitor gave one."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyServices:
    """Collaborators of the verify pages. ``folder`` is theirs alone and holds files for ``keep_minutes``."""

    judge: Judge
    folder: Path
    clock: Clock
    images: PageImages
    max_file_bytes: int = 100 * MIB
    keep_minutes: int = 15
