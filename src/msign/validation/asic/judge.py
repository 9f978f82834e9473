"""The verdict on an ASiC container with XAdES or CAdES signatures (EN 319 162-1): ``validate_asic`` is the door.

1. Open the ZIP file strictly (``container``); whatever two programs could read differently is refused.
2. Judge every signature of every ``META-INF/*signatures*.xml`` and ``META-INF/*signature*.p7s`` (``manifest``) over the
   files of the container, and nothing else.
3. A file that a signature does not cover makes it a signature over a part of what is shown.
4. What the manifest says is not signed: it is compared, told, and never believed.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from msign.kernel.limits import MIB
from msign.pki import algorithms
from msign.pki.asn1 import Asn1Error
from msign.validation.asic.container import Container, ContainerRefusedError, open_container
from msign.validation.asic.manifest import Manifest, held, read_manifests
from msign.validation.cadesfile.judge import MAX_CMS_BYTES, signer_reports
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
        cms = [name for name in names if _CADES_FILE.fullmatch(name)]
        if not typed and not files and not cms:
            return _refused(self.context, "format-unknown", "no container of signatures")
        if len(files) + len(cms) > MAX_SIGNATURE_FILES:
            return _refused(self.context, "too-many-signatures", str(len(files) + len(cms)))
        self.files = {name: MemberContent(self.container, name) for name in names}
        self.members = [content for name, content in self.files.items() if _is_data(name)]
        try:
            reports = (*self._signatures(files), *self._cms_signatures(cms))
        except Asn1Error as error:
            return _refused(self.context, "cms-unreadable", error.message)
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
                entries = [entry for result in judge.results for entry in (result, *result.entries)]
                covered = [entry.content for entry in entries if entry.holds and entry.content is not None]
                yield report if report.counter_signature else self._over_files(covered, report)

    def _cms_signatures(self, files: list[str]) -> Iterator[SignatureReport]:
        """CMS signatures are over the manifest that names them, else over the only file (clauses 4.3.3.2, 4.4.4)."""
        manifests = read_manifests(self.container) if files else {}
        left = MAX_CMS_BYTES
        for name in files:
            data = self.container.read(name, left, "cms-too-large")
            left -= len(data)
            yield from self._cms_signers(data, manifests.get(name))

    def _cms_signers(self, data: bytes, manifest: Manifest | None) -> Iterator[SignatureReport]:
        signed: list[DetachedContent] = [manifest.content] if manifest else [*self.members]
        digests = manifest.algorithms if manifest else frozenset[str]()
        contents = DetachedContents(tuple(signed), all_needed=False)
        for report in signer_reports(data, contents, self.context, digests):
            covered = [item for item in signed if report.content_digest == item.digest(report.digest_algorithm)]
            if manifest and covered:
                report, covered = held(manifest, report, self.files, self.context.policy)
            yield self._over_files(covered, report)

    def _over_files(self, covered: Sequence[DetachedContent], report: SignatureReport) -> SignatureReport:
        """Hold what a signature covers against what the container shows and what the caller expects."""
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
