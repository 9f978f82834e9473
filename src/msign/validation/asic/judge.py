"""The verdict on an ASiC container with XAdES signatures (EN 319 162-1): ``validate_asic`` is the door.

1. Open the ZIP file strictly (``container``); whatever two programs could read differently is refused.
2. Judge every signature of every ``META-INF/*signatures*.xml`` over the files of the container, and nothing else.
3. A file that a signature does not cover makes it a signature over a part of what is shown.
4. What the manifest says is not signed: it is compared, told, and never believed.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from msign.kernel.limits import MIB
from msign.pki import algorithms
from msign.validation.asic.container import Container, ContainerRefusedError, open_container
from msign.validation.context import ValidationContext
from msign.validation.detached import MAX_IN_MEMORY, DetachedContent, DetachedContents
from msign.validation.model import (
    DocumentReport,
    Indication,
    Modification,
    Reason,
    Scope,
    SignatureReport,
    SubIndication,
    Verdict,
)
from msign.validation.verdict import document_verdict
from msign.validation.xades.document import MAX_SIGNATURES
from msign.validation.xades.judge import SignatureJudge
from msign.validation.xades.structure import find_signatures
from msign.validation.xades.xml import MAX_XML_BYTES, TooMuchWorkError, XmlRefusedError, parse_xml

MIME_TYPES = ("application/vnd.etsi.asic-e+zip", "application/vnd.etsi.asic-s+zip")
MAX_SIGNATURE_FILES = 20
_MAX_MIME, _MAX_MANIFEST = 200, MIB
_FOLDER = "META-INF/"
_MANIFEST = "META-INF/manifest.xml"
_ODF = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
_XADES_FILE = re.compile(r"META-INF/[^/]*signatures[^/]*\.xml")
_CADES_FILE = re.compile(r"META-INF/[^/]*signature[^/]*\.p7s")


class MemberContent(DetachedContent):
    """A file of a container as content: unpacked piece by piece, within the container's budget."""

    def __init__(self, container: Container, name: str) -> None:
        super().__init__(name)
        object.__setattr__(self, "_container", container)
        object.__setattr__(self, "_known", {})

    def digest(self, algorithm: str) -> bytes | None:
        """Return the digest under an algorithm. Raises :class:`ContainerRefusedError` for a bomb."""
        known: dict[str, bytes] = self._known  # type: ignore[attr-defined]
        if algorithm not in known:
            known[algorithm] = self._hashed(algorithm)
        return known[algorithm]

    def octets(self) -> bytes | None:
        """Return the whole file if it is of bearable size."""
        container: Container = self._container  # type: ignore[attr-defined]
        if container.members[self.name].file_size > MAX_IN_MEMORY:
            return None
        return b"".join(container.pieces(self.name))

    def _hashed(self, algorithm: str) -> bytes:
        found = hashlib.new(algorithm.replace("sha3-", "sha3_"))
        for piece in self._container.pieces(self.name):  # type: ignore[attr-defined]
            found.update(piece)
        return found.digest()


