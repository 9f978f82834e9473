"""The validation engine as a judge of provider results sees it, in this process: no worker pool, any clock."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from msign.validation.detached import DetachedContents
from msign.validation.engine import Validator
from msign.validation.model import DocumentReport, Modification
from msign.validation.pades.precheck import Looked, look_at
from msign.validation.pades.since import changes_since


@dataclass(frozen=True)
class InProcess:
    """A ``ResultValidator``."""

    engine: Validator

    def pdf(self, path: Path) -> DocumentReport:
        return self.engine.pdf(path)

    def hash(self, xades: bytes, digest: bytes) -> DocumentReport:
        return self.engine.xades(xades, DetachedContents.of_digest(digest))

    def changes(self, path: Path, since: int) -> Modification:
        return changes_since(path, since)


class InProcessReader:
    """A ``DocumentReader`` without processes of its own."""

    def look(self, path: Path, max_bytes: int) -> Looked:
        return look_at(path, max_bytes)
