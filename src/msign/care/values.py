"""What care works with, and what it tells."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from msign.kernel.words import SignatureLevel
from msign.signing.care import DEFAULT_MARGIN

SUBMITTED = "submitted"  # the shelf of files that somebody put under care by hand


@dataclass(frozen=True, slots=True)
class Loan:
    """A copy of a file as it is now. ``version`` names this state; ``content`` is the detached signed file, if any."""

    path: Path
    version: str
    content: Path | None = None


class Shelf(Protocol):
    """Where signed files lie that belong to somebody else."""

    def names(self) -> Iterable[str]:
        """Return the names of all files that are to be cared for."""
        ...

    def lend(self, name: str, folder: Path) -> Loan | None:
        """Put a copy of a file into ``folder``; ``None`` if it is not there any more."""
        ...

    def take_back(self, name: str, raised: Path, version: str) -> bool:
        """Replace the file if it is still that version, in one step that survives a kill; tell whether it was."""
        ...


@dataclass(frozen=True, slots=True)
class CareRules:
    """How far files are raised, and how long before the end of protection the next time-stamp comes."""

    level: SignatureLevel = SignatureLevel.LTA
    margin: dt.timedelta = DEFAULT_MARGIN


@dataclass(frozen=True, slots=True)
class CareState:
    """How a file is doing."""

    shelf: str
    name: str
    taken_in: dt.datetime
    looked_at: dt.datetime | None
    next_look: dt.datetime
    level: str
    protected_until: dt.datetime | None
    raised: int
    problem: str
    given_up: bool
