"""Our own validation judges what our own signing makes: the two meet in tests only."""

from __future__ import annotations

import hashlib
from pathlib import Path

import httpx
import pytest

from msign.kernel.words import SignatureLevel
from msign.pki.certificate import parse
from msign.pki.fetch import Fetcher
from msign.pki.sources import online_revocation
from msign.pki.trust import TrustStore
from msign.signing import pades, xades
from msign.signing.evidence import EvidenceCollector
from msign.signing.keys import InMemoryKey, Signer
from msign.signing.pades import Certification, FieldLock, VisibleSignature
from msign.validation.detached import DetachedContent, DetachedContents
from msign.validation.engine import Validator
from msign.validation.model import DocumentReport
from tests.support.pdfs import Form, write
from tests.support.pki import Pki, session_pki

LEVELS = [SignatureLevel.B, SignatureLevel.T, SignatureLevel.LT, SignatureLevel.LTA]
CONTENT = b"the data that stays with the information system"


@pytest.fixture(scope="session")
def pki() -> Pki:
    return session_pki()


@pytest.fixture(scope="session")
def trust(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> TrustStore:
    return TrustStore.from_folder(pki.write_trust(tmp_path_factory.mktemp("trust")))


def judge(pki: Pki, trust: TrustStore, level: SignatureLevel) -> Validator:
    """Return a validator; from LT on it must do with what the signature carries."""
    online = online_revocation(fetcher(pki), pki.clock)
    offline = level in (SignatureLevel.LT, SignatureLevel.LTA)
    return Validator(trust=trust, revocation=None if offline else online, clock=pki.clock)


@pytest.fixture
def evidence(pki: Pki) -> EvidenceCollector:
    root = parse(pki.authority("root").certificate)
    return EvidenceCollector(revocation=online_revocation(fetcher(pki), pki.clock), clock=pki.clock, known=[root])


@pytest.fixture(params=["ion", "maria", "vasile"])
def signer(pki: Pki, request: pytest.FixtureRequest) -> Signer:
    return signer_of(pki, request.param)


def signer_of(pki: Pki, name: str) -> Signer:
    person = pki.person(name)
    return Signer(InMemoryKey(person.key), person.certificate, person.chain)


def fetcher(pki: Pki) -> Fetcher:
    return Fetcher(client=httpx.Client(transport=pki.transport()))


def levels(report: DocumentReport) -> list[SignatureLevel]:
    assert report.valid, report
    return [one.level for one in report.signatures]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(
    "form", [Form(), Form(xref="packed"), Form(xref="hybrid", acroform="indirect")], ids=lambda form: form.xref
)
def test_pades(
    level: SignatureLevel,
    form: Form,
    signer: Signer,
    pki: Pki,
    trust: TrustStore,
    evidence: EvidenceCollector,
    tmp_path: Path,
) -> None:
    source = tmp_path / "a.pdf"
    source.write_bytes(write(form))
    parameters = pades.PadesParameters(level=level, reason="Aprob")
    signed = pades.sign(
        source,
        tmp_path / "b.pdf",
        signer=signer,
        tsa=pki.tsa,
        evidence=evidence,
        parameters=parameters,
        clock=pki.clock,
    )
    assert levels(judge(pki, trust, level).pdf(signed)) == [level]


def test_pades_raised_step_by_step_under_two_signatures(
    pki: Pki, trust: TrustStore, evidence: EvidenceCollector, tmp_path: Path
) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(write(Form()))
    for name in ("ion", "maria"):
        pades.sign(path, path, signer=signer_of(pki, name), tsa=pki.tsa, clock=pki.clock)
    for level in (SignatureLevel.T, SignatureLevel.LT, SignatureLevel.LTA, SignatureLevel.LTA):
        pades.augment(path, path, level=level, tsa=pki.tsa, evidence=evidence)
        assert levels(judge(pki, trust, level).pdf(path)) == [level, level]


def test_pades_certified_locked_visible(pki: Pki, trust: TrustStore, tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(write(Form()))
    look = VisibleSignature(verify_url="https://msign.example.md/verify")
    steps = [{"certify": Certification.FORM_FILLING, "visible": look}, {}, {"lock": FieldLock()}]
    for step in steps:
        parameters = pades.PadesParameters(**step)  # type: ignore[arg-type]
        pades.sign(path, path, signer=signer_of(pki, "maria"), tsa=pki.tsa, parameters=parameters, clock=pki.clock)
    assert levels(judge(pki, trust, SignatureLevel.T).pdf(path)) == [SignatureLevel.T] * 3


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("style", list(xades.HashStyle))
@pytest.mark.parametrize("form", list(xades.CertificateForm))
def test_xades(
    level: SignatureLevel,
    style: xades.HashStyle,
    form: xades.CertificateForm,
    signer: Signer,
    pki: Pki,
    trust: TrustStore,
    evidence: EvidenceCollector,
) -> None:
    parameters = xades.XadesParameters(level=level, style=style, certificate_form=form, correlation_id="content")
    digest = hashlib.sha256(CONTENT).digest()
    xml = xades.sign(
        digest, signer=signer, tsa=pki.tsa, evidence=evidence, content=CONTENT, parameters=parameters, clock=pki.clock
    )
    whole = DetachedContents((DetachedContent(data=CONTENT),))
    needed = level is SignatureLevel.LTA and style is xades.HashStyle.DETACHED_DIGEST
    contents = whole if needed else DetachedContents.of_digest(digest)
    assert levels(judge(pki, trust, level).xades(xml, contents)) == [level]
