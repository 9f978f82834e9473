from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.signrequests.cast import Stage, make_stage


@pytest.fixture
def stage(tmp_path: Path, db: None) -> Stage:
    return make_stage(tmp_path)
