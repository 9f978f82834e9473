"""What the bench measures is the real thing: real tokens, real documents."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pypdfium2
import pytest

from msign.kernel.clock import SystemClock
from msign.ops.bench_rows import paired
from msign.ops.bench_scaling import Pace, scaling
from msign.ops.bench_stage import Bench, write_pdf
from msign.pdf.lean import LeanPdf
from msign.pki.tsquery import check_answer
from msign.signing.longterm import signature_containers


@pytest.mark.parametrize("size", [50 * 1024, 3 * 1024 * 1024])
def test_documents_have_their_size_and_are_plain(size: int, tmp_path: Path) -> None:
    write_pdf(tmp_path / "a.pdf", size)
    content = (tmp_path / "a.pdf").read_bytes()
    assert abs(len(content) - size) < 4096
    assert LeanPdf(content).size == 23
    assert len(pypdfium2.PdfDocument(tmp_path / "a.pdf")) == 10


def test_the_measured_signature_is_a_whole_one(tmp_path: Path) -> None:
    bench = Bench(tmp_path, 50 * 1024)
    bench.sign()
    assert len(signature_containers(bench.target)) == 1
    bench.complete()
    bench.complete()
    bench.stock()
    assert len(signature_containers(bench.target)) == 1


def test_the_local_authority_gives_tokens_that_hold(tmp_path: Path) -> None:
    imprint = hashlib.sha256(b"data").digest()
    token = Bench(tmp_path, 50 * 1024).tsa.timestamp(imprint, "sha256")
    assert check_answer(token, imprint=imprint, algorithm="sha256", now=SystemClock().now())


def test_work_in_turns_is_compared_pair_by_pair() -> None:
    turns: list[str] = []
    quick, slow, ratio = paired(lambda: turns.append("a"), lambda: turns.append("b"), runs=3)
    assert turns[-6:] == ["a", "b"] * 3
    assert min(quick, slow, ratio) > 0


def test_the_rest_of_two_cores_is_explained() -> None:
    turns = [(Pace(4.0, 4.0, 0.0), Pace(wall, 5.0, 1.0)) for wall in (2.0, 2.5, 4.0)]
    assert str(scaling(turns)) == "1.60 times one (2.00 without waits for a core, core time a piece +25%)"
    assert str(scaling([(Pace(4.0), Pace(2.0))])) == "2.00 times one (2.00 without waits for a core)"
