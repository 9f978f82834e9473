"""Real signatures, real engine: what an honest provider delivers is released, what a dishonest one delivers is not."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from msign.jobs.worker import Worker
from msign.kernel.clock import FixedClock
from msign.kernel.languages import Language
from msign.kernel.words import ContentType, DelegatorType, Environment, FailureReason, SignatureLevel, SignStatus
from msign.pki.fetch import AddressGuard, Fetcher
from msign.pki.sources import online_revocation
from msign.pki.trust import TrustStore
from msign.providers.base import Answer, ItemToSign, Signed, SignedItem, SigningOrder
from msign.signing import pades, xades
from msign.signing.keys import InMemoryKey, Signer
from msign.signrequests.contents import LocalContentStore
from msign.signrequests.rules import Rules
from msign.signrequests.service import SignRequestService
from msign.signrequests.values import ExpectedSigner
from msign.validation.detached import DetachedContents
from msign.validation.engine import Validator
from msign.validation.model import DocumentReport, Modification
from msign.validation.pades.since import changes_since
from tests.support.judging import InProcessReader
from tests.support.pdfmaker import sample, update, write
from tests.support.pki import IDNO_MODEL, IDNP_ELENA, IDNP_ION, IDNP_MARIA, Pki, session_pki
from tests.unit.signrequests.cast import ALICE, FakeInstrument, FakeProvider, FakeRegistry, FakeValidator, Stage

DOCUMENT = write(sample())
DIGEST = hashlib.sha256(DOCUMENT).digest()
OVERLAY = {6: b"<< /Length 33 >>\nstream\nBT /F1 12 Tf 72 700 Td (10 000) Tj\nendstream"}


@dataclass(frozen=True)
class Engine:
    """The engine in this process, as the judge asks it."""

    validator: Validator

    def pdf(self, path: Path) -> DocumentReport:
        return self.validator.pdf(path)

    def hash(self, xades: bytes, digest: bytes) -> DocumentReport:
        return self.validator.xades(xades, DetachedContents.of_digest(digest))

    def changes(self, path: Path, since: int) -> Modification:
        return changes_since(path, since)


def _signer(name: str) -> Signer:
    identity = session_pki().person(name)
    return Signer(InMemoryKey(identity.key), identity.certificate, identity.chain)


def _pdf(source: bytes, target: Path, name: str = "ion-p256", level: SignatureLevel = SignatureLevel.T) -> None:
    aside = target.with_suffix(".source")
    aside.write_bytes(source)
    pades.sign(
        aside,
        target,
        signer=_signer(name),
        tsa=session_pki().tsa,
        parameters=pades.PadesParameters(level=level),
        clock=FixedClock(),
    )


def _xml(digest: bytes, target: Path, name: str = "ion-p256") -> None:
    target.write_bytes(xades.sign(digest, signer=_signer(name), tsa=session_pki().tsa, clock=FixedClock()))


Make = Callable[[ItemToSign, Path], None]


def honest(item: ItemToSign, target: Path, name: str = "ion-p256") -> None:
    """Sign exactly what was ordered."""
    if item.document is not None:
        _pdf(item.document.read_bytes(), target, name)
    else:
        _xml(item.digest or b"", target, name)


def _provider(make: Make, claimed: str | None = None) -> FakeProvider:
    def answer(order: SigningOrder, workspace: Path) -> Answer:
        items = []
        for item in order.items:
            target = workspace / f"{item.id}.signed"
            make(item, target)
            items.append(SignedItem(item.id, target))
        return Signed(tuple(items), session_pki().person(claimed).der if claimed else None)

    return FakeProvider([answer])


@pytest.fixture(scope="module")
def validator(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    pki: Pki = session_pki()
    fetcher = Fetcher.guarded(
        AddressGuard(frozenset({"tsp.test:80"}), lambda _host, _port: ["127.0.0.1"]), pki.transport()
    )
    trust = TrustStore.from_folder(pki.write_trust(tmp_path_factory.mktemp("trust")))
    clock = FixedClock()
    return Engine(Validator(trust=trust, revocation=online_revocation(fetcher, clock), clock=clock))


@pytest.fixture
def stage(tmp_path: Path, validator: Engine, db: None) -> Stage:
    store, clock, provider = LocalContentStore(tmp_path), FixedClock(), FakeProvider()
    registry = FakeRegistry((FakeInstrument(),), {"demo": provider})
    service = SignRequestService(
        store=store,
        registry=registry,
        validators=dict.fromkeys(Environment, validator),
        documents=InProcessReader(),
        clock=clock,
        rules=Rules(),
    )
    worker = Worker(handlers=service.job_handlers(), clock=clock)
    return Stage(store, clock, provider, registry, FakeValidator(), service, worker)


def _outcome(stage: Stage, make: Make, *contents: bytes, claimed: str | None = None, **changes: object) -> object:
    """Post, sign with this provider, and return the failure, or ``None`` for success."""
    stage.registry.working["demo"] = _provider(make, claimed)
    request_id = stage.signed(*contents, **changes)
    view = stage.service.view(request_id)
    assert view is not None
    answer = stage.service.get_response(ALICE, request_id, Language.EN)
    assert answer.status is (SignStatus.FAILURE if view.failure else SignStatus.SUCCESS)
    if answer.status is SignStatus.SUCCESS:
        for result in answer.results or ():
            assert result.certificate == session_pki().person(claimed or "ion-p256").der
    return view.failure


def test_an_honest_document_is_released(stage: Stage) -> None:
    assert _outcome(stage, honest, DOCUMENT, write(sample(pages=3)), claimed="ion-p256") is None


def test_an_honest_hash_is_released(stage: Stage) -> None:
    made = hashlib.sha512(DOCUMENT).digest()
    assert _outcome(stage, honest, DIGEST, made, content_type=ContentType.HASH) is None


def test_an_already_signed_document_gets_another_signature(stage: Stage, tmp_path: Path) -> None:
    _pdf(DOCUMENT, tmp_path / "once.pdf", "maria")
    assert _outcome(stage, honest, (tmp_path / "once.pdf").read_bytes()) is None


def test_the_expected_person_and_organisation(stage: Stage) -> None:
    def maria(item: ItemToSign, target: Path) -> None:
        honest(item, target, "maria")

    signer = ExpectedSigner(IDNP_MARIA, DelegatorType.ORGANIZATION, IDNO_MODEL)
    assert _outcome(stage, maria, DOCUMENT, claimed="maria", expected_signer=signer) is None
    other = ExpectedSigner(IDNP_ION, DelegatorType.ORGANIZATION, IDNO_MODEL)
    assert _outcome(stage, honest, DOCUMENT, expected_signer=other) is FailureReason.DELEGATION_UNPROVEN
    wrong = ExpectedSigner(IDNP_ELENA)
    assert _outcome(stage, honest, DOCUMENT, expected_signer=wrong) is FailureReason.SIGNER_MISMATCH


def _another(item: ItemToSign, target: Path) -> None:
    _pdf(write(sample(content=b"BT (another) Tj ET")), target) if item.document else _xml(DIGEST[::-1], target)


def _laid_over(item: ItemToSign, target: Path) -> None:
    assert item.document
    _pdf(update(item.document.read_bytes(), OVERLAY), target)


def _changed_afterwards(item: ItemToSign, target: Path) -> None:
    honest(item, target)
    target.write_bytes(update(target.read_bytes(), OVERLAY))


def _unsigned(item: ItemToSign, target: Path) -> None:
    assert item.document
    target.write_bytes(item.document.read_bytes())


def _signed_twice(item: ItemToSign, target: Path) -> None:
    honest(item, target)
    _pdf(target.read_bytes(), target, "maria")


def _without_timestamp(item: ItemToSign, target: Path) -> None:
    assert item.document
    _pdf(item.document.read_bytes(), target, level=SignatureLevel.B)


def _by(name: str) -> Make:
    return lambda item, target: honest(item, target, name)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (_another, FailureReason.WRONG_DOCUMENT),
        (_laid_over, FailureReason.WRONG_DOCUMENT),
        (_changed_afterwards, FailureReason.WRONG_DOCUMENT),
        (_unsigned, FailureReason.NOT_INTACT),
        (_signed_twice, FailureReason.NOT_INTACT),
        (_without_timestamp, FailureReason.NO_TIMESTAMP),
        (_by("expired"), FailureReason.CERTIFICATE_EXPIRED),
        (_by("revoked-before"), FailureReason.CERTIFICATE_REVOKED),
        (_by("suspended"), FailureReason.CERTIFICATE_REVOKED),
        (_by("untrusted"), FailureReason.UNTRUSTED),
    ],
)
def test_a_dishonest_document_is_not_released(stage: Stage, make: Make, reason: FailureReason) -> None:
    assert _outcome(stage, make, DOCUMENT) is reason


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (_another, FailureReason.WRONG_DOCUMENT),
        (_by("revoked-before"), FailureReason.CERTIFICATE_REVOKED),
        (_by("untrusted"), FailureReason.UNTRUSTED),
        (lambda _item, target: target.write_bytes(b"<no-signature/>"), FailureReason.NOT_INTACT),
        (lambda _item, target: target.write_bytes(b"junk"), FailureReason.NOT_INTACT),
    ],
)
def test_a_dishonest_signature_of_a_hash_is_not_released(stage: Stage, make: Make, reason: FailureReason) -> None:
    assert _outcome(stage, make, DIGEST, content_type=ContentType.HASH) is reason


def test_a_certificate_that_is_only_claimed(stage: Stage) -> None:
    assert _outcome(stage, honest, DOCUMENT, claimed="maria") is FailureReason.SIGNER_MISMATCH


@pytest.mark.parametrize("place", ["entries", "signature", "trailer"])
def test_a_changed_byte_is_noticed_wherever_it_lies(stage: Stage, place: str) -> None:
    def flipped(item: ItemToSign, target: Path) -> None:
        honest(item, target)
        data = bytearray(target.read_bytes())
        hole = data.index(b"/Contents", len(DOCUMENT))
        position = {"entries": len(DOCUMENT) + 40, "signature": hole + 40, "trailer": len(data) - 60}[place]
        data[position] ^= 1
        target.write_bytes(bytes(data))

    assert _outcome(stage, flipped, DOCUMENT) is not None
