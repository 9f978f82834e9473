"""The CSC client against a signing service that others wrote (certomancer-csc-dummy, API version 1)."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from msign.kernel.clock import FixedClock
from msign.kernel.words import ContentType, SignatureLevel
from msign.ops.instance import free_port
from msign.pki.fetch import AddressGuard, Fetcher
from msign.pki.sources import online_revocation
from msign.pki.trust import TrustStore
from msign.providers.base import Answer, ItemToSign, Pending, Signed, SigningOrder
from msign.providers.csc.provider import CscProvider
from msign.providers.csc.settings import CscSettings
from msign.sandbox.authority import new_key
from msign.sandbox.sample import sample_pdf
from msign.signing.xades import HashStyle
from msign.validation.engine import Validator
from msign.validation.model import Integrity
from tests.support.judging import InProcess
from tests.support.pki import IDNP_ION, session_pki

pytest.importorskip("csc_dummy", reason="certomancer-csc-dummy is not installed")
pytestmark = pytest.mark.tool

CONFIG = """
external-url-prefix: "http://localhost"
keysets:
  demo:
    path-prefix: "{keys}"
    keys:
      root: {{path: root.pem}}
      ion: {{path: ion.pem}}
      elena: {{path: elena.pem}}
pki-architectures:
  demo:
    keyset: demo
    entity-defaults: {{country-name: MD, organization-name: "TEST remote signing"}}
    entities:
      root: {{common-name: "TEST remote CA"}}
      ion: {{common-name: "Ion Exemplu", serial-number: "PNOMD-2000000000004"}}
      elena: {{common-name: "Elena Altcineva", serial-number: "PNOMD-2000000000026"}}
    certs:
      root: {{subject: root, issuer: root, validity: {validity}, extensions: [
        {{id: basic_constraints, critical: true, value: {{ca: true}}}},
        {{id: key_usage, critical: true, smart-value: {{schema: key-usage, params: [key_cert_sign, crl_sign]}}}}]}}
      elena: {{subject: elena, issuer: root, validity: {validity}, extensions: {usage}}}
      ion: {{subject: ion, issuer: root, validity: {validity}, extensions: {usage}}}
"""
VALIDITY = '{valid-from: "2020-01-01T00:00:00+0000", valid-to: "2045-01-01T00:00:00+0000"}'
USAGE = "[{id: key_usage, critical: true, smart-value: {schema: key-usage, params: [non_repudiation]}}]"


@dataclass(frozen=True)
class Remote:
    """Where the service answers."""

    url: str


@pytest.fixture(scope="module", params=["p256", "rsa2048"])
def remote(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Remote]:
    folder = tmp_path_factory.mktemp("remote")
    for name, kind in (("root", "p256"), ("ion", request.param), ("elena", "p256")):
        pem = new_key(kind).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / f"{name}.pem").write_bytes(pem)
    config = folder / "certomancer.yml"
    config.write_text(CONFIG.format(keys=folder, validity=VALIDITY, usage=USAGE))
    port = free_port()
    command = [sys.executable, "-m", "csc_dummy", str(config), str(port), "2"]
    log = (folder / "log").open("wb")
    with log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            _wait(port, process, folder / "log")
            yield Remote(f"http://localhost:{port}")
        finally:
            process.terminate()


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        with contextlib.suppress(OSError):
            socket.create_connection(("localhost", port), timeout=1).close()
            return
        if process.poll() is not None:
            break
        threading.Event().wait(0.05)
    raise AssertionError(log.read_text())


class Heard(httpx.HTTPTransport):
    """The real transport, remembering what was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.calls.append((request.url.path, json.loads(request.read())))
        return super().handle_request(request)


def _signed(
    remote: Remote,
    folder: Path,
    *items: ItemToSign,
    style: HashStyle = HashStyle.DETACHED_DIGEST,
    heard: Heard | None = None,
) -> Signed:
    order = SigningOrder("0" * 32, items, "Cerere nr. 17", signer_id=IDNP_ION)
    settings = CscSettings("remote", remote.url, ("any",))
    made = CscProvider(settings=settings, tsa=session_pki().tsa, clock=FixedClock(), hash_style=style, transport=heard)
    with contextlib.closing(made) as provider:
        answer: Answer = provider.start(order, folder)
        for _ in range(50):
            if not isinstance(answer, Pending):
                break
            threading.Event().wait(min(answer.retry_after, 0.2))
            answer = provider.poll(order, answer.state, folder)
    assert isinstance(answer, Signed), answer
    return answer


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcess]:
    """Time-stamps are trusted; the remote CA is not, which is no matter here."""
    pki, clock = session_pki(), FixedClock()
    trust = TrustStore.from_folder(pki.write_trust(tmp_path_factory.mktemp("trust")))
    guard = AddressGuard(frozenset({"tsp.test:80"}), lambda _host, _port: ["127.0.0.1"])
    fetcher = Fetcher.guarded(guard, pki.transport())
    yield InProcess(Validator(trust=trust, revocation=online_revocation(fetcher, clock), clock=clock))
    fetcher.close()


def test_hashes(remote: Remote, judge: InProcess, tmp_path: Path) -> None:
    """Twelve, where the service signs ten at a time: two rounds, each with leave for exactly its hashes."""
    items = [ItemToSign(str(n), ContentType.HASH, digest=bytes([n] * 32), file_name=f"doc-{n}") for n in range(12)]
    heard = Heard()
    answer = _signed(remote, tmp_path, *items, heard=heard)
    asked = [path for path, _ in heard.calls if "v1" in path]
    assert asked[:2] == ["/csc/v1/info", "/csc/v1/credentials/list"]
    assert asked.count("/csc/v1/credentials/info") >= 1
    rounds = [(path, values) for path, values in heard.calls if path.endswith(("authorize", "signHash"))]
    assert [path.rpartition("/")[2] for path, _ in rounds] == ["authorize", "signHash"] * 2
    assert [len(values["hash"]) for _, values in rounds] == [10, 10, 2, 2]
    for item, made in zip(items, answer.items, strict=True):
        assert f'URI="{item.file_name}"'.encode() in made.signature.read_bytes()
        (found,) = judge.hash(made.signature.read_bytes(), item.digest or b"").signatures
        assert (found.integrity, found.level, found.person_id) == (Integrity.VALID, SignatureLevel.T, IDNP_ION)


def test_the_hash_inside_the_signature_by_a_setting(remote: Remote, judge: InProcess, tmp_path: Path) -> None:
    item = ItemToSign("1", ContentType.HASH, digest=bytes(32), file_name="doc-1")
    (made,) = _signed(remote, tmp_path, item, style=HashStyle.ENVELOPING_OBJECT).items
    xml = made.signature.read_bytes()
    assert b'Encoding="UTF-8"' in xml
    (found,) = judge.hash(xml, bytes(32)).signatures
    assert (found.integrity, found.content_digest) == (Integrity.VALID, bytes(32))


def test_a_document(remote: Remote, judge: InProcess, tmp_path: Path) -> None:
    document = tmp_path / "document.pdf"
    document.write_bytes(sample_pdf("Cerere nr. 17"))
    answer = _signed(remote, tmp_path, ItemToSign("1", ContentType.PDF, document=document))
    (found,) = judge.pdf(answer.items[0].signature).signatures
    assert (found.integrity, found.level, found.person_id) == (Integrity.VALID, SignatureLevel.T, IDNP_ION)
    assert found.certificate == answer.certificate
