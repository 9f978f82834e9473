"""A finished answer, kept in the session's workspace: whoever is killed after it came goes on from it, not from asking.

The provider promises to answer the same order twice; this needs no such promise.
"""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path

from msign.providers.base import Signed, SignedItem

_FILE = "answer.json"


def keep_answer(workspace: Path, answer: Signed) -> None:
    """Write the answer down beside its files, flushed, by rename: it is there whole or not at all."""
    certificate = base64.b64encode(answer.certificate).decode() if answer.certificate is not None else None
    items = [[item.id, item.signature.name] for item in answer.items]
    aside = workspace / f"{_FILE}.new"
    with aside.open("w", encoding="utf-8") as file:
        json.dump({"items": items, "certificate": certificate}, file)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(workspace / _FILE)


def kept_answer(workspace: Path) -> Signed | None:
    """Return the answer that was kept, or ``None`` if the provider has yet to be asked."""
    try:
        found = json.loads((workspace / _FILE).read_text("utf-8"))
    except FileNotFoundError:
        return None
    certificate = base64.b64decode(found["certificate"]) if found["certificate"] is not None else None
    items = tuple(SignedItem(identifier, workspace / name) for identifier, name in found["items"])
    return Signed(items, certificate)
