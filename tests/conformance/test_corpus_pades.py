"""The shared corpus of PDF signatures: who else's samples, their verdicts, our answers.

``make corpus`` prints the same as a table. Deviations are argued in docs/protocol/validation-divergences.md.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tools import corpus

from msign.pdf.reader import PdfFile
from msign.pki.certificate import ParsedCertificate
from msign.pki.timestamps import is_tsa_certificate, parse_token
from msign.pki.trust import ServiceRole, TrustStore
from msign.validation.cades import examine
from msign.validation.context import ValidationContext
from msign.validation.model import Indication, SubIndication, Verdict
from msign.validation.pades.judge import _Judgement, validate_pdf
from tests.support.corpus import CORPUS, needs_corpus

ROOT = Path(__file__).resolve().parents[2]
ARGUED = ROOT / "docs" / "protocol" / "validation-divergences.md"
ROWS = list(corpus.rows(CORPUS, {"pades", "parser"}, "")) if (CORPUS / "expected.csv").is_file() else []
CHANGED = [row for row in ROWS if row["modification"] in ("undefined", "forbidden")]

pytestmark = [pytest.mark.corpus, needs_corpus]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['file']} {row['indication']}".strip())
def test_row(row: dict[str, str]) -> None:
    outcome = corpus.judge(row, CORPUS)
    if outcome.contested:
        assert "crash" not in outcome.wrong
        return
    wrong = set(outcome.wrong) - {"time"}
    if Path(row["file"]).name in ARGUED.read_text("utf-8"):
        wrong -= {"indication"}  # integrity and modification are never argued away
    assert not wrong, outcome.wrong


@pytest.mark.parametrize("row", CHANGED, ids=lambda row: row["file"])
def test_a_changed_file_is_never_plainly_valid_even_with_full_trust(row: dict[str, str]) -> None:
    path = CORPUS / row["file"]
    report = validate_pdf(path, ValidationContext(trust=own_authorities(path)))
    assert report.verdict in (Verdict.CHANGED, Verdict.INVALID)


def own_authorities(path: Path) -> TrustStore:
    """Trust whatever authorities a file carries itself: the other service's trusted list, as far as we have it."""
    found: set[ParsedCertificate] = set()
    with PdfFile.open(path) as pdf:
        judgement = _Judgement(pdf, ValidationContext(trust=TrustStore()))
        found |= set(judgement.store.certificates)
        for signature in judgement.signatures:
            finding = examine(signature.contents, lambda _name: b"")
            found |= set(finding.certificates)
            for token in finding.tokens:
                found |= set(parse_token(token).signed_data.certificates)
    authorities = {c for c in found if c.is_ca}
    stampers = {c for c in found if is_tsa_certificate(c)}
    return TrustStore.of({ServiceRole.SIGNERS_QUALIFIED: authorities, ServiceRole.TSA: stampers | authorities})


@pytest.mark.parametrize(
    ("file", "indication", "sub_indication"),
    [
        ("siva-pdf/TEST_ESTEID2018_PAdES_LTA_enveloped.pdf", Indication.TOTAL_PASSED, None),
        (
            "siva-pdf/hellopades-lt-sha256-rsa1023.pdf",
            Indication.INDETERMINATE,
            SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE,
        ),
    ],
)
def test_indications_that_hang_on_trust_hold_with_it(
    file: str, indication: Indication, sub_indication: SubIndication | None
) -> None:
    path = CORPUS / file
    report = validate_pdf(path, ValidationContext(trust=own_authorities(path)))
    assert (report.signatures[0].indication, report.signatures[0].sub_indication) == (indication, sub_indication)
