"""What a killed process left of the calls it was answering goes by itself."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from msign.jobs.values import Later, Outcome, Task
from msign.kernel.clock import Clock
from msign.kernel.disk import remove_older

SCRATCH_JOB = "scratch.sweep"
AGE = dt.timedelta(hours=6)  # far longer than any call takes
_HOURLY = 3600.0


@dataclass(frozen=True, slots=True)
class ScratchSweep:
    """Removes files of calls that nobody can be answering any more."""

    folder: Path
    clock: Clock

    def work(self, _task: Task) -> Outcome:
        """Sweep once, and come again."""
        remove_older(self.folder, self.clock.now() - AGE)
        return Later(_HOURLY)
