from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from msign.access import queries
from msign.kernel.words import Environment
from msign.ops.access import access
from tests.unit.access.cast import HOME, IDNO, authority

pytestmark = pytest.mark.django_db


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(access, list(arguments))


def _good(*arguments: str) -> str:
    result = _run(*arguments)
    assert result.exit_code == 0, result.output
    return result.output.strip()


def _registered(tmp_path: Path) -> str:
    system = _good("system", "add", "Registrul Model", "--organisation", "Organizația Model", "--idno", IDNO)
    file = tmp_path / "client.der"
    file.write_bytes(authority("CA").issue("alice", 0x4000AB))
    _good("certificate", "add", "-s", system, "-e", "test", str(file))
    _good("network", "add", "-s", "Registrul Model", "-e", "test", "192.0.2.0/28")
    _good("enable", "-s", system, "-e", "test")
    return system


def test_a_system_is_let_in_and_shown_by_commands(tmp_path: Path) -> None:
    system = _registered(tmp_path)
    state = queries.access_state(system, Environment.TEST)
    assert state.enabled
    assert state.networks == ("192.0.2.0/28",)
    assert [one["id"] for one in json.loads(_good("system", "list", "--json"))] == [system]
    shown = json.loads(_good("system", "show", system, "--json"))
    assert [one["enabled"] for one in shown] == [True, False]
    assert system in _good("system", "list")
    assert "4000AB" in _good("system", "show", system)


def test_what_was_given_is_taken_back(tmp_path: Path) -> None:
    system = _registered(tmp_path)
    _good("certificate", "revoke", "-s", system, "-e", "test", "40:00:ab", "--reason", "key lost")
    _good("network", "remove", "-s", system, "-e", "test", "192.0.2.0/28")
    _good("disable", "-s", system, "-e", "test", "--reason", "asked for it")
    state = queries.access_state(system, Environment.TEST)
    assert (state.enabled, state.networks, state.certificates[0].status) == (False, (), "revoked")


def test_check_says_check_by_check_why_a_call_is_refused(tmp_path: Path) -> None:
    _registered(tmp_path)
    result = _run("check", "-e", "test", "--serial", "4000ab", "--address", "198.51.100.1", "--json")
    assert result.exit_code == 1
    answer = json.loads(result.output)
    assert not answer["allowed"]
    reasons = [one["reason"] for one in answer["checks"] if one["outcome"] == "failed"]
    assert reasons[0] == "untrusted-issuer"  # the test installation trusts nobody
    assert reasons[-1] == "foreign-address"
    shown = _run("check", "-e", "test", "--serial", "4000ab", "--address", HOME)
    assert "The call is refused" in shown.output
    assert "✓" in shown.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("system", "add", "X", "--organisation", "Y", "--idno", "123"), "IDNO of 13 digits"),
        (("enable", "-s", "nobody", "-e", "test"), "none or several have the id or name"),
        (("check", "-e", "test", "--address", HOME), "either --serial or --certificate"),
    ],
)
def test_mistakes_get_a_sentence_not_a_traceback(arguments: tuple[str, ...], words: str) -> None:
    result = _run(*arguments)
    assert result.exit_code in (1, 2)
    assert words in result.output


def test_refused_calls_can_be_listed() -> None:
    assert json.loads(_good("refused", "--json")) == []
