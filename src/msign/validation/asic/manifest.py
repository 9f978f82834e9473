"""What CAdES signatures of a container sign: ``ASiCManifest``, a list of digests (EN 319 162-1 clause 4.4.4)."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from lxml import etree

from msign.kernel.limits import MIB
from msign.validation.asic.container import Container, ContainerRefusedError
from msign.validation.detached import DetachedContent
from msign.validation.model import Indication, Integrity, Reason, SignatureReport, SubIndication
from msign.validation.policy import Policy
from msign.validation.xades.names import digest_name
from msign.validation.xades.xml import decode_base64, ds, parse_xml, text_of

MAX_MANIFESTS = 40
_MOST_REASONS = 50
_MAX_OCTETS = MIB
_FILE = re.compile(r"META-INF/[^/]*ASiCManifest[^/]*\.xml")
_NS = "{http://uri.etsi.org/02918/v1.2.1#}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One file with the digest that was signed; an unknown algorithm is empty and never holds."""

    name: str
    algorithm: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest that a signature signs as its content."""

    content: DetachedContent
    entries: tuple[Entry, ...]

    @property
    def algorithms(self) -> frozenset[str]:
        """The digests that its entries rest on."""
        return frozenset(entry.algorithm for entry in self.entries if entry.algorithm)


def read_manifests(container: Container) -> dict[str, Manifest]:
    """Return the manifests by the file of the signature (or time-stamp) that each names.

    Raises ContainerRefusedError for one that names none or several, and for two that name the same; XmlRefusedError
    for XML that is not looked at. Not checked: who signed what.
    """
    names = [name for name in container.members if _FILE.fullmatch(name)]
    if len(names) > MAX_MANIFESTS:
        raise ContainerRefusedError("container-too-many-files", f"{len(names)} manifests")
    found: dict[str, Manifest] = {}
    for name in names:
        data = container.read(name, _MAX_OCTETS, "xml-too-large")
        root = parse_xml(data).root
        targets = [unquote(one.get("URI", "")) for one in root.findall(f"{_NS}SigReference")]
        if root.tag != f"{_NS}ASiCManifest" or len(targets) != 1 or targets[0] in found:
            raise ContainerRefusedError("container-contradiction", f"{name[:100]} names no signature of its own")
        entries = tuple(map(_entry, root.findall(f"{_NS}DataObjectReference")))
        found[targets[0]] = Manifest(DetachedContent(name, data=data), entries)
    return found


def _entry(element: etree._Element) -> Entry:
    method = element.find(ds("DigestMethod"))
    algorithm = digest_name(method.get("Algorithm")) if method is not None else ""
    value = decode_base64(text_of(element.find(ds("DigestValue")))) or b""
    return Entry(unquote(element.get("URI", "")), algorithm, value)


def held(
    manifest: Manifest, report: SignatureReport, files: Mapping[str, DetachedContent], policy: Policy
) -> tuple[SignatureReport, list[DetachedContent]]:
    """Return the report on a signature over a manifest with what its entries say, and the files that it covers."""
    covered: list[DetachedContent] = []
    for entry in manifest.entries:
        member = files.get(entry.name)
        if member is None:
            report = _failed(report, policy.reason("reference-not-found", uri=entry.name[:200]), missing=True)
        elif not entry.algorithm or not entry.value or member.digest(entry.algorithm) != entry.value:
            report = _failed(report, policy.reason("reference-digest-differs", uri=entry.name[:200]), missing=False)
        else:
            covered.append(member)
    return report, covered


def _failed(report: SignatureReport, reason: Reason, *, missing: bool) -> SignatureReport:
    """A file that is not what was signed breaks the signature as a changed document does."""
    final = report.indication is Indication.TOTAL_FAILED
    sub = SubIndication.SIGNED_DATA_NOT_FOUND if missing else SubIndication.HASH_FAILURE
    return dataclasses.replace(
        report,
        indication=Indication.INDETERMINATE if missing and not final else Indication.TOTAL_FAILED,
        sub_indication=report.sub_indication if final else sub,
        integrity=Integrity.INVALID,
        reasons=(*report.reasons, reason) if len(report.reasons) < _MOST_REASONS else report.reasons,
    )
