"""The page "Adding a signature provider", followed to the letter: its files, its settings, and a signature that is valid."""

from __future__ import annotations

import base64
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding

from msign.config.options import load
from msign.config.wiring import Services, build
from msign.kernel.clock import FixedClock
from msign.kernel.errors import MSignError
from msign.kernel.words import ContentType, Environment, FailureReason, SignatureLevel
from msign.pki.fetch import AddressGuard, Fetcher
from msign.pki.sources import online_revocation
from msign.pki.trust import TrustStore
from msign.providers.base import Answer, ItemToSign, Pending, Probing, Refused, Signed, SigningOrder
from msign.providers.csc.configured import load_csc_services
from msign.providers.instruments import load_instruments
from msign.providers.plugins import Surroundings, load_kind
from msign.providers.remote.configured import load_providers
from msign.providers.token.settings import load_agents
from msign.sandbox.sample import sample_pdf
from msign.validation.engine import Validator
from msign.validation.model import Integrity
from tests.support.judging import InProcess
from tests.support.pki import session_pki

DOCS = Path(__file__).parents[2] / "docs" / "operations"
PAGE = (DOCS / "adding-a-provider.md").read_text("utf-8")
FILE = re.compile(r"^`(acme[\w/.]+)`[^\n]*\n(?:[^\n`]+\n)*\n```\w+\n(.*?)^```", re.MULTILINE | re.DOTALL)
TOML = re.compile(r"^```toml\n(.*?)^```", re.MULTILINE | re.DOTALL)
IDNP = "2000000000015"  # Maria, whose key is of an elliptic curve


def block(first_line: str) -> str:
    """Return the TOML example of the page that begins with this line."""
    (found,) = [one for one in TOML.findall(PAGE) if one.startswith(first_line)]
    return str(found)


