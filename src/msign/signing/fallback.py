"""The same work through pyHanko, for documents that our lean writer leaves alone: encrypted ones, and odd ones.

pyHanko reads leniently here; whether a document is sound is validation's question. Broken input makes it raise nearly
anything, so everything it raises becomes one refusal.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from asn1crypto import crl, ocsp, x509
from pyhanko.pdf_utils import generic
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
from pyhanko.sign.validation import DocumentSecurityStore

from msign.kernel.errors import Code, MSignError, invalid
from msign.signing.evidence import Evidence
from msign.signing.fallbacklook import new_visible_field, show
from msign.signing.fallbackrules import refuse_locked, refuse_without_permission, restrictions_of
from msign.signing.reservation import Hole, SignatureEntries
from msign.signing.seedvalue import of_pyhanko, refuse_unmet


class BrokenError(MSignError):
    """pyHanko cannot make sense of the document either."""

    def __init__(self) -> None:
        super().__init__(Code.UNREADABLE_DOCUMENT, "the PDF is damaged, or of a kind that cannot be signed")


def reserve_with_pyhanko(source: Path, target: Path, entries: SignatureEntries) -> Hole:
    """Write ``source`` plus an update with an empty signature to ``target``. Raises ``MSignError`` as ``prepare``."""
    placeholder = SignatureObject(
        timestamp=entries.moment,
        subfilter=SigSeedSubFilter.PADES,
        name=entries.name or None,
        location=entries.location or None,
        reason=entries.reason or None,
        contact_info=entries.contact or None,
        bytes_reserved=2 * entries.reserved,
    )
    plan = _Plan(entries.digest, placeholder, "Signature", entries.field, entries)
    return _reserve(source, target, plan)


def reserve_timestamp_with_pyhanko(target: Path, room: int, digest: str) -> Hole:
    """Append an empty document time-stamp to ``target``."""
    return _reserve(target, target, _Plan(digest, DocumentTimestamp(bytes_reserved=2 * room), "Timestamp"))


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
            refuse_locked(reader.decrypt(b""))
        return [bytes(one.pkcs7_content) for one in reader.embedded_signatures]


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is embedded: ``entries`` are those of a signature, none for a time-stamp."""

    digest: str
    placeholder: PdfSignedData
    stem: str
    field: str | None = None
    entries: SignatureEntries | None = None


def _reserve(source: Path, target: Path, plan: _Plan) -> Hole:
    same = target.exists() and source.samefile(target)
    try:
        with _refusing(), source.open("r+b" if same else "rb") as original:
            writer = _writer(original)
            if same:
                return _embed(writer, None, plan)
            with target.open("w+b") as output:
                return _embed(writer, output, plan)
    except MSignError:
        if not same:
            target.unlink(missing_ok=True)
        raise


def _writer(file: IO[bytes]) -> IncrementalPdfFileWriter:
    writer = IncrementalPdfFileWriter(file, strict=False)
    if "/AuthCode" in writer.prev.trailer:
        text = "the encrypted PDF carries an integrity code (ISO/TS 32004) that a further signature would break"
        raise MSignError(Code.UNREADABLE_DOCUMENT, text)
    if writer.prev.encrypted:
        refuse_locked(writer.encrypt(b""))
    return writer


def _embed(writer: IncrementalPdfFileWriter, output: IO[bytes] | None, plan: _Plan) -> Hole:
    name = plan.field or _free_name(writer, plan.stem)
    entries, existing = plan.entries, _existing(writer, name)
    spec, protection = SigFieldSpec(sig_field_name=name), None
    if entries is not None:  # time-stamps may follow any certification, and are never seen
        if existing is not None:
            refuse_unmet(of_pyhanko(existing), entries)
        new_visible = existing is None and entries.visible is not None
        if writer.prev.encrypted:
            refuse_without_permission(writer.prev, new_field=existing is None)
        _refuse_late_certification(writer, entries)
        restrictions_of(writer).refuse(name, new_visible=new_visible)
        protection = _protection(entries, existing)
        if existing is None and entries.visible is not None:
            spec = new_visible_field(writer, name, entries.visible)
    embedder = PdfCMSEmbedder(new_field_spec=spec).write_cms(name, writer)
    field = next(embedder)
    if entries is not None:
        show(writer, field, entries)
    embedder.send(SigObjSetup(sig_placeholder=plan.placeholder, mdp_setup=protection))
    prepared, stream = embedder.send(SigIOSetup(md_algorithm=plan.digest, output=output, in_place=output is None))
    return Hole(
        start=prepared.reserved_region_start,
        end=prepared.reserved_region_end,
        size=stream.seek(0, os.SEEK_END),
        digest=prepared.document_digest,
    )


def _existing(writer: IncrementalPdfFileWriter, name: str) -> generic.DictionaryObject | None:
    """Return the empty field of this name, if there is one; raises as ``formfields.field_to_sign``."""
    found = next(((value, ref) for title, value, ref in enumerate_sig_fields(writer.prev) if title == name), None)
    if found is not None and found[0] is not None:
        raise invalid("field", f"{name} is signed already")
    if found is None and "." in name:
        raise invalid("field", "a new field's name has no dots")
    return found[1].get_object() if found else None


def _refuse_late_certification(writer: IncrementalPdfFileWriter, entries: SignatureEntries) -> None:
    if entries.certify is not None and any(one is not None for _name, one, _ref in enumerate_sig_fields(writer.prev)):
        raise MSignError(Code.CONFLICT, "a certification must be the first signature of a document")


def _protection(entries: SignatureEntries, existing: generic.DictionaryObject | None) -> SigMDPSetup | None:
    """A lock that an existing field brings along counts; the one asked for is for new fields."""
    lock = None
    if existing is not None:
        lock = FieldMDPSpec.from_pdf_object(existing["/Lock"]) if "/Lock" in existing else None
    elif entries.lock is not None:
        lock = FieldMDPSpec(FieldMDPAction(f"/{entries.lock.action}"), list(entries.lock.fields))
    if entries.certify is None and lock is None:
        return None
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
        raise BrokenError from error
