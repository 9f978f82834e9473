"""Where one kind of signature was agreed upon, a good one of another kind is none."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest

from msign.config.judging import EnvironmentValidator
from msign.validation.looking import Looker
from msign.validation.model import DocumentReport, Verdict
from msign.validation.pool import Content, JudgePool
from tests.support import reports


@dataclass
class Pool:
    """Finds every file good, and of one format."""

    format: str

    def judge(self, _path: Path, _contents: tuple[Content, ...] = ()) -> DocumentReport:
        return reports.document(Verdict.VALID, reports.signature(), format=self.format)


@pytest.mark.parametrize("found", ["pades", "xades", "cades", "asic"])
def test_only_the_kind_that_was_agreed_upon_counts(tmp_path: Path, found: str) -> None:
    pool = cast(JudgePool, Pool(found))
    validator = EnvironmentValidator(pool=pool, looker=Looker(pool), scratch=tmp_path)
    pdf, xades = validator.pdf(tmp_path / "a"), validator.xades(b"<x/>", b"x" * 32)
    assert (pdf.valid, xades.valid) == (found == "pades", found == "xades")
    for wanted, report in (("pades", pdf), ("xades", xades)):
        assert report.refused == (None if found == wanted else "format-unexpected")
    assert validator.file(tmp_path / "a").valid
