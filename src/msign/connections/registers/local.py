"""Registers kept in local files: a real service can take their place, the desk sees no difference.

Files are JSON lists, written by ``import_csv`` from the extracts that registers publish, and read again when they
change.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

from msign.connections.fees import Kind
from msign.connections.registers import RegisteredOrganisation, RegisteredSystem, RegisterUnavailableError
from msign.kernel.errors import MSignError, invalid

ORGANISATIONS, SYSTEMS = "organisations.json", "systems.json"
_COLUMNS = {ORGANISATIONS: ("number", "name", "kind", "address"), SYSTEMS: ("number", "name", "owner")}
_MAX_FILE_BYTES = 64 * 1024 * 1024


@dataclass(slots=True)
class _Table:
    """One file as rows by number; read again when the file changes."""

    path: Path
    _stamp: tuple[int, int] = (0, 0)
    _rows: dict[str, Mapping[str, str]] = field(default_factory=dict)

    def row(self, number: str) -> Mapping[str, str] | None:
        try:
            status = self.path.stat()
            if (stamp := (status.st_mtime_ns, status.st_size)) != self._stamp:
                rows = json.loads(self.path.read_text("utf-8"))
                self._rows = {row["number"]: row for row in rows}
                self._stamp = stamp
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RegisterUnavailableError(str(self.path.name)) from error
        return self._rows.get(number)


class LocalOrganisations:
    """The register of organisations from ``organisations.json`` of a folder."""

    def __init__(self, folder: Path) -> None:
        self._table = _Table(folder / ORGANISATIONS)

    def find(self, number: str) -> RegisteredOrganisation | None:
        """Return the entity with this IDNO, ``None`` if unknown. Raises ``RegisterUnavailableError``."""
        row = self._table.row(number)
        if row is None:
            return None
        return RegisteredOrganisation(row["number"], row["name"], Kind(row["kind"]), row.get("address", ""))


class LocalSystems:
    """The RRSI from ``systems.json`` of a folder."""

    def __init__(self, folder: Path) -> None:
        self._table = _Table(folder / SYSTEMS)

    def find(self, number: str) -> RegisteredSystem | None:
        """Return the system with this RRSI number, ``None`` if unknown. Raises ``RegisterUnavailableError``."""
        row = self._table.row(number.strip().upper())
        return None if row is None else RegisteredSystem(row["number"], row["name"], row["owner"])


def install_samples(folder: Path) -> None:
    """Write the invented organisations and systems into ``folder`` where no register lies yet."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in (ORGANISATIONS, SYSTEMS):
        if not (folder / name).exists():
            sample = resources.files("msign.connections").joinpath("data", name).read_text("utf-8")
            (folder / name).write_text(sample, "utf-8")


def import_csv(source: Path, folder: Path, name: str) -> int:
    """Replace one register by the rows of a CSV file with a heading; return how many. Raises ``MSignError``."""
    if source.stat().st_size > _MAX_FILE_BYTES:
        raise invalid(source.name, "a register extract of at most 64 MiB was expected")
    with source.open(encoding="utf-8-sig", newline="") as handle:
        rows = list(_rows(csv.DictReader(handle), _COLUMNS[name], source.name))
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f".{name}.new"
    fresh.write_text(json.dumps(rows, ensure_ascii=False, indent=1), "utf-8")
    fresh.replace(folder / name)
    return len(rows)


def _rows(reader: Iterable[Mapping[str, str | None]], columns: tuple[str, ...], file: str) -> Iterable[dict[str, str]]:
    for line, row in enumerate(reader, 2):
        cleaned = {column: (row.get(column) or "").strip() for column in columns}
        if missing := [column for column in columns[:3] if not cleaned[column]]:
            raise _bad(file, line, f"{missing[0]} is empty or its column is missing")
        if "kind" in cleaned and cleaned["kind"] not in set(Kind):
            raise _bad(file, line, f"kind is one of {', '.join(Kind)}")
        yield cleaned


def _bad(file: str, line: int, what: str) -> MSignError:
    return invalid(f"{file} line {line}", what)
