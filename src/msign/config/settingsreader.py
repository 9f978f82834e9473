"""Frozen dataclasses filled from a TOML table and the environment, every value checked against its type."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Iterator, Mapping
from typing import Literal

from msign.kernel.errors import Code, MSignError

T = typing.TypeVar("T")


def variables(kind: type, prefix: str = "") -> Iterator[str]:
    """Yield the names of the environment variables that a configuration knows."""
    hints = typing.get_type_hints(kind)
    for item in dataclasses.fields(kind):
        if dataclasses.is_dataclass(hints[item.name]):
            yield from variables(hints[item.name], f"{prefix}{item.name}.")
        else:
            yield "MSIGN_" + f"{prefix}{item.name}".replace(".", "__").upper()


def build(kind: type[T], table: dict[str, object], environ: Mapping[str, str], prefix: str = "") -> T:
    """Return a configuration. Raises ``MSignError`` (``MISCONFIGURED``) naming the setting and what it expects."""
    hints = typing.get_type_hints(kind)
    known = {item.name for item in dataclasses.fields(kind)}  # type: ignore[arg-type]
    for name in table.keys() - known:
        raise wrong(f"{prefix}{name}", "no such setting")
    values: dict[str, object] = {}
    for name in known:
        hint = hints[name]
        if dataclasses.is_dataclass(hint):
            section = table.get(name, {})
            if not isinstance(section, dict):
                raise wrong(f"{prefix}{name}", "a table was expected")
            values[name] = build(typing.cast(type, hint), section, environ, f"{prefix}{name}.")
            continue
        variable = "MSIGN_" + f"{prefix}{name}".replace(".", "__").upper()
        if variable in environ:
            values[name] = _from_text(f"{prefix}{name}", hint, environ[variable])
        elif name in table:
            values[name] = _from_value(f"{prefix}{name}", hint, table[name])
    return kind(**values)


def _from_text(name: str, hint: object, text: str) -> object:
    if hint is bool:
        if text.lower() not in ("0", "1", "true", "false", "yes", "no"):
            raise wrong(name, "true or false was expected")
        return text.lower() in ("1", "true", "yes")
    if typing.get_origin(hint) is tuple:
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return _from_value(name, hint, text)


def _from_value(name: str, hint: object, value: object) -> object:
    if typing.get_origin(hint) is tuple:
        if not isinstance(value, list):
            raise wrong(name, "a list was expected")
        return tuple(str(part) for part in value)
    if typing.get_origin(hint) is Literal:
        if value not in typing.get_args(hint):
            raise wrong(name, f"{value!r} is none of: {', '.join(typing.get_args(hint))}")
        return value
    if hint is bool and not isinstance(value, bool):
        raise wrong(name, "true or false was expected")
    try:
        return typing.cast(type, hint)(value)
    except (TypeError, ValueError) as error:
        raise wrong(name, f"{value!r} is not a {getattr(hint, '__name__', hint)}") from error


def wrong(name: str, message: str) -> MSignError:
    """Return the error of a setting."""
    return MSignError(Code.MISCONFIGURED, message, member=name)
