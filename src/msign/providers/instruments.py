"""Instruments as data: what a person can pick, read from TOML and checked."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar, cast

from msign.kernel.errors import Code, MSignError
from msign.kernel.languages import DEFAULT_LANGUAGE, Language
from msign.kernel.limits import MAX_CONTENTS
from msign.kernel.words import ContentType, Environment

NEEDS = frozenset({"idnp", "msisdn"})
DEVICES = frozenset({"phone", "app", "card", "token", "remote"})
Word = TypeVar("Word", Environment, ContentType)
_SHIPPED = Path(__file__).with_name("instruments.toml")


@dataclass(frozen=True, slots=True)
class Instrument:
    """One tile of the sign page."""

    id: str
    provider: str
    names: Mapping[Language, str]
    help: Mapping[Language, str] = field(default_factory=dict)
    needs: frozenset[str] = frozenset()
    environments: frozenset[Environment] = frozenset(Environment)
    content_types: frozenset[ContentType] = frozenset(ContentType)
    accepts_sha1: bool = False
    max_items: int = MAX_CONTENTS
    order: int = 100
    enabled: bool = True
    device: str = "remote"

    def name(self, language: Language) -> str:
        """Return its name; Romanian where a translation is missing."""
        return self.names.get(language) or self.names[DEFAULT_LANGUAGE]

    def help_text(self, language: Language) -> str:
        """Return the sentence under the name, or an empty text."""
        return self.help.get(language) or self.help.get(DEFAULT_LANGUAGE, "")


def load_instruments(override: Path | None = None) -> tuple[Instrument, ...]:
    """Return the shipped instruments with the values of ``override`` laid over them, in page order.

    Raises ``MSignError`` (``MISCONFIGURED``) naming file, instrument and member.
    """
    tables = _read(_SHIPPED)
    if override is not None:
        for identifier, values in _read(override).items():
            tables[identifier] = {**tables.get(identifier, {}), **values}
    made = (_instrument(identifier, values) for identifier, values in tables.items())
    return tuple(sorted(made, key=lambda instrument: (instrument.order, instrument.id)))


def _read(path: Path) -> dict[str, dict[str, object]]:
    try:
        found = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise MSignError(Code.MISCONFIGURED, f"{path}: {error}") from error
    for identifier, values in found.items():
        if not isinstance(values, dict):
            raise _wrong(identifier, "a table was expected")
    return found


def _instrument(identifier: str, values: Mapping[str, object]) -> Instrument:
    known = {item.name for item in fields(Instrument)} - {"id", "names"} | {"name"}
    unknown = values.keys() - known
    if unknown:
        raise _wrong(identifier, f"no such member: {', '.join(sorted(unknown))}")
    plain = {
        member: _typed(identifier, member, values[member], kind) for member, kind in _PLAIN.items() if member in values
    }
    instrument = Instrument(
        id=identifier,
        names=_texts(identifier, "name", values.get("name", {})),
        help=_texts(identifier, "help", values.get("help", {})),
        needs=frozenset(_words(identifier, "needs", values.get("needs", []), NEEDS)),
        environments=_members(identifier, "environments", values, Environment),
        content_types=_members(identifier, "content_types", values, ContentType),
        **cast(dict[str, Any], plain),
    )
    if DEFAULT_LANGUAGE not in instrument.names or instrument.device not in DEVICES or instrument.max_items < 1:
        raise _wrong(identifier, "a Romanian name, a known device and max_items of at least 1 were expected")
    return instrument


_PLAIN: dict[str, type] = {
    "provider": str, "accepts_sha1": bool, "max_items": int, "order": int, "enabled": bool, "device": str,
}  # fmt: skip


def _typed(identifier: str, member: str, value: object, kind: type) -> object:
    if type(value) is not kind:
        raise _wrong(identifier, f"{member}: {kind.__name__} was expected")
    return value


def _texts(identifier: str, member: str, value: object) -> dict[Language, str]:
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise _wrong(identifier, f"{member}: a table of languages was expected")
    try:
        return {Language(language): text for language, text in value.items()}
    except ValueError as error:
        raise _wrong(identifier, f"{member}: {error}") from error


def _words(identifier: str, member: str, value: object, known: frozenset[str]) -> list[str]:
    if not isinstance(value, list) or not set(value) <= known:
        raise _wrong(identifier, f"{member}: a list of {', '.join(sorted(known))} was expected")
    return value


def _members(identifier: str, member: str, values: Mapping[str, object], kind: type[Word]) -> frozenset[Word]:
    if member not in values:
        return frozenset(kind)
    known = frozenset(str(item.value) for item in kind)
    return frozenset(kind(word) for word in _words(identifier, member, values[member], known))


def _wrong(identifier: str, message: str) -> MSignError:
    return MSignError(Code.MISCONFIGURED, message, member=f"instruments.{identifier}")
