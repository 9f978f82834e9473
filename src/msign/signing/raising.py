"""Raising a signed file of any kind to a level: PDF, XAdES, CAdES, ASiC with XAdES, told apart by their first bytes."""

from __future__ import annotations

import enum
from pathlib import Path

from msign.kernel.errors import Code, MSignError
from msign.kernel.words import SignatureLevel
from msign.pki.tsa import TimestampSource
from msign.signing import asiclong, cadeslong, longterm, xadeslong
from msign.signing.evidence import EvidenceSource

_HEAD = 1024  # a PDF's header may stand behind some junk (ISO 32000-1, annex H, note 13)


class SignedKind(enum.StrEnum):
    """What can be raised."""

    PDF = "pdf"
    XADES = "xades"
    CADES = "cades"
    ASIC = "asic"


def kind_of(source: Path) -> SignedKind:
    """Return what kind of signed file it is, by its first bytes. Raises ``MSignError(UNREADABLE_DOCUMENT)``."""
    try:
        with source.open("rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise MSignError(Code.UNREADABLE_DOCUMENT, f"the file cannot be read: {error.strerror}") from error
    if head.startswith(b"PK\x03\x04"):  # before PDF: one may lie in it unpacked
        return SignedKind.ASIC
    if b"%PDF-" in head:
        return SignedKind.PDF
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return SignedKind.XADES
    if head.startswith(b"\x30"):
        return SignedKind.CADES
    raise MSignError(Code.UNREADABLE_DOCUMENT, "neither PDF nor XML nor CMS nor container", member=source.name)


def raise_file(
    source: Path,
    target: Path,
    *,
    level: SignatureLevel,
    tsa: TimestampSource | None = None,
    evidence: EvidenceSource | None = None,
    content: Path | None = None,
) -> None:
    """Write ``source`` with all its signatures at ``level`` to ``target``; at LTA already: with the next time-stamp.

    ``content`` is the detached file of a XAdES or CAdES signature, needed for LTA. Raises ``MSignError`` as the
    ``augment`` of each format does; ``target`` may be half-made then. Signatures are not judged.
    """
    match kind_of(source):
        case SignedKind.PDF:
            longterm.augment(source, target, level=level, tsa=tsa, evidence=evidence)
        case SignedKind.XADES:
            data = content.read_bytes() if content else None
            xml = source.read_bytes()
            target.write_bytes(xadeslong.augment(xml, level=level, tsa=tsa, evidence=evidence, content=data))
        case SignedKind.CADES:
            container = source.read_bytes()
            target.write_bytes(cadeslong.augment(container, level=level, tsa=tsa, evidence=evidence, data=content))
        case SignedKind.ASIC:
            asiclong.augment(source, target, level=level, tsa=tsa, evidence=evidence)
