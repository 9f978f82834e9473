"""ASiC-E containers with XAdES (EN 319 162-1 clause 4.4): whole files of any kind, one signature over all of them."""

from __future__ import annotations

import unicodedata
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from urllib.parse import quote, unquote

from cryptography import x509

from msign.kernel.clock import Clock
from msign.kernel.errors import Code, MSignError, invalid
from msign.kernel.words import SignatureLevel
from msign.pki.tsa import TimestampSource
from msign.signing import xades
from msign.signing.algorithms import Digest, SignatureAlgorithm
from msign.signing.content import Data, digest_of, pieces
from msign.signing.evidence import EvidenceSource
from msign.signing.keys import Signer
from msign.signing.prepared import PreparedSignature
from msign.signing.xadesbody import DataReference, load_references
from msign.signing.xmltext import text

MIME_TYPE = "application/vnd.etsi.asic-e+zip"
ASIC = "http://uri.etsi.org/02918/v1.2.1#"
_MANIFEST = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
_SIGNATURES = "META-INF/signatures001.xml"
_MAX_FILES = 1000
_MAX_NAME = 250
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)  # times inside the archive would say nothing that is signed


@dataclass(frozen=True, slots=True)
class AsicFile:
    """A file of the container: its name there, its data, its type."""

    name: str
    data: Data
    mime_type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class AsicParameters:
    """How the container's signature is made."""

    level: SignatureLevel = SignatureLevel.T
    digest: Digest = Digest.SHA256
    certificate_form: xades.CertificateForm = xades.CertificateForm.V2


def prepare(
    files: Sequence[AsicFile],
    *,
    certificate: x509.Certificate | bytes | None = None,
    chain: Sequence[x509.Certificate | bytes] = (),
    algorithm: SignatureAlgorithm | None = None,
    parameters: AsicParameters | None = None,
    clock: Clock | None = None,
) -> PreparedSignature:
    """Return what is to be signed for several files. Without ``certificate`` the value waits for ``bind``.

    Raises ``MSignError(INVALID_PARAMETER)`` for no files, unusable or repeated names, ``UNREADABLE_DOCUMENT`` for a
    file that cannot be read.
    """
    chosen = parameters or AsicParameters()
    _check_names([one.name for one in files])
    references = [
        DataReference(chosen.digest, digest_of(one.data, chosen.digest), quote(one.name, safe="/"), one.mime_type)
        for one in files
    ]
    form = xades.XadesParameters(level=chosen.level, certificate_form=chosen.certificate_form)
    prepared = xades.prepare_references(
        references, certificate=certificate, chain=chain, algorithm=algorithm, parameters=form, clock=clock
    )
    return replace(prepared, format="asic")


def bind(
    prepared: PreparedSignature,
    certificate: x509.Certificate | bytes,
    chain: Sequence[x509.Certificate | bytes] = (),
    *,
    algorithm: SignatureAlgorithm | None = None,
) -> PreparedSignature:
    """Return the prepared signature for a certificate that has become known. Raises ``MSignError`` for another one."""
    return xades.bind(prepared, certificate, chain, algorithm=algorithm)


def complete(
    prepared: PreparedSignature,
    signature_value: bytes,
    files: Sequence[AsicFile],
    target: Path,
    *,
    tsa: TimestampSource | None = None,
    evidence: EvidenceSource | None = None,
) -> Path:
    """Write the container to ``target``; return its path. ``files`` are those that were prepared.

    Raises as ``xades.complete``, and ``MSignError(CONFLICT)`` if the files are not the prepared ones any more.
    """
    if prepared.format != "asic":
        raise invalid("prepared", f"a {prepared.format} signature, not ASiC")
    _check_unchanged(prepared, files)
    content: Mapping[str, Data] = {one.name: one.data for one in files}
    xml = xades.complete(
        replace(prepared, format="xades"), signature_value, tsa=tsa, evidence=evidence, content=content
    )
    _write(target, files, _wrapped(xml))
    return target


