"""`msign check`: what is wrong, for people and for machines."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


def _check(folder: Path, *arguments: str, **settings: str) -> tuple[int, str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MSIGN_", "DJANGO_"))}
    environment |= {"MSIGN_DATA": str(folder), **settings}
    command = [sys.executable, "-m", "msign.ops.cli", "check", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A configuration that is wrong in several places, and says a secret in one of them."""
    (tmp_path / "provider").mkdir()
    agents, services = tmp_path / "provider" / "token.toml", tmp_path / "provider" / "csc.toml"
    for file, text in (
        (agents, '[own-agent]\nurl = "http://agent.example"\nhelp_url = "https://agent.example"\n'),
        (services, '[remote-one]\nurl = "http://csc.example"\ntokens = ["a-secret-token"]\n'),
    ):
        file.touch(mode=0o600)
        file.write_text(text)
    (tmp_path / "instruments.toml").write_text('[moldsign]\nprovider = "own-agent"\n')
    return tmp_path


def test_everything_that_is_wrong_is_named_and_no_secret(folder: Path) -> None:
    status, said = _check(folder, "--json")
    found = {(one["area"], one["subject"]): one["problems"] for one in json.loads(said)["findings"]}
    assert (status, json.loads(said)["ok"]) == (1, False)
    assert "must begin with https://" in found["providers", "own-agent"][0]
    assert "must begin with https://" in found["providers", "remote-one"][0]
    assert found["instruments", "moldsign"] == []
    assert found["instruments", "mobile"] == ["its provider sandbox-phone does not run"]
    assert "does not exist" in found["trust", "test"][0]
    assert "a-secret-token" not in said


def test_settings_that_cannot_be_read(folder: Path) -> None:
    assert _check(folder, MSIGN_SANDBX="false")[0] == 2
    (folder / "instruments.toml").write_text("[mobile]\ncolour = 1\n")
    status, said = _check(folder, "--quiet")
    assert status == 1
    assert "no such member: colour" in said
