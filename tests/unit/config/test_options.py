from __future__ import annotations

from pathlib import Path

import pytest

from msign.config.options import load
from msign.kernel.errors import Code, MSignError
from msign.kernel.words import Environment


def test_defaults_need_nothing(tmp_path: Path) -> None:
    options = load({"MSIGN_DATA": str(tmp_path)})
    assert options.ports.web == 8080
    assert options.web_url == "http://localhost:8080"


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "msign.toml").write_text('[ports]\nweb = 1234\n[web]\nallowed_hosts = ["a.example"]\n')
    options = load({"MSIGN_DATA": str(tmp_path), "MSIGN_PORTS__WEB": "4321"})
    assert options.ports.web == 4321
    assert options.web.allowed_hosts == ("a.example",)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[ports]\nwep = 1", "ports.wep"),
        ('[ports]\nweb = "many"', "ports.web"),
        ("debug = 3", "debug"),
        ("ports = 3", "ports"),
        ('[api]\nip_reject = "maybe"', "api.ip_reject"),
        ("[sign", "not valid TOML"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / "msign.toml").write_text(text)
    with pytest.raises(MSignError) as caught:
        load({"MSIGN_DATA": str(tmp_path)})
    assert caught.value.code is Code.MISCONFIGURED
    assert named in str(caught.value)


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "msign.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(MSignError, match=r"msign\.toml: not valid TOML"):
        load({"MSIGN_DATA": str(tmp_path)})
    with pytest.raises(MSignError, match="Is a directory"):
        load({"MSIGN_CONFIG": str(tmp_path)})


def test_a_named_file_must_exist() -> None:
    with pytest.raises(MSignError, match="does not exist"):
        load({"MSIGN_CONFIG": "/nowhere/msign.toml"})


@pytest.mark.parametrize("environment", Environment)
def test_anchors_of_a_sandbox_do_not_outlive_it(tmp_path: Path, environment: Environment) -> None:
    written_by_the_sandbox = tmp_path / "trust"
    sandbox = load({"MSIGN_DATA": str(tmp_path)})
    real = load({"MSIGN_DATA": str(tmp_path), "MSIGN_SANDBOX": "false"})
    assert sandbox.trust_folder(environment) == written_by_the_sandbox
    assert real.trust_folder(environment) == tmp_path / f"trust-{environment.value}"


@pytest.mark.parametrize("environment", Environment)
def test_the_folder_of_a_sandbox_cannot_be_named_as_real_anchors(tmp_path: Path, environment: Environment) -> None:
    named = {
        "MSIGN_DATA": str(tmp_path),
        "MSIGN_SANDBOX": "false",
        f"MSIGN_TRUST__{environment.value.upper()}": str(tmp_path / "other" / ".." / "trust"),
    }
    load(named)  # no sandbox was ever here: the folder is the operator's
    (tmp_path / "sandbox").mkdir()
    with pytest.raises(MSignError, match=f"trust.{environment.value}"):
        load(named)


def test_a_misspelt_variable_is_refused_not_ignored(tmp_path: Path) -> None:
    with pytest.raises(MSignError, match="MSIGN_SANDBX: no such setting"):
        load({"MSIGN_DATA": str(tmp_path), "MSIGN_SANDBX": "false"})


def test_the_sandbox_stays_on_this_machine_unless_somebody_insists(tmp_path: Path) -> None:
    outside = {"MSIGN_DATA": str(tmp_path), "MSIGN_PORTS__HOST": "0.0.0.0"}
    with pytest.raises(MSignError, match="its keys are known to everybody"):
        load(outside)
    assert load({**outside, "MSIGN_SANDBOX_EXPOSED": "true"}).sandbox
    assert not load({**outside, "MSIGN_SANDBOX": "false"}).sandbox
