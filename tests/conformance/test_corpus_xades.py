"""The shared corpus of XML signatures: every row answered as expected."""

from __future__ import annotations

import pytest
from tools import corpus

from tests.support.corpus import CORPUS, needs_corpus

ROWS = list(corpus.rows(CORPUS, {"xades", "xades-hashcode"}, "")) if (CORPUS / "expected.csv").is_file() else []


@needs_corpus
@pytest.mark.corpus
@pytest.mark.parametrize("row", ROWS, ids=[f"{r['file']} {r['detached_content'][:40]}" for r in ROWS])
def test_a_row_is_answered_as_expected(row: dict[str, str]) -> None:
    outcome = corpus.judge(row, CORPUS)
    assert outcome.contested or not outcome.wrong, f"{outcome.wrong}; {row['note']}; we say: {outcome.why}"


@needs_corpus
@pytest.mark.corpus
def test_the_corpus_is_complete() -> None:
    assert len(ROWS) == 88
