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
    "max_attempts": int,
    "oauth_url": str,
    "oauth_client_id": str,
    "oauth_client_secret": str,
    "asynchronous": bool,
}


def load_csc_services(path: Path, *, return_base: str = "") -> tuple[CscSettings, ...]:
    """Return the services of a file, none if it does not exist. Raises as ``read_tables`` and ``checked``.

    ``return_base`` is the public address of the sign pages, where an OAuth redirect comes back to.
    """
    return tuple(
        CscSettings(one, **checked(one, values, _KINDS), return_url=_return_url(return_base, one))
        for one, values in read_tables(path).items()
    )


def _return_url(base: str, identifier: str) -> str:
    return f"{base}/providers/{identifier}/return" if base else ""
