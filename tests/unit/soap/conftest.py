from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.soap.support import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.app.close()
    assert made.store.open == 0, "a content was neither finished nor aborted"
