"""Reads an operator's provider file: TOML, a table for each provider, secrets inside, so readable by its owner only."""

from __future__ import annotations

import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msign.kernel.errors import Code, MSignError

Kinds = Mapping[str, type | tuple[type, ...]]


def read_tables(path: Path) -> dict[str, dict[str, Any]]:
    """Return the tables of a file by provider id; none if the file does not exist.

    Raises ``MSignError`` (``MISCONFIGURED``) for a file that others can read or that is not TOML.
    """
    if not path.exists():
        return {}
    if stat.S_IMODE(path.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
        raise MSignError(Code.MISCONFIGURED, f"{path} holds tokens and must have mode 0600")
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise MSignError(Code.MISCONFIGURED, f"{path}: not valid TOML") from error
    for identifier, values in tables.items():
        if not isinstance(values, dict):
            raise misconfigured(identifier, "a table was expected")
    return tables


def checked(identifier: str, values: Mapping[str, object], kinds: Kinds) -> dict[str, Any]:
    """Return the values of a table, lists as tuples; every member must be known and of its kind, ``url`` be there.

    Raises ``MSignError`` (``MISCONFIGURED``) naming provider and member; never a value.
    """
    for member, value in values.items():
        if member not in kinds:
            raise misconfigured(identifier, f"{member}: no such member; there are {', '.join(sorted(kinds))}")
        if not _fits(value, kinds[member]):
            raise misconfigured(identifier, f"{member}: not of the expected kind")
    if "url" not in values:
        raise misconfigured(identifier, "url: is missing")
    return {member: tuple(value) if isinstance(value, list) else value for member, value in values.items()}


def misconfigured(identifier: str, message: str) -> MSignError:
    """Return the error for a mistake in a provider's table."""
    return MSignError(Code.MISCONFIGURED, message, member=f"providers.{identifier}")


def _fits(value: object, kind: type | tuple[type, ...]) -> bool:
    if kind is list:
        return isinstance(value, list) and all(isinstance(one, str) for one in value)
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
