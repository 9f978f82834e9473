"""Recurring work of the faces, wired for the worker."""

from __future__ import annotations

import datetime as dt

from msign.config.options import Options
from msign.faces.signpages.upkeep import VISITS_JOB, remove_old_visits
from msign.faces.soap.upkeep import SCRATCH_JOB, ScratchSweep
from msign.faces.verifypages.cases import Cases
from msign.faces.verifypages.upkeep import SWEEP_JOB, Sweep
from msign.jobs import services as jobs
from msign.jobs.values import Handler
from msign.kernel.clock import Clock

KEEP_MINUTES = 15  # of files sent for verification; the pages say so


def handlers(options: Options, clock: Clock) -> dict[str, Handler]:
    """Return what the worker does for the faces: kind of job -> handler."""
    cases = Cases(folder=options.data_path / "verify", clock=clock, keep=dt.timedelta(minutes=KEEP_MINUTES))
    scratch = ScratchSweep(options.scratch_path, clock)
    return {VISITS_JOB: remove_old_visits, SWEEP_JOB: Sweep(cases).work, SCRATCH_JOB: scratch.work}


def schedule(clock: Clock) -> None:
    """Make sure that the recurring jobs exist."""
    for kind in (VISITS_JOB, SWEEP_JOB, SCRATCH_JOB):
        jobs.ensure(kind, "all", {}, clock.now())
