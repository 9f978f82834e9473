"""Every parser: what once broke one is replayed, and a short round of new damage is run (`make fuzz` runs long ones)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import fuzzing

pytestmark = pytest.mark.filterwarnings("ignore:Duplicate name")  # the packer that makes damaged containers
ASSETS = sorted(fuzzing.ASSETS.glob("*/*.bin"))


@pytest.mark.parametrize("asset", ASSETS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_what_once_broke_a_parser_is_answered(asset: Path) -> None:
    assert fuzzing.trouble(asset.parent.name, asset.read_bytes()) == ""


@pytest.mark.parametrize("target", fuzzing.TARGETS)
def test_honest_inputs_are_read(target: str) -> None:
    for seed in fuzzing.TARGETS[target].seeds():
        assert fuzzing.trouble(target, seed) == ""


def test_a_short_round_over_every_parser_finds_nothing() -> None:
    found = list(fuzzing.findings(list(fuzzing.TARGETS), 20260302, iter(range(40))))
    assert [(one.target, one.why) for one in found] == []
