"""Providers behind the official interface as an operator writes them down: one TOML file, a table each.

    [demo-provider]
    url = "https://provider.example/v1"
    tokens = ["issued by the provider, newest first"]
    callback_tokens = ["issued by us, newest first"]
    mode = "asynchronous"
    ca_file = "/etc/msign/demo-provider-ca.pem"

The file holds secrets: it must be readable by its owner only. Other members are those of ``RemoteSettings``.
"""

from __future__ import annotations

import dataclasses
import stat
import tomllib
from pathlib import Path
from typing import Any, cast

from msign.kernel.errors import Code, MSignError
from msign.providers.remote.settings import Mode, RemoteSettings

_TYPES: dict[str, type | tuple[type, ...]] = {
    "url": str,
    "mode": str,
    "ca_file": str,
    "device_url": str,
    "connect_seconds": (int, float),
    "answer_seconds": (int, float),
    "person_seconds": (int, float),
    "poll_seconds": (int, float),
    "max_result_bytes": int,
    "max_open_calls": int,
    "sends_person_data": bool,
}
_LISTS = ("tokens", "callback_tokens")


def load_providers(path: Path) -> tuple[RemoteSettings, ...]:
    """Return the providers of a file, none if it does not exist.

    Raises ``MSignError`` (``MISCONFIGURED``) naming provider and member; never a token.
    """
    if not path.exists():
        return ()
    if stat.S_IMODE(path.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
        raise MSignError(Code.MISCONFIGURED, f"{path} holds tokens and must have mode 0600")
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise MSignError(Code.MISCONFIGURED, f"{path}: not valid TOML") from error
    return tuple(_settings(identifier, values) for identifier, values in tables.items())


def _settings(identifier: str, values: object) -> RemoteSettings:
    if not isinstance(values, dict):
        raise _wrong(identifier, "a table was expected")
    for member, value in values.items():
        _check(identifier, member, value)
    try:
        chosen = {**values, "mode": Mode(values.get("mode", Mode.ASYNCHRONOUS))}
    except ValueError as error:
        raise _wrong(identifier, f"mode: one of {', '.join(Mode)} was expected") from error
    for member in _LISTS:
        chosen[member] = tuple(chosen.get(member, ()))
    if "url" not in chosen:
        raise _wrong(identifier, "url: is missing")
    return RemoteSettings(identifier, **cast(dict[str, Any], chosen))


def _check(identifier: str, member: str, value: object) -> None:
    if member in _LISTS:
        good = isinstance(value, list) and all(isinstance(token, str) for token in value)
    elif member in _TYPES:
        expected = _TYPES[member]
        good = isinstance(value, expected) and (expected is bool or not isinstance(value, bool))
    else:
        known = ", ".join(sorted({item.name for item in dataclasses.fields(RemoteSettings)} - {"identifier"}))
        raise _wrong(identifier, f"{member}: no such member; there are {known}")
    if not good:
        raise _wrong(identifier, f"{member}: not of the expected kind")


def _wrong(identifier: str, message: str) -> MSignError:
    return MSignError(Code.MISCONFIGURED, message, member=f"providers.{identifier}")
