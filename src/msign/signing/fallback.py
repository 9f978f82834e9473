"""An empty signature in a PDF through pyHanko: the path for documents that our lean writer leaves alone."""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from typing import IO

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter, enumerate_sig_fields
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import SignatureObject

from msign.kernel.errors import Code, MSignError
from msign.signing.reservation import Hole, SignatureEntries


def reserve_with_pyhanko(source: Path, target: Path, entries: SignatureEntries) -> Hole:
    """Write ``source`` plus an update with an empty signature to ``target``. Raises ``MSignError`` as ``prepare``."""
    try:
        with source.open("rb") as original, target.open("w+b") as output:
            writer = IncrementalPdfFileWriter(original, strict=False)
            if writer.prev.encrypted:
                writer.encrypt(b"")
            return _reserve(writer, output, entries)
    except (SigningError, PdfError) as error:
        raise MSignError(Code.UNREADABLE_DOCUMENT, f"the PDF cannot be signed: {error}") from error


def _reserve(writer: IncrementalPdfFileWriter, output: IO[bytes], entries: SignatureEntries) -> Hole:
    name = entries.field or _free_name(writer)
    embedder = PdfCMSEmbedder(new_field_spec=SigFieldSpec(sig_field_name=name)).write_cms(name, writer)
    next(embedder)
    placeholder = SignatureObject(
        timestamp=entries.moment,
        subfilter=SigSeedSubFilter.PADES,
        name=entries.name or None,
        location=entries.location or None,
        reason=entries.reason or None,
        contact_info=entries.contact or None,
        bytes_reserved=2 * entries.reserved,
    )
    embedder.send(SigObjSetup(sig_placeholder=placeholder))
    prepared, _ = embedder.send(SigIOSetup(md_algorithm=entries.digest, output=output))
    return Hole(
        start=prepared.reserved_region_start,
        end=prepared.reserved_region_end,
        size=output.seek(0, os.SEEK_END),
        digest=prepared.document_digest,
    )


def _free_name(writer: IncrementalPdfFileWriter) -> str:
    taken = {name for name, _value, _ref in enumerate_sig_fields(writer.prev)}
    return next(name for number in itertools.count(1) if (name := f"Signature{number}") not in taken)
