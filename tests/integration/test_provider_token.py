"""The token provider with the agent on SoftHSM, a script playing the page: both ways of signing, judged like all others."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from msign.kernel.clock import FixedClock
from msign.kernel.errors import MSignError
from msign.kernel.words import ContentType, FailureReason, SignatureLevel
from msign.pki.fetch import AddressGuard, Fetcher
from msign.pki.sources import online_revocation
from msign.pki.trust import TrustStore
from msign.providers.base import (
    ChosenCertificate,
    FinishedFile,
    ItemToSign,
    Pending,
    Prompt,
    Refused,
    SignatureValues,
    Signed,
    SigningOrder,
)
from msign.providers.token.provider import TokenProvider
from msign.providers.token.settings import TokenSettings
from msign.sandbox.authority import new_key
from msign.sandbox.sample import sample_pdf
from msign.signing.keys import InMemoryKey, Signer
from msign.signing.xades import HashStyle
from msign.validation.engine import Validator
from msign.validation.model import Integrity
from tests.support.agents import SITE, RunningAgent, running_agent, softhsm
from tests.support.judging import InProcess
from tests.support.pki import IDNP_ION, session_pki

pytestmark = pytest.mark.tool


def _signer(name: str) -> Signer:
    holder = session_pki().person(name)
    return Signer(InMemoryKey(holder.key), holder.certificate, holder.chain[:1])


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAgent]:
    """A token with an EC key of Ion and an RSA key of Vasile."""
    signers = [_signer("ion"), _signer("vasile")]
    with (
        softhsm(tmp_path_factory.mktemp("softhsm"), signers) as tokens,
        running_agent(tokens, tsa=session_pki().tsa) as running,
    ):
        yield running


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcess]:
    pki, clock = session_pki(), FixedClock()
    trust = TrustStore.from_folder(pki.write_trust(tmp_path_factory.mktemp("trust")))
    guard = AddressGuard(frozenset({"tsp.test:80"}), lambda _host, _port: ["127.0.0.1"])
    fetcher = Fetcher.guarded(guard, pki.transport())
    yield InProcess(Validator(trust=trust, revocation=online_revocation(fetcher, clock), clock=clock))
    fetcher.close()


@pytest.fixture
def page(agent: RunningAgent) -> Iterator[httpx.Client]:
    """What the browser's script does, without the browser."""
    with httpx.Client(base_url=agent.url, headers={"Origin": SITE}, timeout=30, trust_env=False) as client:
        yield client


@pytest.fixture
def provider() -> TokenProvider:
    settings = TokenSettings("token", "http://127.0.0.1:18480", "https://msign.example/agent")
    return TokenProvider(settings=settings, tsa=session_pki().tsa, clock=FixedClock())


def _order(folder: Path, *, signer: str | None = None) -> SigningOrder:
    document = folder / "document.pdf"
    document.write_bytes(sample_pdf("Cerere nr. 17"))
    items = (
        ItemToSign("1", ContentType.HASH, digest=bytes(range(32)), file_name="contract"),
        ItemToSign("2", ContentType.PDF, document=document, file_name="document.pdf"),
        ItemToSign("3", ContentType.HASH, digest=bytes(range(20)), file_name="old"),
    )
    return SigningOrder("0" * 32, items, "Cerere nr. 17", signer_id=signer)


def _model(page: httpx.Client, name: str) -> dict[str, Any]:
    models = page.get("/certificates", params={"private_only": "true"}).json()["certificateModel"]
    wanted = base64.b64encode(session_pki().person(name).der).decode()
    found: dict[str, Any] = next(one for one in models if one["certificateBase64"] == wanted)
    return found


def _chosen(model: dict[str, Any]) -> ChosenCertificate:
    chain = tuple(base64.b64decode(one) for one in model["chainBase64"])
    return ChosenCertificate(base64.b64decode(model["certificateBase64"]), chain)


def _prompt(provider: TokenProvider, state: bytes) -> Prompt:
    found = provider.prompt(state)
    assert found is not None
    return found