def sign(
    files: Sequence[AsicFile],
    target: Path,
    *,
    signer: Signer,
    tsa: TimestampSource | None = None,
    evidence: EvidenceSource | None = None,
    parameters: AsicParameters | None = None,
    clock: Clock | None = None,
) -> Path:
    """Write the finished container in one step. Raises as ``prepare`` and ``complete``."""
    prepared = prepare(
        files,
        certificate=signer.signing_certificate.encoded,
        chain=signer.issuers,
        algorithm=signer.key.algorithm,
        parameters=parameters,
        clock=clock,
    )
    value = signer.key.sign(prepared.data_to_sign)
    return complete(prepared, value, files, target, tsa=tsa, evidence=evidence)


def _check_names(names: Sequence[str]) -> None:
    if not 0 < len(names) <= _MAX_FILES:
        raise invalid("files", f"between 1 and {_MAX_FILES} files")
    for name in names:
        path = PurePosixPath(name)
        plain = name.isprintable() and "\\" not in name and 0 < len(name) <= _MAX_NAME and str(path) == name
        inside = plain and path.parts and ".." not in path.parts and not path.is_absolute() and ":" not in path.parts[0]
        if not inside or path.parts[0].casefold() in {"meta-inf", "mimetype"}:
            raise invalid("files", f"{name!r} cannot be the name of a file in a container")
    if len({unicodedata.normalize("NFC", name).casefold() for name in names}) != len(names):
        raise invalid("files", "two files have the same name, or would on some systems")


def _check_unchanged(prepared: PreparedSignature, files: Sequence[AsicFile]) -> None:
    signed = {unquote(one.uri or ""): one for one in load_references(prepared)}
    same = len(signed) == len(files) and all(
        one.name in signed and digest_of(one.data, signed[one.name].digest) == signed[one.name].value for one in files
    )
    if not same:
        raise MSignError(Code.CONFLICT, "the files are not the prepared ones any more")


def _wrapped(xml: bytes) -> bytes:
    """Put the signature into asic:XAdESSignatures. Its own text is taken over as it is."""
    declaration, _, signature = xml.partition(b"\n")
    return b'%s\n<asic:XAdESSignatures xmlns:asic="%s">%s</asic:XAdESSignatures>' % (
        declaration, ASIC.encode("ascii"), signature,
    )  # fmt: skip


def _manifest(files: Sequence[AsicFile]) -> str:
    rows = [("/", MIME_TYPE), *((one.name, one.mime_type) for one in files)]
    entries = "".join(
        f'<manifest:file-entry manifest:full-path="{_attribute(name)}" manifest:media-type="{_attribute(kind)}"/>'
        for name, kind in rows
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<manifest:manifest xmlns:manifest="{_MANIFEST}" manifest:version="1.2">{entries}</manifest:manifest>'
    )


def _attribute(value: str) -> str:
    return text(value).replace('"', "&quot;")


def _write(target: Path, files: Sequence[AsicFile], signatures: bytes) -> None:
    try:
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            # First, unpacked and without extra fields, so that the type stands at a fixed place (annex A.1).
            _add(archive, "mimetype", MIME_TYPE.encode("ascii"), zipfile.ZIP_STORED)
            for one in files:
                _add(archive, one.name, one.data)
            _add(archive, "META-INF/manifest.xml", _manifest(files).encode())
            _add(archive, _SIGNATURES, signatures)
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _add(archive: zipfile.ZipFile, name: str, data: Data, method: int = zipfile.ZIP_DEFLATED) -> None:
    info = zipfile.ZipInfo(name, _FIXED_TIME)
    info.compress_type = method
    with archive.open(info, "w", force_zip64=isinstance(data, Path) and data.stat().st_size >= 2**31) as member:
        for piece in pieces(data):
            member.write(piece)
