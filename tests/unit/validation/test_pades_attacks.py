"""No attack is ever called valid; no honest twin is ever refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from msign.validation.context import ValidationContext
from msign.validation.model import Indication, Integrity, Modification, Severity, Verdict
from msign.validation.pades.judge import validate_pdf
from tests.support.attacks import ATTACKS as FIRST_ATTACKS
from tests.support.attacks import TWINS as FIRST_TWINS
from tests.support.attacks import victim
from tests.support.attacks_entries import ENTRIES, ENTRY_TWINS
from tests.support.attacks_look import LOOK_TWINS, LOOKS
from tests.support.attacks_structure import STRUCTURE, STRUCTURE_TWINS
from tests.support.pdfsign import context

ATTACKS = FIRST_ATTACKS | STRUCTURE | LOOKS | ENTRIES
TWINS = FIRST_TWINS | STRUCTURE_TWINS | LOOK_TWINS | ENTRY_TWINS


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> ValidationContext:
    return context(tmp_path_factory.mktemp("trust"))


def test_the_victim_itself_is_valid(judged: ValidationContext) -> None:
    report = validate_pdf(victim(), judged)
    assert report.verdict is Verdict.VALID
    assert report.signatures[0].modification is Modification.NONE


@pytest.mark.parametrize("name", ATTACKS)
def test_attack_is_not_valid(name: str, judged: ValidationContext) -> None:
    report = validate_pdf(ATTACKS[name](victim()), judged)
    assert report.verdict is not Verdict.VALID
    assert not (report.signatures and report.signatures[0].passed)
    for signature in report.signatures[:1]:
        assert [reason for reason in signature.reasons if reason.severity is Severity.FAIL], "no reason was given"


@pytest.mark.parametrize("name", TWINS)
def test_honest_twin_stays_valid(name: str, judged: ValidationContext) -> None:
    report = validate_pdf(TWINS[name](victim()), judged)
    failing = [reason for s in report.signatures for reason in s.reasons if reason.severity is Severity.FAIL]
    assert failing == []
    assert report.verdict is Verdict.VALID
    assert all(s.integrity is Integrity.VALID for s in report.signatures)
    assert all(s.indication is Indication.TOTAL_PASSED for s in report.signatures)


def test_later_files_are_attacked_through_paths_too(tmp_path: Path, judged: ValidationContext) -> None:
    path = tmp_path / "attacked.pdf"
    path.write_bytes(ATTACKS["isa content"](victim()))
    assert validate_pdf(path, judged).verdict is Verdict.CHANGED
