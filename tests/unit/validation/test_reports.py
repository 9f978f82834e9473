"""Reports: whole in JSON, and every code in plain words of three languages."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

import msign.validation as room
from msign.kernel.errors import MSignError
from msign.kernel.languages import Language
from msign.pdf.errors import AnomalyKind, Refusal
from msign.pki.rfc5280 import PathDefect
from msign.pki.timestamps import TokenDefect
from msign.validation.engine import Validator
from msign.validation.model import Reason
from msign.validation.reports import words_pdf, words_signature, words_structure, words_trust
from msign.validation.reports.codec import decode_report, encode_report
from msign.validation.reports.machine import machine_report
from msign.validation.reports.sentences import REMEDIES, known_codes, sentence
from msign.validation.reports.text import text_report
from msign.validation.xades.references import Outcome
from tests.support.pki import Pki
from tests.unit.validation import forge

TABLES = {**words_trust.ROLE_ROWS, **words_trust.ROWS, **words_signature.ROWS, **words_pdf.ROWS, **words_structure.ROWS}
SOURCE = Path(room.__file__).parent
RAISED = re.compile(
    r"(?:failed|unclear|note|reason|Reason|_refused|XmlRefusedError)\(\s*(?:SubIndication\.\w+,\s*)?\"([a-z0-9-]+)\""
)
CHANGES = re.compile(r"ChangeKind\.\w+, \"([a-z-]+)\"")


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("code", sorted(TABLES))
def test_a_sentence_says_the_same_in_three_languages(code: str) -> None:
    remedy, english, romanian, russian = TABLES[code]
    assert remedy in REMEDIES
    assert placeholders(english) == placeholders(romanian) == placeholders(russian)
    assert len({english, romanian, russian}) == 3
    assert not set("şţŞŢ") & set(romanian)
    assert re.search("[а-яё]", russian)


def test_every_code_that_is_raised_has_a_sentence() -> None:
    text = "\n".join(path.read_text() for path in SOURCE.rglob("*.py") if path.parent.name != "reports")
    raised = set(RAISED.findall(text)) | set(CHANGES.findall(text)) | set(TokenDefect)
    raised |= set(Refusal) | {f"pdf-{kind.value}" for kind in AnomalyKind}
    raised |= {str(outcome) for outcome in Outcome if outcome is not Outcome.HOLDS}
    raised |= {f"{role}-{defect}" for role in words_trust.WHO for defect in PathDefect}
    assert sorted(raised - known_codes()) == []
    assert len(raised) > 60


def test_facts_fill_the_sentence_and_an_unknown_code_stands_for_itself() -> None:
    reason = Reason("reference-digest-differs", facts=(("uri", "contract.pdf"),))
    assert "contract.pdf" in sentence(reason, Language.RO).text
    assert sentence(Reason("never-heard-of"), Language.EN).text == "never-heard-of"


def test_braces_in_facts_do_no_harm() -> None:
    reason = Reason("reference-digest-differs", facts=(("uri", "{0}{x.__class__}"),))
    assert "{0}{x.__class__}" in sentence(reason, Language.EN).text


def test_a_report_comes_back_whole_from_json(pki: Pki, validator: Validator) -> None:
    for xml in (forge.enveloped(pki), forge.hidden_object(pki), forge.counter_signed(pki), b"<!DOCTYPE x><x/>"):
        report = validator.xades(xml)
        assert decode_report(encode_report(report)) == report


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"format": 1}', b"\xff", b'{"format":"x","verdict":"maybe"}', b"[" * 100_000])  # fmt: skip
def test_what_is_no_report_is_refused(data: bytes) -> None:
    with pytest.raises(MSignError):
        decode_report(data)


def test_the_machine_answer_has_the_words_of_the_interface(pki: Pki, validator: Validator) -> None:
    plain = machine_report(validator.xades(forge.part_signed(pki)), "letter.xml")
    assert {"file", "format", "verdict", "refused", "signatures"} <= plain.keys()
    assert (plain["file"], plain["format"], plain["verdict"], plain["refused"]) == (
        "letter.xml",
        "xades",
        "changed",
        None,
    )
    signatures = plain["signatures"]
    assert isinstance(signatures, list)
    wanted = [
        "integrity",
        "modification",
        "indication",
        "sub_indication",
        "level",
        "signed_at",
        "scope",
        "signer",
        "reasons",
    ]
    assert list(signatures[0])[: len(wanted)] == wanted
    assert signatures[0]["modification"] == "undefined"
    assert signatures[0]["signed_at"] == "2026-03-02T09:15:30Z"


@pytest.mark.parametrize("language", list(Language))
def test_the_text_says_who_and_why(pki: Pki, validator: Validator, language: Language) -> None:
    text = text_report(validator.xades(forge.enveloped(pki).replace(b">100<", b">900<")), "order.xml", language)
    assert text.startswith("order.xml: ")
    assert "Maria Model" in text
    assert "✗" in text
    assert "→" in text
