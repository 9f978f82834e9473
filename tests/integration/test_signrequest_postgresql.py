"""The same rooms on PostgreSQL: their whole unit tests, races included, against a server of their own."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from msign.ops.instance import free_port

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("jobs", "audit", "access", "signrequests")
ACCOUNTS = ("postgres", "nobody")  # the server refuses to run as root

pytestmark = [
    pytest.mark.tool,
    pytest.mark.skipif(shutil.which("initdb") is None or shutil.which("pg_ctl") is None, reason="no PostgreSQL server"),
    pytest.mark.skipif(importlib.util.find_spec("psycopg") is None, reason="psycopg is not installed"),
]


def _account() -> str | None:
    if os.getuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in ACCOUNTS if name in known), None)


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("MSIGN_", "PYTEST_"))}


def _quietly(*command: str, folder: Path) -> None:
    """Run a command of the server; its output goes to a file, because the server keeps what it was given open."""
    with (folder / "output").open("ab") as output:
        subprocess.run(
            command, user=_account(), cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=True
        )


@pytest.fixture
def server() -> Iterator[str]:
    folder = Path(tempfile.mkdtemp(prefix="msign-pg-"))
    if (account := _account()) is not None:
        shutil.chown(folder, account)
    port = free_port()
    data = str(folder / "data")
    options = f"-p {port} -h 127.0.0.1 -k {folder} -c fsync=off"
    try:
        _quietly("initdb", "-D", data, "-A", "trust", "-U", "msign", "--no-sync", folder=folder)
        _quietly("pg_ctl", "-D", data, "-w", "-o", options, "start", folder=folder)
        yield f"postgresql://msign@127.0.0.1:{port}/postgres"
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            _quietly("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop", folder=folder)
        shutil.rmtree(folder)


@pytest.mark.timeout(300)
def test_the_rooms_behave_the_same_on_postgresql(server: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "0", "-q", *(f"tests/unit/{room}" for room in ROOMS)],
        cwd=ROOT,
        env={**_environment(), "MSIGN_DATABASE_URL": server},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:]
