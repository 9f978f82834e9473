"""CSC services as an operator writes them down: one TOML file, a table each; members are those of ``CscSettings``."""

from __future__ import annotations

from pathlib import Path

from msign.providers.csc.settings import CscSettings
from msign.providers.tables import Kinds, checked, read_tables

_KINDS: Kinds = {
    "url": str,
    "tokens": list,
    "ca_file": str,
    "connect_seconds": (int, float),
    "answer_seconds": (int, float),
    "poll_seconds": (int, float),
    "max_open_calls": int,
}


def load_csc_services(path: Path) -> tuple[CscSettings, ...]:
    """Return the services of a file, none if it does not exist. Raises as ``read_tables`` and ``checked``."""
    return tuple(CscSettings(one, **checked(one, values, _KINDS)) for one, values in read_tables(path).items())
