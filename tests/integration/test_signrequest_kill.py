"""SIGKILL in the middle, then a new start: no posted request and no finished signature is lost, nothing is doubled."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.signrequest_victim import POINTS

ROOT = Path(__file__).resolve().parents[2]


def _command(data: Path, *arguments: str) -> tuple[list[str], dict[str, str]]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("MSIGN_", "DJANGO_"))}
    return (
        [sys.executable, "-m", "tests.integration.signrequest_victim", *arguments],
        {**environ, "MSIGN_DATA": str(data), "MSIGN_SANDBOX": "false"},
    )


def _run(data: Path, *arguments: str) -> list[dict[str, object]]:
    command, environ = _command(data, *arguments)
    done = subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def _kill_after(data: Path, lines: int, *arguments: str) -> list[dict[str, object]]:
    """Start a victim, read so many lines of it, kill it; return what it had said until then."""
    command, environ = _command(data, *arguments)
    victim = subprocess.Popen(command, env=environ, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert victim.stdout is not None
    said = [victim.stdout.readline() for _ in range(lines)]
    victim.send_signal(signal.SIGKILL)
    rest = victim.stdout.read().splitlines(keepends=True)
    victim.wait()
    victim.stdout.close()
    return [json.loads(line) for line in said + rest if line.endswith("\n")]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("prepared")
    _run(data, "prepare")
    return data


@pytest.fixture
def data(prepared: Path, tmp_path: Path) -> Iterator[Path]:
    shutil.copytree(prepared, tmp_path / "data")
    yield tmp_path / "data"
    shutil.rmtree(tmp_path / "data")


@pytest.mark.parametrize("posts", [1, 7])
def test_every_request_whose_id_was_given_out_is_there_after_a_kill(data: Path, posts: int) -> None:
    said = _kill_after(data, posts, "post")
    given_out = {one["posted"] for one in said}
    assert len(given_out) >= posts
    *requests, summary = _run(data, "finish")
    assert given_out <= {one["request"] for one in requests}
    assert all(one["whole"] and one["status"] == "Pending" for one in requests)
    assert summary["intact"]


@pytest.mark.parametrize("point", POINTS)
def test_a_session_killed_at_any_point_is_finished_once_by_the_next_worker(data: Path, point: str) -> None:
    said = _kill_after(data, 2, "sign", point)
    assert said[1] == {"point": point}
    request, summary = _run(data, "finish")
    assert request["request"] == said[0]["posted"]
    assert request["status"] == "Success"
    assert request["signatures"] == [int(str(request["documents"][0])) + len("% signed 1")]  # type: ignore[index]
    assert summary["intact"]
    assert summary["calls"] == (["start"] if point in ("asking", "answered") else [])
    assert summary["files"] == (3 if point == "stored" else 2)  # what the killed one stored is swept later
    assert not summary["workspaces"]
