"""Files that cost more than they look are answered within the limits of a worker, or refused by the name of one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from msign.validation.model import Verdict
from msign.validation.pool import WORKER_FAILED, Content, JudgePool, WorkerSetup
from tests.support.bombs import BOMBS
from tests.support.pki import MOMENT

CONTENT = Content("", algorithm="sha256", digest="00" * 32)


@pytest.fixture(scope="module")
def pool(trust_folder: Path) -> Iterator[JudgePool]:
    made = JudgePool(setup=WorkerSetup(trust=str(trust_folder), at=MOMENT.isoformat()), size=1)
    yield made
    made.close()


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_costs_its_sender_an_answer(pool: JudgePool, tmp_path: Path, name: str) -> None:
    """The pool itself enforces 2 seconds and 300 MB for each 5 MB: whatever needs more comes back refused."""
    path = tmp_path / "bomb"
    path.write_bytes(BOMBS[name]())
    report = pool.judge(path, (CONTENT,))
    assert report.verdict is not Verdict.VALID or name.startswith("xml")
    assert report.refused not in (WORKER_FAILED, "validator-defect"), report
    again = pool.judge(Path(__file__))
    assert again.refused == "format-unknown"  # and the service goes on
