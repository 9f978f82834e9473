"""Questions about a PDF that need no anchors and no network, asked in the same limited processes as judgements.

A pool of their own: a file that is just posted does not wait behind a judgement that waits for the network.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from msign.validation.model import Modification
from msign.validation.pades.precheck import Looked, look_at
from msign.validation.pades.since import changes_since
from msign.validation.pool import JudgePool

_DEFECT = "validator-defect"


@dataclass(frozen=True, slots=True)
class Looker:
    """Asks the workers. What breaks a bound is unreadable and changed; it is never taken for harmless."""

    pool: JudgePool

    def look(self, path: Path, max_bytes: int) -> Looked:
        """Return whether a file is a readable PDF, and signed. Raises ``MSignError`` if no process can be started."""
        answer = self.pool.ask(path, verb="look", number=max_bytes)
        if isinstance(answer, str):
            return Looked(answer)
        plain = json.loads(answer)
        return Looked(plain["refused"], plain["message"], plain["signed"])

    def changes(self, path: Path, since: int) -> Modification:
        """Return what came after the first ``since`` bytes, see ``since.changes_since``. Raises as ``look``."""
        answer = self.pool.ask(path, verb="changes", number=since)
        if isinstance(answer, str):
            return Modification.UNDEFINED
        plain = json.loads(answer)
        return Modification(plain["modification"]) if "modification" in plain else Modification.UNDEFINED


def _look(path: Path, max_bytes: int) -> bytes:
    return json.dumps(dataclasses.asdict(look_at(path, max_bytes))).encode()


def _changes(path: Path, since: int) -> bytes:
    return json.dumps({"modification": changes_since(path, since).value}).encode()


ANSWERS: Mapping[str, Callable[[Path, int], bytes]] = {"look": _look, "changes": _changes}  # in the worker


def failed(error: Exception) -> bytes:
    """Return the answer of a worker that could not work; its asker reads it as unreadable and changed."""
    code = "memory-limit" if isinstance(error, MemoryError) else _DEFECT
    return json.dumps(dataclasses.asdict(Looked(code, type(error).__name__))).encode()
