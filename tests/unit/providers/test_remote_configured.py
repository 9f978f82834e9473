"""Providers as an operator writes them down."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from msign.kernel.errors import Code, MSignError
from msign.providers.csc.configured import load_csc_services
from msign.providers.csc.settings import CscSettings
from msign.providers.remote import configured
from msign.providers.remote.configured import load_providers
from msign.providers.remote.settings import Mode, RemoteSettings

GOOD = """
[demo]
url = "https://provider.example/v1"
tokens = ["token-number-two-of-two", "token-number-one-of-two"]
callback_tokens = ["token-for-the-callbacks"]
mode = "synchronous"
poll_seconds = 5
"""


def _file(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "providers.toml"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_a_provider_is_read_with_its_defaults(tmp_path: Path) -> None:
    (demo,) = load_providers(_file(tmp_path, GOOD))
    assert demo.identifier == "demo"
    assert demo.tokens[0] == "token-number-two-of-two"
    assert demo.mode is Mode.SYNCHRONOUS
    assert demo.poll_seconds == 5
    assert demo.answer_seconds == 30.0


def test_no_file_means_no_providers(tmp_path: Path) -> None:
    assert load_providers(tmp_path / "nothing.toml") == ()


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o660])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(MSignError, match="mode 0600"):
        load_providers(_file(tmp_path, GOOD, mode))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[x", "not valid TOML"),
        ("x = 1", "a table was expected"),
        ("[x]\nmode = 'asynchronous'", "url: is missing"),
        ("[x]\nurl = 1", "url: not of the expected kind"),
        ("[x]\nurl = 'https://a'\ntoken = 'secret'", "token: no such member"),
        ("[x]\nurl = 'https://a'\ntokens = 'secret'", "tokens: not of the expected kind"),
        ("[x]\nurl = 'https://a'\npoll_seconds = true", "poll_seconds: not of"),
        ("[x]\nurl = 'https://a'\nmode = 'maybe'", "mode: one of synchronous, asynchronous"),
    ],
)
def test_mistakes_are_named_and_secrets_are_not(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(MSignError, match=reason) as caught:
        load_providers(_file(tmp_path, text))
    assert caught.value.code is Code.MISCONFIGURED
    assert "secret" not in str(caught.value)


def test_csc_services_are_read_the_same_way(tmp_path: Path) -> None:
    (demo,) = load_csc_services(_file(tmp_path, '[csc]\nurl = "https://csc.example"\ntokens = ["t"]\npoll_seconds = 2'))
    assert demo == CscSettings("csc", "https://csc.example", ("t",), poll_seconds=2)
    with pytest.raises(MSignError, match="mode: no such member"):
        load_csc_services(_file(tmp_path, '[csc]\nurl = "https://csc.example"\nmode = "synchronous"'))


def test_every_setting_can_be_written_down() -> None:
    assert configured._KINDS.keys() == {one.name for one in dataclasses.fields(RemoteSettings)} - {"identifier"}
