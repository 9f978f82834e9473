"""Fixtures that the whole suite shares, and what a failure tells."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.support import witnesses
from tests.support.crowd import INSTRUMENTS
from tests.support.installation import Installation, running

# Many stories share it, and the operator of all of them signs in for each.
_SETTINGS = {"MSIGN_REGISTRY__CALLERS": "demo-client2", "MSIGN_DESK__SIGN_IN_LINKS_AN_HOUR": "100"}


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A running MSign with its sandbox; tests that use it share one (mark them with an xdist_group)."""
    data: Path = tmp_path_factory.mktemp("installation") / "var"
    data.mkdir(mode=0o700)
    (data / "instruments.toml").write_text(INSTRUMENTS, "utf-8")
    with running(data, settings=_SETTINGS) as started:
        yield started


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let a failure say what the browser showed and what the processes logged: it may not come a second time."""
    report = yield
    if report.failed:
        report.sections += witnesses.heard(getattr(item, "funcargs", {}))
    return report
