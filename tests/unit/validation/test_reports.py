"""Reports: whole in JSON, and every code in plain words of three languages."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

import msign.validation as room
from msign.kernel.errors import MSignError
from msign.kernel.languages import Language
from msign.pdf.errors import AnomalyKind, Refusal
from msign.pki.rfc5280 import PathDefect
from msign.pki.timestamps import TokenDefect
from msign.validation.detached import DetachedContent, DetachedContents
from msign.validation.engine import Validator
from msign.validation.model import Reason
from msign.validation.reports import words_pdf, words_signature, words_structure, words_trust
from msign.validation.reports.codec import decode_report, encode_report
from msign.validation.reports.etsi import etsi_report
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
CODE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)+")
WORST_CHANGES = re.compile(r"ChangeKind\.(OTHER|FORBIDDEN), \"([a-z-]+)\"")
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


def every_source() -> str:
    return "\n".join(path.read_text("utf-8") for path in SOURCE.rglob("*.py") if path.parent.name != "reports")


def test_every_code_that_is_raised_has_a_sentence() -> None:
    text = every_source()
    raised = set(RAISED.findall(text)) | set(CHANGES.findall(text)) | set(TokenDefect)
    raised |= set(Refusal) | {f"pdf-{kind.value}" for kind in AnomalyKind}
    raised |= {str(outcome) for outcome in Outcome if outcome is not Outcome.HOLDS}
    raised |= {f"{role}-{defect}" for role in words_trust.WHO for defect in PathDefect}
    assert sorted(raised - known_codes()) == []
    assert len(raised) > 60


_RAISING = {"Reason", "Change", "failed", "unclear", "note", "_refused", "_failed", "reason", "bad", "XmlRefusedError"}


def literal_codes() -> Iterator[tuple[str, str]]:
    """Yield (raising function, code) for every code written in a call, roles of f-strings filled in."""
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))) if path.parent.name != "reports" else ():
            name = getattr(getattr(node, "func", None), "attr", None) or getattr(getattr(node, "func", None), "id", "")
            if isinstance(node, ast.Call) and name in _RAISING:
                yield from ((name, code) for argument in node.args for code in _codes(argument))


def _codes(argument: ast.expr) -> Iterator[str]:
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str) and CODE.fullmatch(argument.value):
        yield argument.value
    if isinstance(argument, ast.JoinedStr) and isinstance(argument.values[-1], ast.Constant):
        rest = str(argument.values[-1].value)
        yield from (f"{role}{rest}" for role in words_trust.WHO if rest.startswith("-"))
    if isinstance(argument, ast.IfExp):
        yield from (code for branch in (argument.body, argument.orelse) for code in _codes(branch))


def test_no_code_that_is_written_anywhere_lacks_its_sentences() -> None:
    found = set(literal_codes())
    assert sorted({code for _, code in found} - known_codes()) == []
    assert len(found) > 80
    assert {"signer-certificate-revoked", "document-changed", "bytes-after-end"} <= {code for _, code in found}


def test_whatever_can_fail_a_signature_says_who_can_mend_it() -> None:
    failing = {code for name, code in literal_codes() if name in {"failed", "unclear", "_refused", "XmlRefusedError"}}
    failing |= {code for kind, code in WORST_CHANGES.findall(every_source())}
    silent = {code for code in failing & known_codes() if not sentence(Reason(code), Language.EN).remedy}
    assert silent == set()
    assert len(failing) > 60


@pytest.mark.parametrize("language", list(Language))
def test_no_sentence_shows_a_hole_or_a_raw_moment(language: Language) -> None:
    facts = (("detail", "2026-01-31T09:15:30+00:00"), ("time", "2026-01-31T09:15:30Z"), ("certificate", "Ion"))
    for code in sorted(known_codes()):
        told = sentence(Reason(code, facts=facts), language)
        assert told.text.endswith((".", ":", "–")), code
        assert "{" not in told.text
        assert "T09:15" not in told.text


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


# The order in which TS 119 102-2 clause 4.3 wants the parts of a signature's report.
ORDER = [
    "SignatureIdentifier",
    "ValidationConstraintsEvaluationReport",
    "ValidationTimeInfo",
    "SignersDocument",
    "SignatureAttributes",
    "SignerInformation",
    "SignatureQuality",
    "SignatureValidationProcess",
    "SignatureValidationStatus",
]


@pytest.mark.parametrize("language", list(Language))
def test_the_report_for_other_validators_keeps_the_order_of_the_standard(
    pki: Pki, validator: Validator, language: Language
) -> None:
    report = validator.xades(
        forge.detached(pki, b"content"), DetachedContents((DetachedContent("content.bin", data=b"content"),))
    )
    root = etree.fromstring(etsi_report(report, language))
    space = {"v": "http://uri.etsi.org/19102/v1.4.1#"}
    [signature] = root.findall("v:SignatureValidationReport", space)
    assert [etree.QName(part).localname for part in signature] == ORDER
    assert root.findtext(".//v:MainIndication", namespaces=space) == "urn:etsi:019102:mainindication:total-passed"
    known = {item.get("id") for item in root.findall(".//v:ValidationObject", space)}
    named = {element.get("VOReference") for element in root.iter() if element.get("VOReference")}
    assert named == known
    assert len(known) == len(report.signatures[0].chain)


def test_a_file_without_signature_and_a_refused_one_have_a_report_for_other_validators(validator: Validator) -> None:
    assert b"noSignatureFound" in etsi_report(validator.xades(b"<letter/>"))
    assert b"indeterminate" in etsi_report(validator.xades(b"<!DOCTYPE x><x/>"))


def test_names_that_xml_cannot_carry_do_no_harm(pki: Pki, validator: Validator) -> None:
    report = validator.xades(forge.enveloped(pki))
    odd = replace(report, signatures=(replace(report.signatures[0], signer_name="a\x00b\ud800c\uffff"),))
    assert b">abc<" in etsi_report(odd)
