"""Reports as JSON and back, whole: between worker processes, into stores and receipts. Only data is ever read."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import enum
import json
import types
import typing
from functools import lru_cache

from msign.kernel.errors import Code, MSignError
from msign.validation.model import DocumentReport

_Plain = str | int | bool | None


def encode_report(report: DocumentReport) -> bytes:
    """Return a report as JSON. :func:`decode_report` gives an equal one."""
    return json.dumps(_plain(report), ensure_ascii=False, separators=(",", ":")).encode()


def decode_report(data: bytes) -> DocumentReport:
    """Return the report in JSON made by :func:`encode_report`. Raises ``MSignError`` (bad-message) otherwise."""
    try:
        return typing.cast("DocumentReport", _built(DocumentReport, json.loads(data)))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise MSignError(Code.BAD_MESSAGE, f"not a report: {type(error).__name__}") from None


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {item.name: _plain(getattr(value, item.name)) for item in dataclasses.fields(value)}
    match value:
        case tuple() | list():
            return [_plain(item) for item in value]
        case enum.StrEnum():
            return str(value)
        case bytes():
            return base64.b64encode(value).decode()
        case dt.datetime():
            return value.isoformat()
        case _:
            return value


@lru_cache(maxsize=64)
def _hints(kind: type) -> dict[str, typing.Any]:
    return typing.get_type_hints(kind)


def _built(kind: typing.Any, value: typing.Any) -> object:
    if typing.get_origin(kind) in (types.UnionType, typing.Union):
        [inner] = [part for part in typing.get_args(kind) if part is not type(None)]
        return None if value is None else _built(inner, value)
    if typing.get_origin(kind) is tuple:
        return _tuple(typing.get_args(kind), value)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        hints = _hints(kind)
        return kind(**{name: _built(hints[name], item) for name, item in value.items()})
    return _leaf(kind, value)


def _tuple(kinds: tuple[typing.Any, ...], value: list[object]) -> tuple[object, ...]:
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        return tuple(_built(kinds[0], item) for item in value)
    return tuple(_built(kind, item) for kind, item in zip(kinds, value, strict=True))


def _leaf(kind: type, value: typing.Any) -> object:
    if kind is bytes:
        return base64.b64decode(value, validate=True)
    if kind is dt.datetime:
        return dt.datetime.fromisoformat(value)
    if issubclass(kind, enum.Enum):
        return kind(value)
    if not isinstance(value, kind):
        raise TypeError(kind.__name__)
    return value
