"""Values that the components take; views make them, templates only place them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a progress tracker: ``completed``, ``current``, ``incomplete`` or ``blocked``."""

    label: str
    state: str = "incomplete"


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab: a plain link, marked when it is the present page."""

    label: str
    url: str
    current: bool = False
    count: int | None = None


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """One answer on a check-answers page. ``object`` names what "Change" changes, for screen readers."""

    label: str
    value: str
    url: str = ""
    object: str = ""


def steps(labels: list[str], current: int, *, blocked: bool = False) -> list[Step]:
    """Return a linear tracker standing at ``current`` (0-based); past the last one everything is completed."""
    present = "blocked" if blocked else "current"
    return [
        Step(label, "completed" if at < current else present if at == current else "incomplete")
        for at, label in enumerate(labels)
    ]
