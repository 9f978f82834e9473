from __future__ import annotations

from pathlib import Path

import pytest

from msign.config.options import load
from msign.kernel.errors import Code, MSignError


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


def test_a_named_file_must_exist() -> None:
    with pytest.raises(MSignError, match="does not exist"):
        load({"MSIGN_CONFIG": "/nowhere/msign.toml"})
