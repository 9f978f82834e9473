"""What the verify pages need; the wiring fills it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from msign.frame.previews import PageImages
from msign.kernel.clock import Clock
from msign.kernel.limits import MIB
from msign.validation.model import DocumentReport


@dataclass(frozen=True, slots=True)
class Original:
    """The file that an XML signature signs, or only its digests (algorithm such as ``sha256``, hexadecimal)."""

    name: str
    path: Path | None = None
    digests: tuple[tuple[str, str], ...] = ()


class Judge(Protocol):
    """The validation engine behind its limits. A file it cannot judge gives a report that says so, no exception."""

    def pdf(self, document: Path) -> DocumentReport:
        """Judge every signature of a PDF."""
        ...

    def other(self, signature: Path, original: Original | None) -> DocumentReport:
        """Judge a signature or container, over ``original`` where the visitor gave one."""
        ...


class Seal(Protocol):
    """The service's own seal, for receipts."""

    @property
    def owner(self) -> str:
        """Whom the seal's certificate names."""
        ...

    def seal(self, source: Path, target: Path) -> None:
        """Write the PDF ``source`` with the seal to ``target``. Raises ``MSignError`` (``UNAVAILABLE`` and others)."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyServices:
    """Collaborators of the verify pages. ``folder`` is theirs alone and holds files for ``keep_minutes``.

    Without a ``seal`` no receipts are made, and the page says so. ``public_url`` is where people reach these pages.
    """

    judge: Judge
    folder: Path
    clock: Clock
    images: PageImages
    seal: Seal | None = None
    public_url: str = "http://localhost"
    max_file_bytes: int = 100 * MIB
    keep_minutes: int = 15
