"""The CSC client against a small service of version 2 on the test PKI: confirmation by push, batches, refusals."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from msign.kernel.clock import FixedClock
from msign.kernel.errors import Code, MSignError
from msign.kernel.words import ContentType, FailureReason
from msign.pki.fetch import AddressGuard, Fetcher
from msign.pki.sources import online_revocation
from msign.pki.trust import TrustStore
from msign.providers.base import Answer, ItemToSign, Pending, Refused, Signed, SigningOrder
from msign.providers.csc.provider import CscProvider
from msign.providers.csc.settings import CscSettings, problems
from msign.sandbox.sample import sample_pdf
from msign.signrequests.judge import Good, Judge, Terms
from msign.signrequests.values import ExpectedSigner
from msign.validation.engine import Validator
from tests.support.cscservice import Service
from tests.support.judging import InProcess
from tests.support.pki import IDNP_ION, session_pki

SETTINGS = CscSettings("csc", "https://csc.example", ("service-token",))
RSA = "1.2.840.113549.1.1.1"


@contextlib.contextmanager
def _provider(service: Service, **changes: Any) -> Iterator[CscProvider]:
    made = CscProvider(
        settings=replace(SETTINGS, **changes), tsa=session_pki().tsa, clock=FixedClock(), transport=service.transport()
    )
    try:
        yield made
    finally:
        made.close()


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    pki, clock = session_pki(), FixedClock()
    guard = AddressGuard(frozenset({"tsp.test:80"}), lambda _host, _port: ["127.0.0.1"])
    fetcher = Fetcher.guarded(guard, pki.transport())
    trust = TrustStore.from_folder(pki.write_trust(tmp_path_factory.mktemp("trust")))
    engine = Validator(trust=trust, revocation=online_revocation(fetcher, clock), clock=clock)
    yield Judge(InProcess(engine))
    fetcher.close()


def _hashes(count: int = 1, **values: Any) -> SigningOrder:
    items = tuple(ItemToSign(str(n), ContentType.HASH, digest=bytes([n] * 32)) for n in range(count))
    return SigningOrder("0" * 32, items, "Cerere nr. 17", **{"signer_id": IDNP_ION, **values})


def _documents(folder: Path, count: int = 2) -> SigningOrder:
    items = []
    for number in range(count):
        path = folder / f"document-{number}.pdf"
        path.write_bytes(sample_pdf(f"Document {number}"))
        items.append(ItemToSign(str(number), ContentType.PDF, document=path))
    return replace(_hashes(), items=tuple(items))


def _finish(provider: CscProvider, order: SigningOrder, folder: Path) -> Answer:
    answer = provider.start(order, folder)
    for _ in range(10):
        if not isinstance(answer, Pending):
            break
        answer = provider.poll(order, answer.state, folder)
    return answer


def _good(judge: Judge, order: SigningOrder, answer: Answer) -> None:
    assert isinstance(answer, Signed)
    terms = Terms(items=order.items, signer_id=IDNP_ION, expected=ExpectedSigner(id=IDNP_ION))
    assert isinstance(judge.judge(answer, terms), Good)


@pytest.mark.parametrize("person", ["ion", "ion-p256"])
def test_hashes_become_xades_that_the_judge_accepts(judge: Judge, tmp_path: Path, person: str) -> None:
    with _provider(Service(session_pki().person(person))) as provider:
        order = _hashes(3)
        _good(judge, order, _finish(provider, order, tmp_path))


@pytest.mark.parametrize("person", ["ion", "ion-p256"])
def test_documents_become_pades_that_the_judge_accepts(judge: Judge, tmp_path: Path, person: str) -> None:
    with _provider(Service(session_pki().person(person))) as provider:
        order = _documents(tmp_path)
        _good(judge, order, _finish(provider, order, tmp_path))


def test_a_batch_is_split_as_the_credential_demands(judge: Judge, tmp_path: Path) -> None:
    service = Service(session_pki().person("ion-p256"), multisign=2)
    with _provider(service) as provider:
        order = _hashes(5)
        _good(judge, order, _finish(provider, order, tmp_path))
    sizes = [values["numSignatures"] for method, values in service.calls if method == "credentials/authorize"]
    assert sizes == [2, 2, 1]


def test_a_push_is_waited_for_and_another_process_goes_on(judge: Judge, tmp_path: Path) -> None:
    service, order = Service(session_pki().person("ion-p256"), pushes=True), _documents(tmp_path, 1)
    with _provider(service) as provider:
        first = provider.start(order, tmp_path)
        assert isinstance(first, Pending)
        again = provider.poll(order, first.state, tmp_path)
        assert isinstance(again, Pending)
    service.confirmed = True
    with _provider(service) as another:
        signed = another.poll(order, again.state, tmp_path)
        assert isinstance(signed, Pending)
        _good(judge, order, another.poll(order, signed.state, tmp_path))
        _good(judge, order, another.poll(order, signed.state, tmp_path))  # killed before the answer was kept
    assert [method for method, _ in service.calls].count("credentials/authorize") == 1


def test_plain_rsa_names_the_hash_algorithm(judge: Judge, tmp_path: Path) -> None:
    service = Service(session_pki().person("ion"))
    service.algorithms = [RSA]
    with _provider(service) as provider:
        _good(judge, _hashes(), _finish(provider, _hashes(), tmp_path))
    signed = next(values for method, values in service.calls if method == "signatures/signHash")
    assert (signed["signAlgo"], signed["hashAlgorithmOID"]) == (RSA, "2.16.840.1.101.3.4.2.1")


def test_a_credential_of_somebody_else_is_not_used(tmp_path: Path) -> None:
    with _provider(Service(session_pki().person("elena"))) as provider:
        assert provider.start(_hashes(), tmp_path) == Refused(FailureReason.SIGNER_MISMATCH)


def test_a_person_without_credentials_has_no_device(tmp_path: Path) -> None:
    service = Service(session_pki().person("ion"))
    service.answers["credentials/list"] = lambda: httpx.Response(200, json={"credentialIDs": []})
    with _provider(service) as provider:
        assert provider.start(_hashes(), tmp_path) == Refused(FailureReason.NO_ACTIVE_DEVICE)


@pytest.mark.parametrize(
    ("method", "word", "reason"),
    [
        ("credentials/authorize", "access_denied", FailureReason.CANCELLED),
        ("credentials/authorize", "invalid_otp", FailureReason.WRONG_PIN),
        ("signatures/signHash", "invalid_request", FailureReason.INSTRUMENT_UNAVAILABLE),
        ("credentials/list", "invalid_token", FailureReason.INSTRUMENT_UNAVAILABLE),
    ],
)
def test_errors_of_the_service_have_reasons(method: str, word: str, reason: FailureReason, tmp_path: Path) -> None:
    service = Service(session_pki().person("ion-p256"))
    service.answers[method] = lambda: httpx.Response(400, json={"error": word})
    with _provider(service) as provider:
        assert provider.start(_hashes(), tmp_path) == Refused(reason)


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        ("signatures/signHash", {"signatures": []}),
        ("signatures/signHash", {"signatures": ["!"]}),
        ("credentials/authorize", {}),
        ("credentials/info", {"key": {"status": "enabled", "algo": "x"}, "cert": {}}),
    ],
)
def test_an_answer_that_is_none_is_incomplete(method: str, answer: dict[str, Any], tmp_path: Path) -> None:
    service = Service(session_pki().person("ion-p256"))
    service.answers[method] = lambda: httpx.Response(200, json=answer)
    with _provider(service) as provider:
        found = provider.start(_hashes(), tmp_path)
    assert isinstance(found, Refused)
    assert found.reason is FailureReason.INCOMPLETE_ANSWER


def test_a_signature_that_does_not_fit_the_certificate_is_never_delivered(tmp_path: Path) -> None:
    service = Service(session_pki().person("ion-p256"))
    stranger = session_pki().person("maria")
    service._value = lambda digest: stranger.key.sign(digest, ec.ECDSA(Prehashed(hashes.SHA256())))  # type: ignore[method-assign,union-attr,call-arg]
    with _provider(service) as provider:
        assert isinstance(_finish(provider, _hashes(), tmp_path), Refused)


@pytest.mark.parametrize("status", [500, 503, 429])
def test_trouble_may_be_tried_again(status: int, tmp_path: Path) -> None:
    service = Service(session_pki().person("ion-p256"))
    service.answers["credentials/info"] = lambda: httpx.Response(status)
    with _provider(service) as provider, pytest.raises(MSignError) as caught:
        provider.start(_hashes(), tmp_path)
    assert caught.value.code is Code.UNAVAILABLE


class _Away:
    """A time-stamping authority that is away the first time."""

    def __init__(self) -> None:
        self.asked = 0

    def timestamp(self, imprint: bytes, algorithm: str) -> bytes:
        self.asked += 1
        if self.asked == 1:
            raise MSignError(Code.UNAVAILABLE, "away", retry=True)
        return session_pki().tsa.timestamp(imprint, algorithm)


def test_nobody_confirms_twice_because_the_time_stamp_was_late(judge: Judge, tmp_path: Path) -> None:
    service, order = Service(session_pki().person("ion-p256")), _documents(tmp_path, 1)
    provider = CscProvider(settings=SETTINGS, tsa=_Away(), clock=FixedClock(), transport=service.transport())
    with contextlib.closing(provider):
        _good(judge, order, _finish(provider, order, tmp_path))
    assert [method for method, _ in service.calls].count("credentials/authorize") == 1


def test_the_older_token_serves_while_they_rotate(tmp_path: Path) -> None:
    with _provider(Service(session_pki().person("ion-p256")), tokens=("too-new", "service-token")) as provider:
        assert isinstance(_finish(provider, _hashes(), tmp_path), Signed)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"url": "http://x"}, "https"),
        ({"tokens": ()}, "token"),
        ({"url": "https://u:p@x"}, "no user"),
        ({"ca_file": "/no"}, "CA file"),
    ],
)
def test_misconfiguration_is_named(change: dict[str, Any], problem: str) -> None:
    found = problems(replace(SETTINGS, **change))
    assert any(problem in one for one in found)
    assert problems(SETTINGS) == []
