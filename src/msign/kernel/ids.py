"""Identifiers that the outside sees: request ids and error references."""

from __future__ import annotations

import re
import secrets

_REQUEST_ID = re.compile(r"[0-9a-f]{32}")


def new_request_id() -> str:
    """Return 32 lower-case hexadecimal digits from 128 random bits: the only key to a sign page (wire contract 5)."""
    return secrets.token_hex(16)


def normalise_request_id(text: str) -> str | None:
    """Return ``text`` as 32 lower-case digits, from dashed or upper-case spellings; else ``None``."""
    bare = text.strip().strip("/").strip("{}").replace("-", "").lower()
    return bare if _REQUEST_ID.fullmatch(bare) else None


def new_reference() -> str:
    """Return a short reference that joins a bare internal fault to its line in the log."""
    return secrets.token_hex(6)