def validate_asic(path: Path, contents: DetachedContents, context: ValidationContext) -> DocumentReport:
    """Return the report on a container. ``contents``: files that the caller expects in it, whole or by digest.

    Never raises for what the container holds, only ``OSError`` if the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            judged = _Judgement(open_container(file, path), contents, context)
            return judged.report()
    except (ContainerRefusedError, XmlRefusedError, TooMuchWorkError) as refusal:
        return _refused(context, refusal.refusal, refusal.message)


def _refused(context: ValidationContext, code: str, detail: str) -> DocumentReport:
    reason = Reason(code, facts=(("detail", detail),))
    return _document(context, Verdict.UNKNOWN, (), (reason,), refused=code)


def _document(
    context: ValidationContext,
    verdict: Verdict,
    signatures: tuple[SignatureReport, ...],
    reasons: tuple[Reason, ...],
    refused: str | None = None,
) -> DocumentReport:
    return DocumentReport(
        format="asic",
        verdict=verdict,
        signatures=signatures,
        refused=refused,
        reasons=reasons,
        policy=context.policy.name,
        policy_version=context.policy.version,
        validated_at=context.now(),
    )


@dataclass
class _Judgement:
    """One container under judgement."""

    container: Container
    contents: DetachedContents
    context: ValidationContext

    def report(self) -> DocumentReport:
        """Run the whole process."""
        names = list(self.container.members)
        files = [name for name in names if _XADES_FILE.fullmatch(name)]
        typed = self._mime_type() in MIME_TYPES
        if not typed and not files:
            return _refused(self.context, "format-unknown", "no container of signatures")
        if any(_CADES_FILE.fullmatch(name) for name in names):
            return _refused(self.context, "container-with-cades", "CAdES signatures in a container")
        if len(files) > MAX_SIGNATURE_FILES:
            return _refused(self.context, "too-many-signatures", str(len(files)))
        self.members = [MemberContent(self.container, name) for name in names if _is_data(name)]
        reports = tuple(self._signatures(files))
        reasons = (*self._type_reasons(typed=typed), *self._manifest_reasons())
        return _document(self.context, document_verdict(reports), reports, reasons)

    def _mime_type(self) -> str:
        if "mimetype" not in self.container.members:
            return ""
        return self.container.read("mimetype", _MAX_MIME, "container-damaged").decode("ascii", "replace").strip()

    def _type_reasons(self, *, typed: bool) -> Iterator[Reason]:
        if not typed:
            yield self.context.policy.reason("container-type-missing")

    def _signatures(self, files: list[str]) -> Iterator[SignatureReport]:
        left = MAX_XML_BYTES
        count = 0
        for name in files:
            data = self.container.read(name, left, "xml-too-large")
            left -= len(data)
            signatures = find_signatures(parse_xml(data))
            count += len(signatures)
            if count > MAX_SIGNATURES:
                raise XmlRefusedError("too-many-signatures", str(count))
            for signature in signatures:
                inside = DetachedContents(tuple(self.members), all_needed=False)
                judge = SignatureJudge(signature, inside, self.context)
                report = judge.judge()
                yield report if report.counter_signature else self._over_files(judge, report)

    def _over_files(self, judge: SignatureJudge, report: SignatureReport) -> SignatureReport:
        """Hold what a signature covers against what the container shows and what the caller expects."""
        entries = [entry for result in judge.results for entry in (result, *result.entries)]
        covered = [entry.content for entry in entries if entry.holds and entry.content is not None]
        missing = [item.name for item in self.members if not any(item is one for one in covered)]
        report = self._in_part(report, missing) if missing else report
        expected = [item for item in self.contents.items if not any(_same(item, one) for one in covered)]
        return self._not_expected(report, expected) if expected else report

    def _in_part(self, report: SignatureReport, missing: list[str]) -> SignatureReport:
        reasons = tuple(self.context.policy.reason("container-file-not-signed", name=name) for name in missing[:20])
        passed = report.indication is Indication.TOTAL_PASSED
        return dataclasses.replace(
            report,
            scope=Scope.PARTIAL,
            modification=Modification.UNDEFINED,
            indication=Indication.INDETERMINATE if passed else report.indication,
            sub_indication=SubIndication.SIG_CONSTRAINTS_FAILURE if passed else report.sub_indication,
            reasons=(*report.reasons, *reasons),
        )

    def _not_expected(self, report: SignatureReport, items: list[DetachedContent]) -> SignatureReport:
        reasons = tuple(self.context.policy.reason("content-not-signed", name=item.name) for item in items)
        final = report.indication is Indication.TOTAL_FAILED
        return dataclasses.replace(
            report,
            indication=report.indication if final else Indication.INDETERMINATE,
            sub_indication=report.sub_indication if final else SubIndication.SIGNED_DATA_NOT_FOUND,
            reasons=(*report.reasons, *reasons),
        )

    def _manifest_reasons(self) -> Iterator[Reason]:
        """The manifest lists the files for people and programs; nobody signed it (EN 319 162-1 clause 4.4.3.2)."""
        if _MANIFEST not in self.container.members:
            return
        try:
            root = parse_xml(self.container.read(_MANIFEST, _MAX_MANIFEST, "xml-too-large")).root
            listed = {name for name in _listed(root) if name and not name.endswith("/")}
        except (XmlRefusedError, ContainerRefusedError) as refusal:
            yield self.context.policy.reason("container-manifest-differs", name=refusal.refusal)
            return
        present = {item.name for item in self.members}
        for name in sorted(listed ^ present)[:20]:
            if name.startswith(_FOLDER) or name == "mimetype":
                continue
            yield self.context.policy.reason("container-manifest-differs", name=name)


def _listed(root: etree._Element) -> Iterator[str]:
    for entry in root.iter(f"{{{_ODF}}}file-entry"):
        yield entry.get(f"{{{_ODF}}}full-path", "")


def _is_data(name: str) -> bool:
    """Clause 4.4.3: everything outside META-INF but the type is data."""
    return name != "mimetype" and not name.startswith(_FOLDER)


def _same(item: DetachedContent, member: DetachedContent) -> bool:
    """Tell whether a content that the caller named is this file: the same octets."""
    names = [name for name in item.digests if algorithms.digest_class(name) is not None] or ["sha256"]
    return any(item.digest(name) == member.digest(name) is not None for name in names)
