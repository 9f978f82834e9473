"""What killed processes left of their calls is swept; what is in use stays."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

from msign.config.options import load
from msign.config.pagecare import handlers
from msign.faces.soap.upkeep import AGE, SCRATCH_JOB
from msign.jobs.values import Later, Task
from msign.kernel.clock import FixedClock

TASK = Task(SCRATCH_JOB, "all", {}, 1)


def aged(path: Path, moment: dt.datetime) -> None:
    os.utime(path, (moment.timestamp(), moment.timestamp()), follow_symlinks=False)


def test_only_what_nobody_can_be_using_goes(tmp_path: Path) -> None:
    clock, options = FixedClock(), load({"MSIGN_DATA": str(tmp_path)})
    scratch, elsewhere = options.scratch_path, tmp_path / "elsewhere"
    for folder in (scratch / "msign-verify-left", scratch / "msign-verify-used", elsewhere):
        folder.mkdir(parents=True)
        (folder / "1").write_bytes(b"a person's document")
    (scratch / "tmpfile").touch()
    (scratch / "link").symlink_to(elsewhere)
    for name in ("msign-verify-left", "tmpfile", "link"):
        aged(scratch / name, clock.now() - AGE - dt.timedelta(seconds=1))
    aged(scratch / "msign-verify-used", clock.now() - AGE + dt.timedelta(minutes=1))
    sweep = handlers(options, clock)[SCRATCH_JOB]
    assert isinstance(sweep(TASK), Later)
    assert [path.name for path in scratch.iterdir()] == ["msign-verify-used"]
    assert (elsewhere / "1").exists()


def test_a_folder_that_was_never_needed_is_no_trouble(tmp_path: Path) -> None:
    options = load({"MSIGN_DATA": str(tmp_path / "new")})
    assert isinstance(handlers(options, FixedClock())[SCRATCH_JOB](TASK), Later)
