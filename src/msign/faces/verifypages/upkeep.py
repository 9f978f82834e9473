"""The promise of the verify page, kept also when nobody comes: files go after their minutes."""

from __future__ import annotations

from dataclasses import dataclass

from msign.faces.verifypages.cases import Cases
from msign.jobs.values import Later, Outcome, Task

SWEEP_JOB = "verifypages.sweep"
_EVERY_MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Sweep:
    """Removes cases that are past their time."""

    cases: Cases

    def work(self, _task: Task) -> Outcome:
        """Sweep once, and come again."""
        self.cases.sweep()
        return Later(_EVERY_MINUTE)