def _sign_prepared(page: httpx.Client, model: dict[str, Any], prompt: Prompt, nonce: str) -> dict[str, bytes]:
    items = [
        {
            "id": one.id,
            "name": one.name,
            "digest": base64.b64encode(one.digest).decode(),
            "digestName": one.digest_name,
            "toSign": base64.b64encode(one.to_sign).decode(),
        }
        for one in prompt.items
        if not one.done
    ]
    asked = {"nonce": nonce, "certificate": model["certificateId"], "service": "eCerere", "description": "Cerere"}
    answer = page.post("/sign/prepared", json={**asked, "items": items})
    assert answer.status_code == 201, answer.text
    while not (job := page.get(answer.headers["Location"]).json())["finished"]:
        pass
    assert job["error"] == ""
    return {name: base64.b64decode(value) for name, value in job["values"].items()}


def _state(answer: object) -> bytes:
    assert isinstance(answer, Pending), answer
    return answer.state


def _assert_good(order: SigningOrder, answer: object, judge: InProcess) -> None:
    assert isinstance(answer, Signed), answer
    for item, made in zip(order.items, answer.items, strict=True):
        report = (
            judge.pdf(made.signature) if item.document else judge.hash(made.signature.read_bytes(), item.digest or b"")
        )
        (found,) = report.signatures
        assert (found.integrity, found.level) == (Integrity.VALID, SignatureLevel.T)
        if item.document:
            assert made.signature.read_bytes().startswith(item.document.read_bytes())


@pytest.mark.parametrize("name", ["ion", "vasile"])
@pytest.mark.parametrize("style", list(HashStyle))
def test_the_gateway_prepares_and_the_token_signs(
    name: str, style: HashStyle, page: httpx.Client, judge: InProcess, tmp_path: Path
) -> None:
    order, model = _order(tmp_path), _model(page, name)
    settings = TokenSettings("token", "http://127.0.0.1:18480")
    provider = TokenProvider(settings=settings, tsa=session_pki().tsa, clock=FixedClock(), hash_style=style)
    state = _state(provider.start(order, tmp_path))
    state = _state(provider.reply(order, state, _chosen(model), tmp_path))
    values = _sign_prepared(page, model, _prompt(provider, state), f"nonce-{name}-{style}-0123")
    state = _state(provider.reply(order, state, SignatureValues({"2": values["2"]}), tmp_path))
    assert [one.done for one in _prompt(provider, state).items] == [False, True, False]
    state = _state(provider.reply(order, state, SignatureValues(values), tmp_path))
    assert provider.prompt(state) is None
    another_process = TokenProvider(settings=settings, tsa=session_pki().tsa, clock=FixedClock())
    for _killed_and_repeated in range(2):
        _assert_good(order, another_process.poll(order, state, tmp_path), judge)


@pytest.mark.parametrize("name", ["ion", "vasile"])
def test_a_program_of_the_published_protocol_makes_whole_files(
    name: str, page: httpx.Client, provider: TokenProvider, judge: InProcess, tmp_path: Path
) -> None:
    order, model = _order(tmp_path), _model(page, name)
    state = _state(provider.reply(order, _state(provider.start(order, tmp_path)), _chosen(model), tmp_path))
    for item in order.items:
        data = item.document.read_bytes() if item.document else item.digest or b""
        kind = ("PAdES-T", "Pdf") if item.document else ("XAdES-T", "Text")
        body = {"algorithm": "SHA-1", "certificate": model, "signatureType": "Embedded"}
        body |= {"signFormat": kind[0], "contentType": kind[1], "data": base64.b64encode(data).decode()}
        made = page.post("/sign/data", json=body)
        assert (made.status_code, made.content) == (201, b"")
        file = tmp_path / "received"
        file.write_bytes(base64.b64decode(page.get(made.headers["Location"]).json()["base64File"]))
        state = _state(provider.reply(order, state, FinishedFile(item.id, file), tmp_path))
    _assert_good(order, provider.poll(order, state, tmp_path), judge)


def test_another_persons_certificate_is_told_at_once(
    page: httpx.Client, provider: TokenProvider, tmp_path: Path
) -> None:
    order = _order(tmp_path, signer=IDNP_ION)
    state = _state(provider.start(order, tmp_path))
    with pytest.raises(MSignError) as refused:
        provider.reply(order, state, _chosen(_model(page, "vasile")), tmp_path)
    assert refused.value.member == "certificate.signer"
    assert provider.reply(order, state, _chosen(_model(page, "ion")), tmp_path)


