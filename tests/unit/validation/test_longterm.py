"""Signatures that carry their evidence: judged without network, also when the certificates are long expired."""

from __future__ import annotations

import datetime as dt
import hashlib

import pytest

from msign.kernel.clock import FixedClock
from msign.kernel.words import SignatureLevel
from msign.pki.sources import online_revocation
from msign.pki.trust import TrustStore
from msign.signing import xades
from msign.signing.evidence import EvidenceCollector
from msign.signing.keys import InMemoryKey, Signer
from msign.validation.detached import DetachedContent, DetachedContents
from msign.validation.engine import Validator
from msign.validation.model import SubIndication, Verdict
from tests.support.pki import MOMENT, Pki
from tests.unit.validation.conftest import fetcher

CONTENT = b"the data that stays with the information system"
CONTENTS = DetachedContents((DetachedContent(data=CONTENT),))
YEAR = dt.timedelta(days=365)


def signed(pki: Pki, level: SignatureLevel, person: str = "maria") -> bytes:
    who = pki.person(person)
    clock = FixedClock()
    evidence = EvidenceCollector(revocation=online_revocation(fetcher(pki), clock), clock=clock)
    return xades.sign(
        hashlib.sha256(CONTENT).digest(),
        signer=Signer(InMemoryKey(who.key), who.certificate, who.chain),
        tsa=pki.tsa,
        evidence=evidence,
        content=CONTENT,
        parameters=xades.XadesParameters(level=level),
    )


def offline(trust: TrustStore, at: dt.datetime) -> Validator:
    return Validator(trust=trust, clock=FixedClock(at))


@pytest.mark.parametrize("level", [SignatureLevel.LT, SignatureLevel.LTA])
@pytest.mark.parametrize("years", [0, 1, 3])
def test_evidence_inside_is_enough_also_after_the_certificate_expired(
    pki: Pki, trust: TrustStore, level: SignatureLevel, years: int
) -> None:
    report = offline(trust, MOMENT + years * YEAR).xades(signed(pki, level), CONTENTS)
    [signature] = report.signatures
    assert report.verdict is Verdict.VALID, signature.reasons
    assert signature.level is level
    assert signature.best_signature_time == MOMENT
    assert all(fact.embedded for fact in signature.revocation)


def test_without_evidence_an_expired_certificate_can_no_longer_be_judged(pki: Pki, trust: TrustStore) -> None:
    [signature] = offline(trust, MOMENT + 3 * YEAR).xades(signed(pki, SignatureLevel.T), CONTENTS).signatures
    assert signature.sub_indication is SubIndication.OUT_OF_BOUNDS_NO_POE


def test_evidence_of_a_revocation_counts_wherever_it_comes_from(pki: Pki, trust: TrustStore) -> None:
    report = offline(trust, MOMENT).xades(signed(pki, SignatureLevel.LT, "revoked-before"), CONTENTS)
    assert report.signatures[0].sub_indication is SubIndication.REVOKED_NO_POE
    assert report.verdict is Verdict.INVALID


def test_an_altered_archive_gives_no_archive_level(pki: Pki, trust: TrustStore) -> None:
    xml = signed(pki, SignatureLevel.LTA)
    start = (
        xml.index(b"EncapsulatedCRLValue>") if b"EncapsulatedCRLValue>" in xml else xml.index(b"EncapsulatedOCSPValue>")
    )
    altered = xml[:start] + xml[start:].replace(b">M", b">\nM", 1)
    [signature] = offline(trust, MOMENT).xades(altered, CONTENTS).signatures
    assert signature.level is SignatureLevel.LT
    assert "archive-timestamp-invalid" in [reason.code for reason in signature.reasons]
