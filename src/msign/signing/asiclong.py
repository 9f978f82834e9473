"""Raising the signatures inside an ASiC container with XAdES (EN 319 162-1 clause 4.4); its files stay as they are."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msign.kernel.errors import Code, MSignError
from msign.kernel.words import SignatureLevel
from msign.pki.tsa import TimestampSource
from msign.signing import xadeslong
from msign.signing.evidence import EvidenceSource

_SIGNATURES = re.compile(r"META-INF/[^/]*signatures[^/]*\.xml", re.IGNORECASE)
_MAX_FILES = 1002  # as many as we write, and what belongs to the container
_MAX_UNPACKED = 256 * 1024 * 1024  # held in memory, so that an archive time-stamp can cover it


def augment(
    source: Path,
    target: Path,
    *,
    level: SignatureLevel,
    tsa: TimestampSource | None = None,
    evidence: EvidenceSource | None = None,
) -> Path:
    """Write the container with all its XAdES signatures at ``level`` to ``target``, which may be the ``source``.

    Every other file keeps its place, name and content. Raises ``MSignError`` as ``xadeslong.augment``, and
    ``UNREADABLE_DOCUMENT`` for what is no container with XAdES or unpacks to more than 256 MiB. CAdES inside a
    container is not raised. Signatures are not judged.
    """
    members = _members(source)
    content = {info.filename: data for info, data in members if not info.filename.startswith("META-INF/")}
    signatures = [info.filename for info, _ in members if _SIGNATURES.fullmatch(info.filename)]
    if not signatures:
        raise MSignError(Code.UNREADABLE_DOCUMENT, "no XAdES signature in the container")
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for info, data in members:
            raised = info.filename in signatures
            fresh = (
                xadeslong.augment(data, level=level, tsa=tsa, evidence=evidence, content=content) if raised else data
            )
            archive.writestr(_like(info), fresh)
    target.write_bytes(written.getvalue())
    return target


def timestamp_tokens(source: Path) -> list[bytes]:
    """Return the archive time-stamp tokens of every signature in a container. Raises ``MSignError`` as ``augment``."""
    held = [data for info, data in _members(source) if _SIGNATURES.fullmatch(info.filename)]
    return [token for one in held for token in xadeslong.timestamp_tokens(one)]


def _like(info: zipfile.ZipInfo) -> zipfile.ZipInfo:
    """Return a name, date and packing like another's, without its extra fields: the type stands at a fixed place."""
    copy = zipfile.ZipInfo(info.filename, info.date_time)
    copy.compress_type = zipfile.ZIP_STORED if info.compress_type == zipfile.ZIP_STORED else zipfile.ZIP_DEFLATED
    copy.external_attr = info.external_attr
    return copy


def _members(source: Path) -> list[tuple[zipfile.ZipInfo, bytes]]:
    with _readable(), zipfile.ZipFile(source) as archive:
        infos = archive.infolist()
        names = {info.filename for info in infos}
        if len(names) < len(infos) or len(infos) > _MAX_FILES or sum(info.file_size for info in infos) > _MAX_UNPACKED:
            text = "a container with too many files, too large ones, or two of one name"
            raise MSignError(Code.UNREADABLE_DOCUMENT, text)
        return [(info, archive.read(info)) for info in infos]  # never reads more than the size it was checked by


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, RuntimeError, NotImplementedError) as error:
        raise MSignError(Code.UNREADABLE_DOCUMENT, "not a readable container") from error
