"""Posted files are looked at behind limits; what breaks one is never taken for harmless."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from msign.kernel.limits import MIB
from msign.pdf.errors import Refusal
from msign.validation.looking import Looker, failed
from msign.validation.model import Modification
from msign.validation.pades.precheck import Looked
from msign.validation.pool import Bounds, JudgePool, WorkerSetup
from tests.support import attacks
from tests.support.documents import write_pdf


@pytest.fixture(scope="module")
def looker() -> Iterator[Looker]:
    pool = JudgePool(setup=WorkerSetup(), size=1)
    yield Looker(pool)
    pool.close()


def file(folder: Path, data: bytes) -> Path:
    path = folder / "a.pdf"
    path.write_bytes(data)
    return path


def test_a_readable_file_is_told_from_a_signed_one(looker: Looker, tmp_path: Path) -> None:
    assert looker.look(write_pdf(tmp_path / "plain.pdf"), MIB) == Looked()
    assert looker.look(file(tmp_path, attacks.victim()), MIB) == Looked(signed=True)


def test_why_a_file_cannot_be_read_is_told(looker: Looker, tmp_path: Path) -> None:
    assert looker.look(file(tmp_path, b"PK\x03\x04"), MIB).refused == Refusal.NOT_A_PDF
    assert looker.look(file(tmp_path, b"%PDF-1.7\nnothing"), MIB).refused in set(Refusal)
    assert looker.look(file(tmp_path, attacks.victim()), 100).refused == Refusal.TOO_LARGE


def test_what_came_after_so_many_bytes_is_told(looker: Looker, tmp_path: Path) -> None:
    signed = attacks.victim()
    assert looker.changes(file(tmp_path, signed), len(signed)) is Modification.NONE
    changed = file(tmp_path, attacks.page_added(signed))
    assert looker.changes(changed, len(signed)) is Modification.UNDEFINED


def test_a_file_that_breaks_a_bound_is_unreadable_and_changed(tmp_path: Path) -> None:
    pool = JudgePool(setup=WorkerSetup(), size=1, bounds=Bounds(seconds_per_unit=0.0001, network_seconds=0.0))
    looker = Looker(pool)
    try:
        assert looker.look(file(tmp_path, attacks.victim()), MIB).refused == "time-limit"
        assert looker.changes(file(tmp_path, attacks.victim()), 10) is Modification.UNDEFINED
    finally:
        pool.close()


def test_a_defect_of_ours_is_never_taken_for_harmless(tmp_path: Path) -> None:
    class Broken:
        def ask(self, *_arguments: object, **_named: object) -> bytes:
            return failed(ValueError("?"))

    looker = Looker(Broken())  # type: ignore[arg-type]
    assert looker.look(tmp_path, MIB).refused == "validator-defect"
    assert looker.changes(tmp_path, 1) is Modification.UNDEFINED