def test_an_expired_certificate_is_told_at_once(provider: TokenProvider, tmp_path: Path) -> None:
    order = _order(tmp_path)
    state = _state(provider.start(order, tmp_path))
    with pytest.raises(MSignError) as refused:
        provider.reply(order, state, ChosenCertificate(session_pki().person("expired").der), tmp_path)
    assert refused.value.member == "certificate.validity"


def test_values_that_do_not_fit_change_nothing(page: httpx.Client, provider: TokenProvider, tmp_path: Path) -> None:
    order = _order(tmp_path)
    state = _state(provider.start(order, tmp_path))
    value = InMemoryKey(new_key("p256")).sign(b"something else")
    for reply in (SignatureValues({"1": value}), FinishedFile("1", tmp_path / "none")):
        with pytest.raises(MSignError):
            provider.reply(order, state, reply, tmp_path)  # no certificate yet
    state = _state(provider.reply(order, state, _chosen(_model(page, "ion")), tmp_path))
    for values in ({"1": value}, {"1": b""}, {"9": value}, {"1": b"x" * 5000}):
        with pytest.raises(MSignError):
            provider.reply(order, state, SignatureValues(values), tmp_path)


def test_another_certificate_only_before_anything_is_signed(
    page: httpx.Client, provider: TokenProvider, tmp_path: Path
) -> None:
    order = _order(tmp_path)
    ion, vasile = _model(page, "ion"), _model(page, "vasile")
    state = _state(provider.reply(order, _state(provider.start(order, tmp_path)), _chosen(vasile), tmp_path))
    state = _state(provider.reply(order, state, _chosen(ion), tmp_path))
    values = _sign_prepared(page, ion, _prompt(provider, state), "nonce-another-0123")
    state = _state(provider.reply(order, state, SignatureValues({"1": values["1"]}), tmp_path))
    with pytest.raises(MSignError, match="begun with another"):
        provider.reply(order, state, _chosen(vasile), tmp_path)
    assert _state(provider.reply(order, state, _chosen(ion), tmp_path)) == state


def test_files_and_values_do_not_mix(page: httpx.Client, provider: TokenProvider, tmp_path: Path) -> None:
    order, model = _order(tmp_path), _model(page, "ion")
    state = _state(provider.reply(order, _state(provider.start(order, tmp_path)), _chosen(model), tmp_path))
    values = _sign_prepared(page, model, _prompt(provider, state), "nonce-mixture-0123")
    file = tmp_path / "received"
    file.write_bytes(b"a file")
    state = _state(provider.reply(order, state, FinishedFile("1", file), tmp_path))
    state = _state(provider.reply(order, state, SignatureValues({"2": values["2"], "3": values["3"]}), tmp_path))
    answer = provider.poll(order, state, tmp_path)
    assert isinstance(answer, Refused)
    assert answer.reason is FailureReason.INCOMPLETE_ANSWER


def test_a_broken_document_ends_with_a_reason(provider: TokenProvider, tmp_path: Path) -> None:
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7 nothing more")
    order = SigningOrder("0" * 32, (ItemToSign("1", ContentType.PDF, document=broken),), "x")
    assert isinstance(provider.start(order, tmp_path), Refused)


def test_a_damaged_state_begins_anew(provider: TokenProvider, tmp_path: Path) -> None:
    order = _order(tmp_path)
    assert provider.prompt(b"damaged") is None
    assert isinstance(provider.poll(order, b"damaged", tmp_path), Pending)


@pytest.mark.parametrize(
    ("url", "help_url", "found"),
    [
        ("https://localhost.cts.md:18443", "https://help.example", 0),
        ("http://127.0.0.1:18480", "https://help.example", 0),
        ("http://agent.example", "https://help.example", 1),
        ("https://localhost.cts.md:18443/path", "", 2),
        ("ftp://x", "http://help.example", 2),
    ],
)
def test_check_config(url: str, help_url: str, found: int) -> None:
    made = TokenProvider(settings=TokenSettings("t", url, help_url), tsa=session_pki().tsa, clock=FixedClock())
    assert len(made.check_config()) == found
