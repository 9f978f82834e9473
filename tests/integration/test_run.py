"""`msign run` tells in one sentence what is wrong, keeps its data, and leaves nothing behind."""

from __future__ import annotations

import dataclasses
import os
import socket
import ssl
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest

from msign.kernel.clock import monotonic
from msign.ops.processes import taken_ports
from tests.support.installation import Installation, free_ports, running

pytestmark = pytest.mark.xdist_group("run")


def _run(data: Path, **ports: int) -> subprocess.CompletedProcess[str]:
    numbers = {**{name: value for name, value in dataclasses.asdict(free_ports()).items() if name != "host"}, **ports}
    environment = {**os.environ, "MSIGN_DATA": str(data), "COLUMNS": "200"}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    environment |= {f"MSIGN_PORTS__{name.upper()}": str(value) for name, value in numbers.items()}
    command = [sys.executable, "-m", "msign.ops.cli", "run"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=90, check=False)


def _one_sentence(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    assert len(lines) == 1, done.stdout
    return lines[0]


def test_a_taken_port_is_named_with_what_to_do(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        sentence = _one_sentence(_run(tmp_path / "var", web=port))
    assert f"port {port}" in sentence
    assert "MSIGN_PORTS__WEB" in sentence


def test_a_file_in_place_of_the_data_folder(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("not a folder")
    assert "is a file" in _one_sentence(_run(tmp_path / "var"))


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("contents", b"a file", "is a file where a folder belongs"),
        ("sandbox/tsp/register.sqlite3", b"somebody's notes" * 100, "Restore"),
    ],
    ids=["folder", "register"],
)
def test_what_is_damaged_in_the_data_folder_is_named(tmp_path: Path, name: str, content: bytes, told: str) -> None:
    damaged = tmp_path / "var" / name
    damaged.parent.mkdir(parents=True)
    damaged.write_bytes(content)
    (damaged.parent / "authorities").mkdir()
    sentence = _one_sentence(_run(tmp_path / "var"))
    assert told in sentence
    assert str(tmp_path / "var") in sentence
    assert damaged.read_bytes() == content


def test_a_broken_database_is_named_and_not_overwritten(tmp_path: Path) -> None:
    broken = tmp_path / "var" / "msign.sqlite3"
    broken.parent.mkdir()
    broken.write_bytes(b"this is no database at all, but somebody's notes" * 100)
    before = broken.read_bytes()
    sentence = _one_sentence(_run(tmp_path / "var"))
    assert "database" in sentence
    assert broken.read_bytes() == before


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "msign.toml").write_text("[sign]\nmax_contents = 'many'\n")
    assert "sign.max_contents" in _one_sentence(_run(tmp_path / "var"))


def _all_free(installation: Installation, seconds: float) -> bool:
    ports = [value for value in dataclasses.asdict(installation.options.ports).values() if isinstance(value, int)]
    deadline, pause = monotonic() + seconds, threading.Event()
    while taken_ports(installation.options.ports.host, ports) and monotonic() < deadline:
        pause.wait(0.1)
    return not taken_ports(installation.options.ports.host, ports)


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """An installation that was started and stopped; its ports must be free again."""
    data = tmp_path_factory.mktemp("run") / "var"
    ports = free_ports()
    with running(data, ports) as installation:
        second = installation.msign("run")
        assert second.returncode == 1
        assert "already works on" in second.stdout
    return installation


def test_nothing_listens_after_a_stop(started: Installation) -> None:
    assert _all_free(started, 0)


def test_secrets_are_for_the_owner_only_and_in_no_log(started: Installation) -> None:
    data = started.options.data_path
    secrets = [
        data / "secret",
        data / "provider" / "tokens.json",
        data / "demo" / "client.key",
        data / "server" / "api.key",
    ]
    assert [oct(path.stat().st_mode & 0o077) for path in secrets] == ["0o0"] * len(secrets)
    logs = "".join(path.read_text("utf-8", errors="replace") for path in (data / "log").glob("*.log"))
    assert (data / "secret").read_text() not in logs
    assert "BEGIN PRIVATE KEY" not in logs


def test_the_web_listener_speaks_tls_by_a_setting_and_nothing_outlives_a_killed_run(started: Installation) -> None:
    data = started.options.data_path
    tls = {
        "MSIGN_WEB__TLS_CERTIFICATE": str(data / "server" / "api.pem"),
        "MSIGN_WEB__TLS_KEY": str(data / "server" / "api.key"),
    }
    context = ssl.create_default_context(cafile=data / "demo" / "ca.pem")
    with running(data, free_ports(), tls) as installation:
        assert installation.options.web_url.startswith("https://")
        answer = httpx.get(f"{installation.options.web_url}/verify", verify=context, trust_env=False)
        installation.supervisor.kill()
        assert _all_free(installation, 60)
    assert answer.status_code == 200
    assert "secure" in answer.headers.get("set-cookie", "secure").lower()
