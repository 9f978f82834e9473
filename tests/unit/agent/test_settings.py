from __future__ import annotations

from pathlib import Path

import pytest

from msign.agent.settings import AgentSettings, load_settings
from msign.kernel.errors import MSignError


def test_a_file_and_what_the_command_line_says_over_it(tmp_path: Path) -> None:
    file = tmp_path / "agent.toml"
    file.write_text('origins = ["https://msign.example"]\nport = 18481\nmodules = []\n')
    made = load_settings(file, port=20001, origins=())
    assert (made.origins, made.port, made.modules) == (("https://msign.example",), 20001, ())


@pytest.mark.parametrize(
    "origin",
    ["*", "https://*.example", "msign.example", "http://msign.example", "https://msign.example/", "https://a@b.example",
     "https://msign.example/path", "ftp://msign.example", ""],
)  # fmt: skip
def test_an_origin_is_exact_and_https(origin: str) -> None:
    with pytest.raises(MSignError, match="origins"):
        load_settings(None, origins=(origin,), modules=[])


def test_pages_of_this_computer_may_be_plain() -> None:
    assert load_settings(None, origins=("http://localhost:8080",), modules=[]).origins


@pytest.mark.parametrize(
    "text",
    ["sites = []", "port = 70000", 'modules = ["/no/such.so"]', 'tls_certificate = "a.pem"', "port = [1]", "port ="],
)
def test_mistakes_are_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "agent.toml"
    file.write_text(text)
    with pytest.raises(MSignError):
        load_settings(file)


def test_host_names_that_are_served() -> None:
    assert AgentSettings(port=18480).hosts == {"127.0.0.1:18480", "localhost:18480"}
    named = AgentSettings(port=443, host_name="localhost.agent.example", tls_certificate="a", tls_key="b")
    assert {"localhost.agent.example", "localhost.agent.example:443", "127.0.0.1"} <= named.hosts
