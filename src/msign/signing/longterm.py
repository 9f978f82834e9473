"""PAdES levels LT and LTA (EN 319 142-1 clauses 6.2 to 6.4): validation data and document time-stamps, appended.

Nothing that was there is touched, so all earlier signatures stay as they are.
"""

from __future__ import annotations

import mmap
import shutil
from collections.abc import Iterator
from pathlib import Path

from msign.kernel.errors import Code, MSignError, invalid
from msign.kernel.words import SignatureLevel
from msign.pdf.increment import Update
from msign.pdf.lean import LeanPdf
from msign.pdf.rawsyntax import UnusualError, string_bytes
from msign.pki import asn1
from msign.pki.tsa import TimestampSource
from msign.signing.algorithms import Digest
from msign.signing.dss import add_evidence
from msign.signing.evidence import Evidence, EvidenceSource, certificates_in, has_timestamp
from msign.signing.formfields import form_fields
from msign.signing.hole import TooSmallError, fill
from msign.signing.leanpath import reserve_timestamp_lean
from msign.signing.reservation import Appended, Hole, append, undone_on_error

_TIMESTAMP_DIGEST = Digest.SHA256
_TIMESTAMP_ROOM = 12 * 1024
_ATTEMPTS = 2


def augment(
    source: Path,
    target: Path,
    *,
    level: SignatureLevel,
    tsa: TimestampSource | None = None,
    evidence: EvidenceSource | None = None,
) -> Path:
    """Raise all signatures of a signed PDF to ``level``; a document that is at LTA already gets its next time-stamp.

    T: a document time-stamp if a signature lacks a time-stamp. LT: also validation data for signers and authorities.
    LTA: also a document time-stamp over all of it. ``source`` and ``target`` may be the same. Raises ``MSignError``:
    ``UNREADABLE_DOCUMENT`` without a readable signature, ``UNAVAILABLE`` (retry) if an authority or validation data
    cannot be had; nothing half-made stays behind. Signatures are not judged.
    """
    if level in (SignatureLevel.B, SignatureLevel.UNKNOWN):
        raise invalid("level", "a signature is raised to T, LT or LTA")
    containers = signature_containers(source)
    if not containers:
        raise MSignError(Code.UNREADABLE_DOCUMENT, "the document has no signature to raise")
    with undone_on_error(source, target):
        if not (target.exists() and source.samefile(target)):
            shutil.copyfile(source, target)
        return _augment(target, level, containers, tsa, evidence)


def _augment(
    target: Path,
    level: SignatureLevel,
    containers: list[bytes],
    tsa: TimestampSource | None,
    evidence: EvidenceSource | None,
) -> Path:
    if not all(has_timestamp(one) or is_token(one) for one in containers) and not is_token(containers[-1]):
        add_document_timestamp(target, required_tsa(tsa))
        containers = signature_containers(target)
    if level is SignatureLevel.T:
        return target
    wanted = [certificate for one in containers for certificate in certificates_in(one)]
    return extend(target, level, list(dict.fromkeys(wanted)), tsa=tsa, evidence=evidence)


def extend(
    target: Path,
    level: SignatureLevel,
    certificates: list[bytes],
    *,
    tsa: TimestampSource | None,
    evidence: EvidenceSource | None,
) -> Path:
    """Append validation data for ``certificates``, and for LTA a document time-stamp. Raises as ``augment``."""
    if evidence is None:
        raise MSignError(Code.INVALID_PARAMETER, "levels LT and LTA need a source of validation data")
    add_validation_data(target, evidence.gather(certificates))
    if level is SignatureLevel.LTA:
        add_document_timestamp(target, required_tsa(tsa))
    return target


def required_tsa(tsa: TimestampSource | None) -> TimestampSource:
    """Return the authority. Raises ``MSignError(INVALID_PARAMETER)`` if there is none."""
    if tsa is None:
        raise MSignError(Code.INVALID_PARAMETER, "level T and above need a time-stamping authority")
    return tsa


def add_validation_data(target: Path, evidence: Evidence) -> None:
    """Append validation data to the document security store of a file."""

    def build(content: bytes | mmap.mmap) -> Appended:
        update = Update(LeanPdf(content))
        add_evidence(update, evidence)
        return Appended(update.render()[0], 0, 0)

    try:
        append(target, target, None, build)
    except UnusualError:
        from msign.signing.fallback import add_evidence_with_pyhanko  # see pades._reserve

        add_evidence_with_pyhanko(target, evidence)


def add_document_timestamp(target: Path, tsa: TimestampSource) -> None:
    """Append a document time-stamp over the whole file (EN 319 142-1 clause 5.4.3)."""
    room = _TIMESTAMP_ROOM
    for _ in range(_ATTEMPTS):
        try:
            with undone_on_error(target, target):
                hole = _reserve_timestamp(target, room)
                fill(target, hole, tsa.timestamp(hole.digest, _TIMESTAMP_DIGEST.value))
                return
        except TooSmallError as error:
            room = error.needed + 1024
    raise MSignError(Code.SIGNING_FAILED, "the time-stamping authority's tokens keep growing")


def _reserve_timestamp(target: Path, room: int) -> Hole:
    try:
        return reserve_timestamp_lean(target, room, _TIMESTAMP_DIGEST.value)
    except UnusualError:
        from msign.signing.fallback import reserve_timestamp_with_pyhanko  # see pades._reserve

        return reserve_timestamp_with_pyhanko(target, room, _TIMESTAMP_DIGEST.value)


def signature_containers(source: Path) -> list[bytes]:
    """Return the CMS of every signature and document time-stamp, in field order. Raises ``MSignError``."""
    try:
        with source.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            return list(_containers(LeanPdf(mapped)))
    except UnusualError:
        from msign.signing.fallback import containers_with_pyhanko  # see pades._reserve

        return containers_with_pyhanko(source)
    except (OSError, ValueError) as error:
        raise MSignError(Code.UNREADABLE_DOCUMENT, "the document cannot be read") from error


def _containers(pdf: LeanPdf) -> Iterator[bytes]:
    for field in form_fields(pdf):
        if not field.is_signature or not field.is_signed:
            continue
        contents = string_bytes(pdf.resolve(pdf.entries(field.entries[b"V"]).get(b"Contents")))
        yield asn1.read(contents).raw  # what follows is padding


def is_token(container: bytes) -> bool:
    """Tell whether it is a time-stamp token: its content is a TSTInfo (RFC 3161 clause 2.4.2)."""
    return _TST_INFO in container[:128]


_TST_INFO = bytes.fromhex("060b2a864886f70d0109100104")
