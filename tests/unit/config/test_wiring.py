from __future__ import annotations

from pathlib import Path

from msign.config.options import load
from msign.config.wiring import build


def test_providers_come_from_files_and_none_runs_without_them(tmp_path: Path) -> None:
    services = build(load({"MSIGN_DATA": str(tmp_path)}))
    assert services.registry.providers == ()


def test_a_signing_service_of_the_consortium_is_wired_from_its_file(tmp_path: Path) -> None:
    listed = tmp_path / "provider" / "csc.toml"
    listed.parent.mkdir()
    listed.write_text('[remote-qes]\nurl = "https://csc.example/csc/v2"\n')
    listed.chmod(0o600)
    services = build(load({"MSIGN_DATA": str(tmp_path)}))
    assert [provider.identifier for provider in services.registry.providers] == ["remote-qes"]
    for provider in services.registry.providers:
        provider.close()  # type: ignore[attr-defined]


def test_sandbox_providers_are_not_wired_outside_a_sandbox(tmp_path: Path) -> None:
    listed = tmp_path / "provider" / "sandbox.toml"
    listed.parent.mkdir()
    listed.write_text("this would not even parse")
    services = build(load({"MSIGN_DATA": str(tmp_path), "MSIGN_SANDBOX": "false"}))
    assert services.registry.providers == ()
