"""The same work through pyHanko, for documents that our lean writer leaves alone: encrypted ones, and odd ones.

pyHanko reads leniently here; whether a document is sound is validation's question. Broken input makes it raise nearly
anything, so everything it raises becomes one refusal.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from asn1crypto import crl, ocsp, x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import (
    FieldMDPAction,
    FieldMDPSpec,
    MDPPerm,
    SigFieldSpec,
    SigSeedSubFilter,
    enumerate_sig_fields,
)
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigMDPSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import DocumentTimestamp, PdfSignedData, SignatureObject
from pyhanko.sign.validation import DocumentSecurityStore, read_certification_data

from msign.kernel.errors import Code, MSignError, invalid
from msign.signing.evidence import Evidence
from msign.signing.reservation import Hole, SignatureEntries


def reserve_with_pyhanko(source: Path, target: Path, entries: SignatureEntries) -> Hole:
    """Write ``source`` plus an update with an empty signature to ``target``. Raises ``MSignError`` as ``prepare``."""
    if entries.visible is not None:
        raise invalid("visible", "visible signatures need a plain PDF, neither encrypted nor damaged")
    placeholder = SignatureObject(
        timestamp=entries.moment,
        subfilter=SigSeedSubFilter.PADES,
        name=entries.name or None,
        location=entries.location or None,
        reason=entries.reason or None,
        contact_info=entries.contact or None,
        bytes_reserved=2 * entries.reserved,
    )
    return _reserve(source, target, entries.digest, placeholder, entries.field, "Signature", _protection(entries))


def reserve_timestamp_with_pyhanko(target: Path, room: int, digest: str) -> Hole:
    """Append an empty document time-stamp to ``target``."""
    return _reserve(target, target, digest, DocumentTimestamp(bytes_reserved=2 * room), None, "Timestamp")


def add_evidence_with_pyhanko(target: Path, evidence: Evidence) -> None:
    """Append validation data to the document security store of ``target``."""
    with _refusing(), target.open("r+b") as file:
        writer = _writer(file)
        DocumentSecurityStore.supply_dss_in_writer(
            writer,
            sig_contents=None,
            certs=[x509.Certificate.load(one) for one in evidence.certificates],
            ocsps=[ocsp.OCSPResponse.load(one) for one in evidence.ocsp],
            crls=[crl.CertificateList.load(one) for one in evidence.crls],
        )
        writer.write_in_place()


def containers_with_pyhanko(source: Path) -> list[bytes]:
    """Return the CMS of every signature and document time-stamp."""
    with _refusing(), source.open("rb") as file:
        reader = PdfFileReader(file, strict=False)
        if reader.encrypted:
            reader.decrypt(b"")
        return [bytes(one.pkcs7_content) for one in reader.embedded_signatures]


def _reserve(
    source: Path,
    target: Path,
    digest: str,
    placeholder: PdfSignedData,
    field: str | None,
    stem: str,
    protection: SigMDPSetup | None = None,
) -> Hole:
    same = target.exists() and source.samefile(target)
    try:
        with _refusing(), source.open("r+b" if same else "rb") as original:
            writer = _writer(original)
            if same:
                return _embed(writer, None, digest, placeholder, field, stem, protection)
            with target.open("w+b") as output:
                return _embed(writer, output, digest, placeholder, field, stem, protection)
    except MSignError:
        if not same:
            target.unlink(missing_ok=True)
        raise


def _writer(file: IO[bytes]) -> IncrementalPdfFileWriter:
    writer = IncrementalPdfFileWriter(file, strict=False)
    if writer.prev.encrypted:
        writer.encrypt(b"")
    return writer


def _embed(
    writer: IncrementalPdfFileWriter,
    output: IO[bytes] | None,
    digest: str,
    placeholder: PdfSignedData,
    field: str | None,
    stem: str,
    protection: SigMDPSetup | None,
) -> Hole:
    if isinstance(placeholder, SignatureObject):  # time-stamps may follow any certification
        _refuse_forbidden(writer, certify=protection is not None and protection.certify)
    name = field or _free_name(writer, stem)
    embedder = PdfCMSEmbedder(new_field_spec=SigFieldSpec(sig_field_name=name)).write_cms(name, writer)
    next(embedder)
    embedder.send(SigObjSetup(sig_placeholder=placeholder, mdp_setup=protection))
    prepared, stream = embedder.send(SigIOSetup(md_algorithm=digest, output=output, in_place=output is None))
    return Hole(
        start=prepared.reserved_region_start,
        end=prepared.reserved_region_end,
        size=stream.seek(0, os.SEEK_END),
        digest=prepared.document_digest,
    )


def _refuse_forbidden(writer: IncrementalPdfFileWriter, *, certify: bool) -> None:
    """Raise ``MSignError(CONFLICT)`` as ``modification`` does for plain documents."""
    certified = read_certification_data(writer.prev)
    if certified is not None and certified.permission is MDPPerm.NO_CHANGES:
        raise MSignError(Code.CONFLICT, "the document is certified and allows no further signatures")
    if certify and any(value is not None for _name, value, _ref in enumerate_sig_fields(writer.prev)):
        raise MSignError(Code.CONFLICT, "a certification must be the first signature of a document")


def _protection(entries: SignatureEntries) -> SigMDPSetup | None:
    if entries.certify is None and entries.lock is None:
        return None
    lock = FieldMDPSpec(FieldMDPAction(f"/{entries.lock.action}"), list(entries.lock.fields)) if entries.lock else None
    permission = MDPPerm(int(entries.certify)) if entries.certify is not None else None
    return SigMDPSetup(entries.digest, certify=permission is not None, field_lock=lock, docmdp_perms=permission)


def _free_name(writer: IncrementalPdfFileWriter, stem: str) -> str:
    taken = {name for name, _value, _ref in enumerate_sig_fields(writer.prev)}
    return next(name for number in itertools.count(1) if (name := f"{stem}{number}") not in taken)


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except MSignError:
        raise
    except Exception as error:
        text = "the PDF is damaged, needs a password, or is of a kind that cannot be signed"
        raise MSignError(Code.UNREADABLE_DOCUMENT, text) from error
