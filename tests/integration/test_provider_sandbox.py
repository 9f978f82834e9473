"""The sandbox as a newcomer meets it: init, processes that survive SIGKILL, pages, the demo e-service."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import signal
import socket
import ssl
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12

from msign.kernel.clock import SystemClock
from msign.kernel.errors import MSignError
from msign.ops.instance import free_port
from msign.providers.instruments import load_instruments
from msign.providers.remote.configured import load_providers
from msign.providers.remote.settings import Mode, problems
from msign.sandbox import vault
from msign.sandbox.init import initialise
from msign.sandbox.places import Places

REQUEST = "718ba2c75490aaaeb20ee74e97a3fd82"


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Places:
    folder = tmp_path_factory.mktemp("made")
    ports = {name: free_port() for name in ("tsp", "provider", "provider_api", "eservice", "web", "api_test")}
    made = Places(data=folder / "var", demo=folder / "var" / "demo", host="localhost", ports=ports)
    initialise(made, SystemClock())
    return made


def test_the_demo_material_is_complete(places: Places) -> None:
    names = {path.name for path in places.demo.iterdir()}
    assert names == {
        "ca.pem", "signers.pem", "client.pem", "client.key", "client.p12", "client2.pem", "client2.key", "client2.p12",
        "desk.pem", "desk.key", "desk.p12",
    }  # fmt: skip
    key, certificate, _ = pkcs12.load_key_and_certificates((places.demo / "client.p12").read_bytes(), b"demo")
    assert key is not None
    assert certificate is not None
    assert certificate == x509.load_pem_x509_certificate((places.demo / "client.pem").read_bytes())


def test_private_files_are_private(places: Places) -> None:
    private = [*places.data.rglob("*.key"), *places.data.rglob("*.p12"), places.tokens, places.providers]
    assert len(private) > 8
    for path in private:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name


def test_the_gateway_can_read_the_providers(places: Places) -> None:
    found = {one.identifier: one for one in load_providers(places.providers)}
    assert list(found) == ["sandbox-phone", "sandbox-app", "sandbox-card"]
    assert [problem for one in found.values() for problem in problems(one)] == []
    assert found["sandbox-card"].mode is Mode.SYNCHRONOUS
    wanted = {one.provider for one in load_instruments() if one.enabled}
    assert wanted == found.keys()


def test_a_second_init_changes_nothing(places: Places) -> None:
    before = _files(places.data)
    initialise(places, SystemClock())
    after = _files(places.data)
    assert {name for name in before if before[name] != after.get(name)} <= {"sandbox/tsp/register.sqlite3"}
    assert before.keys() == after.keys()


def test_an_init_that_was_killed_begins_again(tmp_path: Path) -> None:
    half = Places(data=tmp_path, demo=tmp_path / "demo")
    draft = half.authorities.with_name("authorities.new")
    draft.mkdir(parents=True)
    (draft / "root.key").write_text("half a key")
    initialise(half, SystemClock())
    assert (half.authorities / "qualified.pem").exists()
    assert not draft.exists()


def test_a_new_host_name_gets_a_new_server_certificate(tmp_path: Path) -> None:
    initialise(Places(data=tmp_path, demo=tmp_path / "demo"), SystemClock())
    old = (tmp_path / "server" / "api.pem").read_bytes()
    initialise(Places(data=tmp_path, demo=tmp_path / "demo", host="sandbox.test"), SystemClock())
    certificate = x509.load_pem_x509_certificate((tmp_path / "server" / "api.pem").read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "sandbox.test" in names.get_values_for_type(x509.DNSName)
    assert (tmp_path / "server" / "api.pem").read_bytes() != old


@pytest.fixture
def copied(places: Places, tmp_path: Path) -> Places:
    data = tmp_path / "var"
    shutil.copytree(places.data, data)
    return dataclasses.replace(places, data=data, demo=data / "demo")


def test_material_that_does_not_fit_any_more_is_made_anew(copied: Places) -> None:
    """A damaged file, a key of another certificate, a certificate of other authorities."""
    whole = (copied.demo / "client.pem").read_bytes()
    (copied.demo / "client.pem").write_bytes(b"garbage")
    shutil.copy(copied.demo / "client2.key", copied.demo / "desk.key")
    stranger = x509.load_pem_x509_certificate((copied.demo / "ca.pem").read_bytes())
    (copied.server / "seal.pem").write_bytes(stranger.public_bytes(Encoding.PEM))
    initialise(copied, SystemClock())
    assert (copied.demo / "client.pem").read_bytes() not in (whole, b"garbage")
    for folder, name in ((copied.demo, "client"), (copied.demo, "desk"), (copied.server, "seal")):
        certificate = x509.load_pem_x509_certificate((folder / f"{name}.pem").read_bytes())
        assert vault.read_key(folder / f"{name}.key").public_key() == certificate.public_key()


def test_damaged_authorities_are_named_and_not_replaced(copied: Places) -> None:
    (copied.authorities / "root.key").unlink()
    with pytest.raises(MSignError, match=r"root\.key.*Restore"):
        initialise(copied, SystemClock())


def test_serving_without_init_says_what_to_do(tmp_path: Path) -> None:
    done = subprocess.run(
        _command(Places(data=tmp_path, demo=tmp_path), "tsp"), capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "run `init` first" in done.stderr


def _command(places: Places, service: str) -> list[str]:
    ports = [f"--{name.replace('_', '-')}-port={port}" for name, port in places.ports.items()]
    start = [sys.executable, "-m", "msign.sandbox", "serve", "--service", service]
    return [*start, "--data", str(places.data), "--demo", str(places.demo), "--host", places.host, *ports]


class Running:
    """Service processes that a test starts, kills and starts again."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, service: str) -> None:
        self._processes[service] = subprocess.Popen(
            _command(self.places, service), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for port in (service, "provider_api") if service == "provider" else (service,):
            _wait_for_port(self.places.port(port))

    def kill(self, service: str) -> None:
        process = self._processes.pop(service)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)

    def stop(self) -> list[int]:
        for process in self._processes.values():
            process.terminate()
        return [process.wait(15) for process in self._processes.values()]


