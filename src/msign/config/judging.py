"""One engine, seen through what each caller needs: the SOAP face, the pages, and the judge of provider results.

Every file is judged in a worker process with limits on memory, time and answer: a bomb or a hang costs its sender an
answer "could not be judged", never the service.
"""

from __future__ import annotations

import dataclasses
import tempfile
from dataclasses import dataclass
from pathlib import Path

from msign.faces.verifypages.services import Original
from msign.kernel.errors import invalid
from msign.kernel.limits import HASH_LENGTHS
from msign.validation.looking import Looker
from msign.validation.model import DocumentReport, Modification, Reason, SignatureReport, Verdict
from msign.validation.pool import Content, JudgePool


@dataclass(frozen=True, slots=True)
class EnvironmentValidator:
    """Judges with the anchors of one environment. ``scratch`` is a folder for signatures that come as bytes."""

    pool: JudgePool
    looker: Looker
    scratch: Path

    def pdf(self, path: Path) -> DocumentReport:
        """Judge every signature of a PDF; anything else is refused."""
        return _only("pades", self.pool.judge(path))

    def xades(self, xml: bytes, digest: bytes) -> DocumentReport:
        """Judge a XAdES over a hash that the caller names. Raises ``MSignError`` for a hash of no known length."""
        return self._judged(xml, (_posted_hash(digest),))

    def hash(self, xades: bytes, digest: bytes) -> DocumentReport:
        """Judge what a provider delivered for a posted hash."""
        return self.xades(xades, digest)

    def file(self, signature: Path, contents: tuple[Content, ...] = ()) -> DocumentReport:
        """Judge a file of either kind, over ``contents`` where there are any."""
        return self.pool.judge(signature, contents)

    def changes(self, path: Path, since: int) -> Modification:
        """Say what the bytes after the first ``since`` ones change, beyond one signature and its validation data."""
        return self.looker.changes(path, since)

    def _judged(self, data: bytes, contents: tuple[Content, ...]) -> DocumentReport:
        self.scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile(dir=self.scratch) as file:
            file.write(data)
            file.flush()
            return _only("xades", self.pool.judge(Path(file.name), contents))


def _only(wanted: str, report: DocumentReport) -> DocumentReport:
    """Files are told apart by their content; where one kind was agreed upon, a good signature of another is none."""
    if report.format in (wanted, "unknown"):
        return report
    reason = Reason("format-unexpected", facts=(("format", report.format), ("wanted", wanted)))
    return dataclasses.replace(
        report, verdict=Verdict.UNKNOWN, signatures=(), refused="format-unexpected", reasons=(reason,)
    )


@dataclass(frozen=True, slots=True)
class PageJudge:
    """The engine as the verify pages ask it: files in, report out."""

    validator: EnvironmentValidator

    def pdf(self, document: Path) -> DocumentReport:
        """Judge every signature of a PDF."""
        return self.validator.pdf(document)

    def other(self, signature: Path, original: Original | None) -> DocumentReport:
        """Judge a signature or container over ``original``, where the visitor gave one.

        The visitor says "this file was signed": what the signature calls it matters only if it names several.
        """
        report = self.validator.file(signature, _contents(original, ""))
        if original is None or not any(_names_others(one) for one in report.signatures):
            return report
        return self.validator.file(signature, _contents(original, original.name))


def _contents(original: Original | None, name: str) -> tuple[Content, ...]:
    if original is None:
        return ()
    if original.path is not None:
        return (Content(name, path=str(original.path)),)
    return tuple(Content(name, algorithm=algorithm, digest=digest) for algorithm, digest in original.digests)


def _names_others(signature: SignatureReport) -> bool:
    return any(reason.code == "reference-not-found" for reason in signature.reasons)


def _posted_hash(digest: bytes) -> Content:
    """The contract names no algorithm: the length tells it (wire contract 5)."""
    if len(digest) not in HASH_LENGTHS:
        raise invalid("Content", f"{', '.join(map(str, HASH_LENGTHS))} bytes expected")
    return Content("", algorithm=HASH_LENGTHS[len(digest)], digest=digest.hex())
