"""Old files and old visits go by themselves."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings

from msign.faces.signpages.upkeep import remove_old_visits
from msign.faces.verifypages.cases import Cases
from msign.faces.verifypages.upkeep import SWEEP_JOB, Sweep
from msign.jobs.values import Later, Task
from msign.kernel.clock import FixedClock, SystemClock

TASK = Task(SWEEP_JOB, "all", {}, 1)


def test_the_sweep_removes_what_is_past_its_time_and_comes_again(tmp_path: Path) -> None:
    clock = FixedClock()
    cases = Cases(folder=tmp_path / "verify", clock=clock, keep=dt.timedelta(minutes=15))
    token = cases.accept(SimpleUploadedFile("a.pdf", b"%PDF-"), None, is_pdf=True)
    assert isinstance(Sweep(cases).work(TASK), Later)
    assert cases.find(token) is not None
    clock.move(minutes=16)
    Sweep(cases).work(TASK)
    assert list((tmp_path / "verify").iterdir()) == []


def test_what_another_sweep_took_first_stops_nothing(tmp_path: Path) -> None:
    clock = FixedClock()
    cases = Cases(folder=tmp_path, clock=clock, keep=dt.timedelta(minutes=15))
    token = cases.accept(SimpleUploadedFile("a.pdf", b"%PDF-"), None, is_pdf=True)
    clock.move(minutes=16)
    (tmp_path / ("0" * 32)).symlink_to(tmp_path / "gone")  # listed, but no longer there when it is looked at
    assert cases.sweep() == 1
    assert not (tmp_path / token).exists()


def test_a_case_that_is_still_being_written_is_neither_found_nor_removed(tmp_path: Path) -> None:
    cases = Cases(folder=tmp_path, clock=SystemClock(), keep=dt.timedelta(minutes=15))
    begun = tmp_path / ("0" * 32)
    begun.mkdir()
    (begun / "facts.json.new").write_text('{"name": ', "utf-8")
    assert cases.find(begun.name) is None
    assert cases.sweep() == 0
    assert begun.is_dir()


def test_the_sweep_of_an_unused_folder_is_harmless(tmp_path: Path) -> None:
    cases = Cases(folder=tmp_path / "none", clock=FixedClock(), keep=dt.timedelta(minutes=15))
    assert isinstance(Sweep(cases).work(TASK), Later)


def test_old_visits_are_removed_by_the_session_engine() -> None:
    with override_settings(SESSION_ENGINE="django.contrib.sessions.backends.cache"):
        assert isinstance(remove_old_visits(TASK), Later)
