"""The door behind TLS, for pages that may not call plain addresses: a name of the loopback, its certificate, and no other."""

from __future__ import annotations

import contextlib
import datetime as dt
import http.client
import ipaddress
import json
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from msign.agent.settings import AgentSettings, load_settings
from msign.kernel.errors import MSignError
from msign.signing.keys import InMemoryKey, Signer
from tests.support.agents import SITE, MemoryTokens, RunningAgent, running_agent
from tests.support.pki import session_pki
from tests.unit.agent.test_door import question

NAME = "agent.msign.example"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for the public name of the loopback address, and its key."""
    folder, key = tmp_path_factory.mktemp("tls"), ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)]), dt.datetime.now(dt.UTC)
    names = [x509.DNSName(NAME), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .serial_number(7)
        .public_key(key.public_key())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=7))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, private = folder / "agent.pem", folder / "agent.key"
    pem.write_bytes(made.public_bytes(Encoding.PEM))
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return pem, private


@pytest.fixture
def ion() -> Signer:
    holder = session_pki().person("ion")
    return Signer(InMemoryKey(holder.key), holder.certificate, holder.chain)


@pytest.fixture
def agent(ion: Signer, files: tuple[Path, Path]) -> Iterator[RunningAgent]:
    settings = AgentSettings(origins=(SITE,), host_name=NAME, tls_certificate=str(files[0]), tls_key=str(files[1]))
    with running_agent(MemoryTokens([ion]), settings=settings) as running:
        yield running


def _port(agent: RunningAgent) -> int:
    return urlsplit(agent.url).port or 0


def _call(agent: RunningAgent, trusted: Path, path: str, body: object = None, host: str = NAME) -> tuple[int, Any, str]:
    """Call as a browser does that has looked the name up: TLS with that name, to the loopback address."""
    context = ssl.create_default_context(cafile=str(trusted))
    headers = {"Host": f"{host}:{_port(agent)}", "Origin": SITE, "Content-Type": "application/json"}
    connection = http.client.HTTPSConnection("127.0.0.1", _port(agent), context=context, timeout=20)
    with contextlib.closing(connection):
        connection.request("POST" if body else "GET", path, json.dumps(body) if body else None, headers)
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text else None, answer.headers.get("Location", "")


def test_a_page_signs_over_tls(agent: RunningAgent, ion: Signer, files: tuple[Path, Path]) -> None:
    assert _call(agent, files[0], "/certificates")[0] == 200
    status, _, place = _call(agent, files[0], "/sign/prepared", question(ion))
    assert status == 201
    assert place.startswith(f"https://{NAME}:{_port(agent)}/sign/prepared/")
    while not (found := _call(agent, files[0], urlsplit(place).path)[1])["finished"]:
        pass
    assert set(found["values"]) == {"1"}


def test_another_name_is_refused_behind_tls_too(agent: RunningAgent, files: tuple[Path, Path]) -> None:
    status, said, _ = _call(agent, files[0], "/certificates", host="evil.example")
    assert (status, said["code"]) == (403, "origin")


def test_plain_calls_get_no_answer(agent: RunningAgent) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", _port(agent), timeout=20)
    with contextlib.closing(connection):
        connection.request("GET", "/certificates", headers={"Origin": SITE})
        with pytest.raises((http.client.HTTPException, ConnectionError)):
            connection.getresponse()


def test_old_tls_is_refused(agent: RunningAgent, files: tuple[Path, Path]) -> None:
    context = ssl.create_default_context(cafile=str(files[0]))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with (
        socket.create_connection(("127.0.0.1", _port(agent)), timeout=20) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as wrapped,
    ):
        assert wrapped.version() == "TLSv1.2"
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.load_verify_locations(str(files[0]))
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.minimum_version = ssl.TLSVersion.TLSv1_1
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    with (
        socket.create_connection(("127.0.0.1", _port(agent)), timeout=20) as plain,
        pytest.raises((ssl.SSLError, ConnectionError)),
    ):
        old.wrap_socket(plain, server_hostname="127.0.0.1")


def test_somebody_who_never_greets_holds_up_nobody(agent: RunningAgent, files: tuple[Path, Path]) -> None:
    with socket.create_connection(("127.0.0.1", _port(agent)), timeout=20):
        assert _call(agent, files[0], "/certificates")[0] == 200


def test_files_that_are_not_there_are_said_before_anything_listens(tmp_path: Path) -> None:
    with pytest.raises(MSignError, match="does not exist") as caught:
        load_settings(None, tls_certificate=str(tmp_path / "none.pem"), tls_key=str(tmp_path / "none.key"))
    assert caught.value.member == "tls_certificate"
