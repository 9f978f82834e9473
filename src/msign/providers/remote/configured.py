"""Providers behind the official interface as an operator writes them down: one TOML file, a table each.

[demo-provider]
url = "https://provider.example/v1"
tokens = ["issued by the provider, newest first"]
callback_tokens = ["issued by us, newest first"]
mode = "asynchronous"
ca_file = "/etc/msign/demo-provider-ca.pem"
"""

from __future__ import annotations

from pathlib import Path

from msign.providers.remote.settings import Mode, RemoteSettings
from msign.providers.tables import Kinds, checked, misconfigured, read_tables

_KINDS: Kinds = {
    "url": str,
    "tokens": list,
    "callback_tokens": list,
    "mode": str,
    "ca_file": str,
    "device_url": str,
    "connect_seconds": (int, float),
    "answer_seconds": (int, float),
    "person_seconds": (int, float),
    "poll_seconds": (int, float),
    "max_open_calls": int,
    "max_result_bytes": int,
    "sends_person_data": bool,
}


def load_providers(path: Path) -> tuple[RemoteSettings, ...]:
    """Return the providers of a file, none if it does not exist. Raises as ``read_tables`` and ``checked``."""
    return tuple(_settings(identifier, values) for identifier, values in read_tables(path).items())


def _settings(identifier: str, values: dict[str, object]) -> RemoteSettings:
    chosen = checked(identifier, values, _KINDS)
    try:
        chosen["mode"] = Mode(chosen.get("mode", Mode.ASYNCHRONOUS))
    except ValueError as error:
        raise misconfigured(identifier, f"mode: one of {', '.join(Mode)} was expected") from error
    return RemoteSettings(identifier, **{"tokens": (), **chosen})
