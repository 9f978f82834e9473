"""One engine, seen through what each caller needs: the SOAP face, the pages, and the judge of provider results."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from msign.validation.detached import DetachedContents
from msign.validation.engine import Validator
from msign.validation.model import DocumentReport, Modification
from msign.validation.pades.since import changes_since


@dataclass(frozen=True, slots=True)
class EnvironmentValidator:
    """Judges with the anchors of one environment."""

    engine: Validator

    def pdf(self, path: Path) -> DocumentReport:
        """Judge every signature of a PDF."""
        return self.engine.pdf(path)

    def xades(self, xml: bytes, digest: bytes) -> DocumentReport:
        """Judge a XAdES over a hash that the caller names."""
        return self.engine.xades(xml, DetachedContents.of_digest(digest))

    def hash(self, xades: bytes, digest: bytes) -> DocumentReport:
        """Judge what a provider delivered for a posted hash."""
        return self.xades(xades, digest)

    def changes(self, path: Path, since: int) -> Modification:
        """Say what the bytes after the first ``since`` ones change, beyond one signature and its validation data."""
        return changes_since(path, since)


@dataclass(frozen=True, slots=True)
class PageJudge:
    """The engine as the verify pages ask it: files in, report out."""

    validator: EnvironmentValidator

    def pdf(self, document: Path) -> DocumentReport:
        """Judge every signature of a PDF."""
        return self.validator.pdf(document)

    def xades(self, signature: Path, original: Path | None, name: str) -> DocumentReport:
        """Judge an XML signature over ``original``, called ``name``, where the visitor gave one."""
        contents = DetachedContents.of_file(original, name) if original else DetachedContents()
        return self.validator.engine.file(signature, contents)