def private(path: Path, text: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(text, "utf-8")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """What the stranger has written: the package beside the data folder, everything copied from the page."""
    files = dict(FILE.findall(PAGE))
    assert files.keys() == {"acme_signing/__init__.py", "acme_signing/provider.py", "acme.toml"}
    data = tmp_path / "data"
    data.mkdir()
    private(data / "provider" / "acme.toml", files.pop("acme.toml"))
    private(data / "msign.toml", block("[provider]"))
    private(data / "instruments.toml", block("[acme]\nprovider"))
    for name, text in files.items():
        private(tmp_path / name, text)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(tmp_path)
        yield tmp_path
        for name in [one for one in sys.modules if one.partition(".")[0] == "acme_signing"]:
            del sys.modules[name]


@pytest.fixture
def services(folder: Path) -> Services:
    return build(load({"MSIGN_DATA": str(folder / "data")}), FixedClock())


class Acme:
    """The service as the page describes it: two calls."""

    def __init__(self) -> None:
        self.holder = session_pki().person("maria")
        self.orders: dict[str, dict[str, Any]] = {}
        self.status, self.why = "waiting", ""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        assert request.headers["Authorization"] == "Bearer issued by Acme"
        _, _, kind, name = request.url.path.split("/")
        if kind == "people":
            chain = [self.holder.certificate, *self.holder.chain]
            encoded = [base64.b64encode(one.public_bytes(Encoding.DER)).decode() for one in chain]
            known = name == IDNP
            return httpx.Response(200 if known else 404, json={"certificates": encoded} if known else None)
        if request.method == "PUT":
            self.orders[name] = json.loads(request.content)
            return httpx.Response(200)
        if name not in self.orders:
            return httpx.Response(404)
        values = [self._value(base64.b64decode(one)) for one in self.orders[name]["digests"]]
        return httpx.Response(200, json={"status": self.status, "code": "4821", "why": self.why, "values": values})

    def _value(self, digest: bytes) -> str:
        key = self.holder.key
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return base64.b64encode(key.sign(digest, ec.ECDSA(Prehashed(hashes.SHA256())))).decode()


def orders(tmp_path: Path, **changes: Any) -> SigningOrder:
    document = tmp_path / "document.pdf"
    document.write_bytes(sample_pdf("Cerere nr. 17"))
    items = (
        ItemToSign("1", ContentType.HASH, digest=bytes(32), file_name="contract"),
        ItemToSign("2", ContentType.PDF, document=document),
    )
    return SigningOrder(
        **({"request_id": "a" * 32, "items": items, "description": "Cerere", "signer_id": IDNP} | changes)
    )


def provider(folder: Path, acme: Acme) -> Any:
    """The class of the page on a service in memory."""
    from acme_signing.provider import AcmeProvider, AcmeSettings  # type: ignore[import-not-found]

    pki = session_pki()
    given = Surroundings(folder=folder, web_url="https://msign.example", clock=FixedClock(), tsa=pki.tsa)
    settings = AcmeSettings("acme", "https://acme.example/api", "issued by Acme")
    return AcmeProvider(settings, given, transport=httpx.MockTransport(acme))


def through(made: Any, order: SigningOrder, workspace: Path, *, until: type) -> Answer:
    workspace.mkdir(exist_ok=True)
    answer: Answer = made.start(order, workspace)
    for _ in range(200):
        if isinstance(answer, until):
            return answer
        assert isinstance(answer, Pending), answer
        answer = made.poll(order, answer.state, workspace)
    raise AssertionError(answer)


def test_the_product_finds_it_and_offers_its_tile(services: Services) -> None:
    assert services.registry.provider("acme").check_config() == []
    (tile,) = [
        one
        for one in services.registry.suitable(environment=Environment.TEST, content_type=ContentType.PDF)
        if one.id == "acme"
    ]
    assert tile.provider == "acme"
    assert isinstance(services.registry.provider("acme"), Probing)


def test_what_it_signs_is_valid(services: Services, folder: Path) -> None:
    assert services.registry.providers
    acme, order, workspace, pki = Acme(), orders(folder), folder / "workspace", session_pki()
    made = provider(folder, acme)
    workspace.mkdir()
    waiting = made.poll(order, made.start(order, workspace).state, workspace)
    assert isinstance(waiting, Pending)
    assert waiting.verification_code == "4821"
    acme.status = "signed"
    answer = through(provider(folder, acme), order, workspace, until=Signed)  # another process goes on
    assert isinstance(answer, Signed)
    clock = FixedClock()
    fetcher = Fetcher.guarded(AddressGuard(frozenset({"tsp.test:80"}), lambda _h, _p: ["127.0.0.1"]), pki.transport())
    trust = TrustStore.from_folder(pki.write_trust(folder / "trust"))
    judge = InProcess(Validator(trust=trust, revocation=online_revocation(fetcher, clock), clock=clock))
    reports = [judge.hash(answer.items[0].signature.read_bytes(), bytes(32)), judge.pdf(answer.items[1].signature)]
    fetcher.close()
    for report in reports:
        (found,) = report.signatures
        assert (found.integrity, found.level, found.person_id) == (Integrity.VALID, SignatureLevel.T, IDNP)


def test_its_refusals_and_absences_are_told(services: Services, folder: Path) -> None:
    assert services.registry.providers
    acme = Acme()
    made = provider(folder, acme)
    acme.status, acme.why = "refused", "declined"
    assert through(made, orders(folder), folder / "w1", until=Refused) == Refused(FailureReason.CANCELLED, "declined")
    stranger = orders(folder, request_id="b" * 32, signer_id="2000000000026")
    assert through(made, stranger, folder / "w2", until=Refused) == Refused(FailureReason.NO_ACTIVE_DEVICE)
    assert made.probe() == ""
    away = provider(folder, lambda request: (_ for _ in ()).throw(httpx.ConnectError("away", request=request)))  # type: ignore[arg-type]
    assert away.probe() == "does not answer: acme: ConnectError"
    with pytest.raises(MSignError) as caught:
        through(away, orders(folder), folder / "w3", until=Signed)
    assert caught.value.retry


@pytest.mark.parametrize(
    ("module", "reason"),
    [("no_such_package", "cannot be imported"), ("json", "no function called providers"), ("a b", "name of a Python")],
)
def test_what_cannot_be_loaded_is_named(tmp_path: Path, module: str, reason: str) -> None:
    services = build(load({"MSIGN_DATA": str(tmp_path), "MSIGN_PROVIDER__MODULES": module}))
    with pytest.raises(MSignError, match=reason) as caught:
        _ = services.registry
    assert caught.value.member == "provider.modules"


def test_what_is_no_provider_is_named(tmp_path: Path) -> None:
    (tmp_path / "half_made.py").write_text(
        "class Half:\n    identifier = 'half'\ndef providers(given):\n    return [Half()]\n"
    )
    given = Surroundings(folder=tmp_path, web_url="", clock=FixedClock(), tsa=session_pki().tsa)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(tmp_path)
        with pytest.raises(MSignError, match="Half is no provider: start, poll, cancel, check_config is missing"):
            load_kind("half_made", given)


def test_the_other_examples_of_the_page_are_read(tmp_path: Path) -> None:
    remote = private(tmp_path / "providers.toml", block("[demo-provider]"))
    assert [one.identifier for one in load_providers(remote)] == ["demo-provider"]
    csc = private(tmp_path / "csc.toml", block("[demo-csc]"))
    (service,) = load_csc_services(csc, return_base="https://msign.example")
    assert service.return_url == "https://msign.example/providers/demo-csc/return"
    tiles = {one.id: one for one in load_instruments(private(tmp_path / "tiles.toml", block("[mobisign]")))}
    assert (tiles["mobisign"].provider, tiles["own"].device) == ("demo-provider", "app")
    agent = TOML.findall((DOCS / "agent.md").read_text("utf-8"))
    assert [one.identifier for one in load_agents(private(tmp_path / "token.toml", agent[0]))] == ["own-agent"]
    assert load_instruments(private(tmp_path / "more.toml", agent[1]))
