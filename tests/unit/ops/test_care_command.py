"""`msign care`: what an operator types."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from msign.ops.care import care

pytestmark = pytest.mark.django_db


@pytest.fixture
def typed(tmp_path: Path) -> CliRunner:
    return CliRunner(env={"MSIGN_DATA": str(tmp_path / "data")})


def run(typed: CliRunner, *words: str) -> Result:
    return typed.invoke(care, words)


def test_a_file_goes_under_care_and_comes_back(typed: CliRunner, tmp_path: Path) -> None:
    file = tmp_path / "contract.pdf"
    file.write_bytes(b"%PDF-1.7 signed")
    name = run(typed, "add", str(file)).output.split()[0]
    (row,) = json.loads(run(typed, "list", "--json").output)
    assert (row["shelf"], row["name"], row["level"], row["given_up"]) == ("submitted", name, "", False)
    assert name in run(typed, "list").output
    assert run(typed, "look", name).exit_code == 0
    assert "contract.pdf" in run(typed, "fetch", name, str(tmp_path / "back.pdf")).output
    assert (tmp_path / "back.pdf").read_bytes() == file.read_bytes()
    assert run(typed, "drop", name).exit_code == 0
    assert "msign care add" in run(typed, "list").output


@pytest.mark.parametrize("words", [("fetch", "../secret", "x"), ("drop", "0" * 32), ("look", "0" * 32)])
def test_a_name_that_is_not_there_is_told(typed: CliRunner, words: tuple[str, ...]) -> None:
    result = run(typed, *words)
    assert result.exit_code == 1
    assert "under care" in result.output
