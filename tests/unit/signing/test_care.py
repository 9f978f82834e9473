"""When the next archive time-stamp must come."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from types import MappingProxyType

import pytest

from msign.kernel.words import SignatureLevel
from msign.pki.algorithms import EVERYTHING, AlgorithmPolicy, KeyKind, KeyRule
from msign.signing import cades, pades, xades
from msign.signing.care import protected_until, renewal_due
from msign.signing.evidence import EvidenceCollector
from msign.signing.keys import Signer
from tests.support.pki import Pki

DAY = dt.timedelta(days=1)
LTA = SignatureLevel.LTA


def test_protection_ends_with_the_authoritys_certificate(
    document: Path, tmp_path: Path, ion: Signer, pki: Pki, evidence: EvidenceCollector
) -> None:
    ends = pki.tsa.certificate.not_valid_after_utc
    signed = pades.sign(document, tmp_path / "a.pdf", signer=ion, tsa=pki.tsa)
    assert protected_until(signed) is None
    pades.augment(signed, signed, level=LTA, tsa=pki.tsa, evidence=evidence)
    assert protected_until(signed, EVERYTHING) == ends
    xml = tmp_path / "a.xml"
    xml.write_bytes(xades.sign(bytes(32), signer=ion, tsa=pki.tsa))
    assert protected_until(xml) is None
    parameters = xades.XadesParameters(level=LTA, style=xades.HashStyle.ENVELOPING_OBJECT)
    xml.write_bytes(xades.sign(bytes(32), signer=ion, tsa=pki.tsa, evidence=evidence, parameters=parameters))
    assert protected_until(xml, EVERYTHING) == ends
    cms = tmp_path / "a.p7s"
    cms.write_bytes(cades.sign(b"data", signer=ion, tsa=pki.tsa))
    assert protected_until(cms) is None
    cms.write_bytes(cades.augment(cms.read_bytes(), level=LTA, tsa=pki.tsa, evidence=evidence, data=b"data"))
    assert protected_until(cms, EVERYTHING) == ends


@pytest.mark.parametrize(
    "falls",
    [
        AlgorithmPolicy(digests=MappingProxyType({"sha256": dt.date(2026, 6, 1)}), keys=EVERYTHING.keys),
        AlgorithmPolicy(
            digests=EVERYTHING.digests, keys=tuple(KeyRule(kind, 1, dt.date(2026, 6, 1)) for kind in KeyKind)
        ),
    ],
)
def test_protection_ends_with_its_algorithms(
    falls: AlgorithmPolicy, document: Path, tmp_path: Path, ion: Signer, pki: Pki, evidence: EvidenceCollector
) -> None:
    signed = pades.sign(document, tmp_path / "a.pdf", signer=ion, tsa=pki.tsa)
    pades.augment(signed, signed, level=LTA, tsa=pki.tsa, evidence=evidence)
    assert protected_until(signed, falls) == dt.datetime(2026, 6, 1, tzinfo=dt.UTC)


@pytest.mark.parametrize(("left", "due"), [(None, True), (91, False), (89, True), (-1, True)])
def test_renewal_comes_before_the_end(left: int | None, due: bool) -> None:
    now = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
    assert renewal_due(None if left is None else now + left * DAY, now=now) is due
