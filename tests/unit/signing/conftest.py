"""One signer a key kind, a document, a clock."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from msign.kernel.clock import FixedClock
from msign.pki.certificate import parse
from msign.pki.fetch import Fetcher
from msign.pki.sources import online_revocation
from msign.signing.evidence import EvidenceCollector
from msign.signing.keys import InMemoryKey, Signer
from tests.support.documents import write_pdf
from tests.support.pki import Pki, session_pki


@pytest.fixture(scope="session")
def pki() -> Pki:
    return session_pki()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture(scope="session")
def ion(pki: Pki) -> Signer:
    """RSA-2048."""
    return signer_of(pki, "ion")


@pytest.fixture(scope="session")
def maria(pki: Pki) -> Signer:
    """P-256."""
    return signer_of(pki, "maria")


@pytest.fixture
def document(tmp_path: Path) -> Path:
    return write_pdf(tmp_path / "cerere.pdf", pages=2)


@pytest.fixture
def evidence(pki: Pki) -> EvidenceCollector:
    """OCSP and CRL of the test PKI, answered in-process."""
    fetcher = Fetcher(client=httpx.Client(transport=pki.transport()))
    root = parse(pki.authority("root").certificate)
    return EvidenceCollector(revocation=online_revocation(fetcher, pki.clock), clock=pki.clock, known=[root])


def signer_of(pki: Pki, name: str, *, pss: bool = False) -> Signer:
    person = pki.person(name)
    return Signer(InMemoryKey(person.key, pss=pss), person.certificate, person.chain)
