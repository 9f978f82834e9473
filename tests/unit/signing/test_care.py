"""When the next archive time-stamp must come."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from msign.kernel.words import SignatureLevel
from msign.signing import pades, xades
from msign.signing.care import pdf_protected_until, renewal_due, xml_protected_until
from msign.signing.evidence import EvidenceCollector
from msign.signing.keys import Signer
from tests.support.pki import Pki

DAY = dt.timedelta(days=1)


def test_protection_ends_with_the_authoritys_certificate(
    document: Path, tmp_path: Path, ion: Signer, pki: Pki, evidence: EvidenceCollector
) -> None:
    signed = pades.sign(document, tmp_path / "a.pdf", signer=ion, tsa=pki.tsa)
    assert pdf_protected_until(signed) is None
    pades.augment(signed, signed, level=SignatureLevel.LTA, tsa=pki.tsa, evidence=evidence)
    ends = pki.tsa.certificate.not_valid_after_utc
    assert pdf_protected_until(signed) == ends
    xml = xades.sign(bytes(32), signer=ion, tsa=pki.tsa)
    assert xml_protected_until(xml) is None
    parameters = xades.XadesParameters(level=SignatureLevel.LTA, style=xades.HashStyle.ENVELOPING_OBJECT)
    archived = xades.sign(bytes(32), signer=ion, tsa=pki.tsa, evidence=evidence, parameters=parameters)
    assert xml_protected_until(archived) == ends


@pytest.mark.parametrize(
    ("left", "algorithms", "due"),
    [(None, None, True), (91, None, False), (89, None, True), (400, 89, True), (400, 91, False), (-1, None, True)],
)
def test_renewal_comes_before_the_end(left: int | None, algorithms: int | None, due: bool) -> None:
    now = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
    ends = None if left is None else now + left * DAY
    until = None if algorithms is None else now + algorithms * DAY
    assert renewal_due(ends, now=now, algorithms_until=until) is due
