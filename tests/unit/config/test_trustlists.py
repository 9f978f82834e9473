"""The worker's job for trusted lists: on time, told once, and never fatal."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from click.testing import CliRunner

from msign.audit import queries
from msign.config import trustlists
from msign.config.options import Options, Trust
from msign.jobs.models import Job
from msign.jobs.values import Later, Task
from msign.kernel.clock import FixedClock
from msign.ops.trust import trust
from msign.pki.storedlists import read_anchors
from tests.support.pki import MOMENT, Pki
from tests.unit.validation.test_trustlist_folder import followed, qualified_list

DAY = dt.timedelta(days=1)


def work(options: Options, clock: FixedClock) -> Later:
    outcome = trustlists.handlers(options, clock)[trustlists.JOB](Task(trustlists.JOB, "test", {}, 1))
    assert isinstance(outcome, Later)
    return outcome


def told() -> list[dict[str, object]]:
    return [event.facts for event in queries.events(subject="trust:test", newest_first=False, limit=20)]


@pytest.mark.django_db
def test_the_worker_refreshes_on_time_and_the_trail_tells_changes_only(pki: Pki, tmp_path: Path) -> None:
    options = Options(data=str(tmp_path), trust=Trust(online=False, lists_hours=1))
    folder, clock = tmp_path / "trust", FixedClock()
    assert work(options, clock).seconds == trustlists.LOOK_SECONDS  # no lists.toml: nothing to do
    assert trustlists.warnings(options) == []
    followed(pki, folder, qualified_list(pki, sequence=3, due=MOMENT + 90 * DAY))
    work(options, clock)
    assert len(read_anchors(folder)) == 1
    work(options, clock)
    (folder / "list.xml").write_bytes(b"<damaged")
    work(options, clock)  # not due yet: nobody notices
    assert trustlists.warnings(options) == []
    for _ in range(2):
        clock.move(hours=1)
        work(options, clock)
    assert len(read_anchors(folder)) == 1
    assert trustlists.warnings(options) == [f"trusted-list-refresh-failed: {folder / 'list.xml'}"]
    assert trustlists.warning_codes(options) == ["trusted-list-refresh-failed"]
    failed = f"trusted-list-refresh-failed {folder / 'list.xml'}"
    assert told() == [{"lists": ["MD 3"], "alarms": []}, {"lists": ["MD 3"], "alarms": [failed]}]


@pytest.mark.django_db
def test_without_any_good_list_it_tries_again_at_once(pki: Pki, tmp_path: Path) -> None:
    options = Options(data=str(tmp_path), trust=Trust(online=False))
    followed(pki, tmp_path / "trust", qualified_list(pki), signer="elena")  # signed by somebody else
    assert work(options, FixedClock()).seconds == trustlists.FIRST_SECONDS
    assert "trusted-list-missing" in trustlists.warning_codes(options)


@pytest.mark.django_db
def test_a_wrong_choice_is_logged_and_the_worker_goes_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "trust").mkdir()
    (tmp_path / "trust" / "lists.toml").write_text("[md")
    work(Options(data=str(tmp_path), trust=Trust(online=False)), FixedClock())
    assert "lists.toml" in caplog.text


@pytest.mark.django_db
def test_one_job_looks_after_a_folder_that_two_environments_share(tmp_path: Path) -> None:
    trustlists.schedule(Options(data=str(tmp_path)), FixedClock())
    trustlists.schedule(Options(data=str(tmp_path), sandbox=False), FixedClock())
    assert sorted(Job.objects.filter(kind=trustlists.JOB).values_list("key", flat=True)) == ["production", "test"]


def test_the_command_refreshes_and_shows_any_folder(pki: Pki, tmp_path: Path) -> None:
    folder = followed(pki, tmp_path, qualified_list(pki, sequence=8))
    nothing = CliRunner().invoke(trust, ["show", "--trust", str(folder)])
    assert (nothing.exit_code, nothing.output) == (0, "No trusted list has been fetched.\n")
    first = CliRunner().invoke(trust, ["refresh", "--offline", "--trust", str(folder)])
    assert "MD 8: 1 services" in first.output
    shown = CliRunner().invoke(trust, ["show", "--json", "--trust", str(folder)])
    assert '"sequence": 8' in shown.output
