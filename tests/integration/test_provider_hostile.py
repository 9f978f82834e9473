"""A provider that cheats, judged by the gateway: every way of cheating is caught, each with its own reason.

Signatures, certificates, time-stamps and revocation all come from the sandbox over the network; the engine, the trust
folder and the judge are the product's own.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from msign.kernel.clock import SystemClock
from msign.kernel.words import ContentType, FailureReason
from msign.pki.fetch import AddressGuard, Fetcher
from msign.pki.sources import online_revocation
from msign.pki.trust import TrustStore
from msign.providers.base import ItemToSign, Pending, Signed, SigningOrder
from msign.sandbox.provider.orders import Hostile
from msign.sandbox.sample import sample_pdf
from msign.signrequests.judge import Bad, Good, Judge, Judgement, Terms, Undecided
from msign.signrequests.values import ExpectedSigner
from msign.validation.engine import Validator
from tests.support.judging import InProcess
from tests.support.sandbox import RunningSandbox, running_sandbox

ION = "2000000000004"

CAUGHT = {
    Hostile.OTHER_DOCUMENT: FailureReason.WRONG_DOCUMENT,
    Hostile.OTHER_PERSON: FailureReason.SIGNER_MISMATCH,
    Hostile.OTHER_CERTIFICATE: FailureReason.SIGNER_MISMATCH,
    Hostile.NO_TIMESTAMP: FailureReason.NO_TIMESTAMP,
    Hostile.REVOKED_CERTIFICATE: FailureReason.CERTIFICATE_REVOKED,
    Hostile.UNTRUSTED_CERTIFICATE: FailureReason.UNTRUSTED,
}
# These never come as far as a judge: the client of the interface catches them (test_provider_failure_modes).
BEFORE = {
    Hostile.CUT_ANSWER, Hostile.NEVER_ANSWERS, Hostile.MISSING_ITEM, Hostile.EXTRA_ITEM, Hostile.DUPLICATE_ITEM,
}  # fmt: skip


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    with running_sandbox(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture(scope="module")
def judge(sandbox: RunningSandbox) -> Iterator[Judge]:
    clock = SystemClock()
    guard = AddressGuard(allowed=frozenset({f"127.0.0.1:{sandbox.places.port('tsp')}"}))
    fetcher = Fetcher.guarded(guard)
    revocation = online_revocation(fetcher, clock)
    trust = TrustStore.from_folder(sandbox.places.trust)
    yield Judge(InProcess(Validator(trust=trust, revocation=revocation, clock=clock)))
    fetcher.close()


def _item(kind: ContentType, folder: Path) -> ItemToSign:
    if kind is ContentType.HASH:
        return ItemToSign("1", kind, digest=bytes(32))
    document = folder / "document.pdf"
    document.write_bytes(sample_pdf("Cerere nr. 17"))
    return ItemToSign("1", kind, document=document, file_name="cerere.pdf")


def _judgement(sandbox: RunningSandbox, judge: Judge, item: ItemToSign, mode: Hostile, folder: Path) -> Judgement:
    request_id = f"{item.content_type.value}-{mode.value or 'honest'}"
    order = SigningOrder(request_id, (item,), "Cerere", signer_id=ION)
    with sandbox.remote_provider("app") as provider:
        answer = provider.start(order, folder)
        sandbox.play(request_id, action="accept", pin="1234", hostile=mode.value)
        for _ in range(200):
            if not isinstance(answer, Pending):
                break
            threading.Event().wait(0.05)  # the signature is made by another thread of the provider
            answer = provider.poll(order, answer.state, folder)
    assert isinstance(answer, Signed)
    return judge.judge(answer, Terms(items=(item,), signer_id=ION, expected=ExpectedSigner(id=ION)))


@pytest.mark.parametrize("kind", list(ContentType))
def test_an_honest_provider_passes(sandbox: RunningSandbox, judge: Judge, tmp_path: Path, kind: ContentType) -> None:
    verdict = _judgement(sandbox, judge, _item(kind, tmp_path), Hostile.NONE, tmp_path)
    assert isinstance(verdict, Good)
    assert verdict.signer_id == ION


@pytest.mark.parametrize("kind", list(ContentType))
@pytest.mark.parametrize(("mode", "reason"), CAUGHT.items())
def test_cheating_is_caught(
    sandbox: RunningSandbox, judge: Judge, tmp_path: Path, mode: Hostile, reason: FailureReason, kind: ContentType
) -> None:
    verdict = _judgement(sandbox, judge, _item(kind, tmp_path), mode, tmp_path)
    assert not isinstance(verdict, Undecided)
    assert isinstance(verdict, Bad)
    assert verdict.reason is reason


@pytest.mark.parametrize("kind", list(ContentType))
def test_a_damaged_signature_is_caught(
    sandbox: RunningSandbox, judge: Judge, tmp_path: Path, kind: ContentType
) -> None:
    verdict = _judgement(sandbox, judge, _item(kind, tmp_path), Hostile.BROKEN_SIGNATURE, tmp_path)
    assert isinstance(verdict, Bad)
    # Whether the digest fits no posted document or the signature no longer its own digest is one defect seen twice.
    assert verdict.reason in (FailureReason.NOT_INTACT, FailureReason.WRONG_DOCUMENT)


def test_every_way_of_cheating_is_tried_somewhere() -> None:
    elsewhere = {Hostile.NONE, Hostile.BROKEN_SIGNATURE, Hostile.ANSWERS_TWICE}
    assert CAUGHT.keys() | BEFORE | elsewhere == set(Hostile)