def _wait_for_port(port: int) -> None:
    for _ in range(300):
        try:
            socket.create_connection(("localhost", port), timeout=1).close()
            return
        except OSError:
            threading.Event().wait(0.05)
    raise AssertionError(f"nothing listens on {port}")


@pytest.fixture
def running(places: Places) -> Iterator[Running]:
    made = Running(places)
    yield made
    made.stop()


def test_a_killed_provider_has_lost_nothing(running: Running) -> None:
    places = running.places
    running.start("tsp")
    running.start("provider")
    api = f"{places.url('provider_api')}/phone/signatures"
    tokens = json.loads(places.tokens.read_text())
    trust = ssl.create_default_context(cafile=str(places.demo / "ca.pem"))
    headers = {"Authorization": f"Bearer {tokens['to_provider']}"}
    with httpx.Client(verify=trust, headers=headers, trust_env=False, timeout=15) as client:
        item = {"id": "1", "contentType": "Hash", "hash": "cDQTAs9yNPO04RKWuqjartTA90+uIr2UhKMvWcsBcvg="}
        order = {"requestId": REQUEST, "description": "Cerere nr. 17", "items": [item]}
        first = client.post(api, json=order).json()
        running.kill("provider")
        running.start("provider")
        again = client.post(api, json=order).json()
        assert again == first
        pages = httpx.Client(base_url=places.url("provider"), trust_env=False, timeout=15)
        with pages:
            pages.post(f"/requests/{REQUEST}", data={"action": "accept", "pin": "1234"})
            # Killed at a random moment of signing: the new process goes on from the stored state.
            running.kill("provider")
            running.start("provider")
            status = "Pending"
            for _ in range(100):
                status = client.get(f"{api}/{REQUEST}").json()["status"]
                if status != "Pending":
                    break
                threading.Event().wait(0.05)
    assert status == "Success"
    assert running.stop() == [0, 0]


def test_the_trust_service_keeps_its_register_when_killed(running: Running) -> None:
    running.start("tsp")
    url = running.places.url("tsp")
    with httpx.Client(base_url=url, trust_env=False, timeout=15) as client:
        values = {"name": "TEST killed", "idno": "1000000000007"}
        bundle = client.post("/api/systems", data=values).content
        certificate = x509.load_pem_x509_certificate(bundle[bundle.index(b"-----BEGIN CERTIFICATE") :])
        serial = f"{certificate.serial_number:X}"
        client.post("/api/status", json={"authority": "systems", "serial": serial, "action": "revoke"})
        running.kill("tsp")
        running.start("tsp")
        listed = x509.load_der_x509_crl(client.get("/crl/systems.crl").content)
    assert listed.get_revoked_certificate_by_serial_number(certificate.serial_number)
