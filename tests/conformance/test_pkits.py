"""NIST PKITS: 246 certification paths, every one judged as the suite says."""

from __future__ import annotations

import pytest
from tools import pkits

from tests.support.corpus import CORPUS, needs_corpus

FOLDER = CORPUS / "nist-pkits"
CASES = pkits.cases(FOLDER)


@needs_corpus
@pytest.mark.corpus
@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_path_is_judged_as_pkits_says(case: pkits.Case) -> None:
    assert pkits.passes(case, FOLDER) is pkits.expected(case)


@needs_corpus
@pytest.mark.corpus
def test_the_suite_is_complete() -> None:
    assert len(CASES) == 246
