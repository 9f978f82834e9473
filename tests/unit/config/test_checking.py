"""What `msign check` and the operator's page say of providers is one and the same."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from msign.config.checking import check_all, instrument_rows
from msign.config.options import load
from msign.config.wiring import Services, build
from msign.kernel.clock import FixedClock
from msign.signrequests.models import ProviderCheck

LISTED = '[remote-qes]\nurl = "https://csc.example"\ntokens = ["service-token"]\n[calm]\nurl = "https://calm.example"\n'


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    listed = tmp_path / "provider" / "csc.toml"
    listed.parent.mkdir()
    listed.touch(mode=0o600)
    listed.write_text(LISTED)
    made = build(load({"MSIGN_DATA": str(tmp_path)}), FixedClock())
    yield made
    for provider in made.registry.providers:
        provider.close()  # type: ignore[attr-defined]


@pytest.mark.django_db
def test_what_the_worker_found_is_said_in_both_places(services: Services, tmp_path: Path) -> None:
    (tmp_path / "msign.sqlite3").touch()
    now = services.clock.now()
    row = {"checked_at": now, "trouble": "answered 503", "since": now - dt.timedelta(minutes=1)}
    ProviderCheck.objects.create(provider="remote-qes", **row)
    found = {one.subject: one.problems for one in check_all(services) if one.area == "provider health"}
    assert found == {"remote-qes": (f"answered 503 ({now:%Y-%m-%d %H:%M:%S} UTC)",), "calm": ()}
    qes = next(one for one in instrument_rows(services)[1] if one.identifier == "remote-qes")
    assert (qes.reachable, qes.trouble, qes.checked_at) == (False, "answered 503", now)


def test_without_books_nothing_is_asked_and_no_file_is_made(services: Services, tmp_path: Path) -> None:
    assert "provider health" not in {one.area for one in check_all(services)}
    assert not (tmp_path / "msign.sqlite3").exists()
