"""The shared corpus of XML signatures: every row answered as expected."""

from __future__ import annotations

import re

import pytest
from tools import corpus

from msign.pki.trust import TrustStore
from msign.validation.engine import Validator
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


@needs_corpus
@pytest.mark.corpus
@pytest.mark.parametrize("name", ["xades-x-level.xml", "xades-x-level-v2.xml"])
def test_time_stamps_over_references_to_evidence_cover_what_they_should(name: str) -> None:
    """Their authority is trusted by nobody here; that the imprint fits is what counts."""
    data = (CORPUS / "dss-xades" / name).read_bytes()

    def reasons(xml: bytes) -> list[str]:
        [signature] = Validator(trust=TrustStore()).xades(xml).signatures
        [stamp] = [one for one in signature.timestamps if one.kind == "references"]
        return [str(reason.code) for reason in stamp.reasons]

    assert reasons(data) == ["timestamp-chain-not-found"]
    changed = re.sub(rb"(CompleteRevocationRefs)", rb"\1 Id='other'", data, count=1)
    assert "timestamp-imprint-differs" in reasons(changed)
