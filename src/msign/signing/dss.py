"""The document security store of a PDF (EN 319 142-1 clause 5.4.2): validation data, kept beside the signatures."""

from __future__ import annotations

import hashlib

from msign.pdf.increment import Update
from msign.pdf.lean import LeanPdf
from msign.pdf.rawsyntax import UnusualError, join_array, join_dictionary, reference
from msign.signing.evidence import Evidence

_KINDS = ((b"Certs", "certificates"), (b"OCSPs", "ocsp"), (b"CRLs", "crls"))


def add_evidence(update: Update, evidence: Evidence) -> None:
    """Put evidence into the store, made if there is none; what it holds already stays and is not repeated.

    VRI is not written: EN 319 142-1 clause 5.4.2.2 leaves it to the generator, and validators go by the data.
    """
    pdf = update.pdf
    catalogue = update.entries(pdf.root)
    held = pdf.entries(catalogue.get(b"DSS"))
    store = {**held, b"Type": b"/DSS"}
    for key, kind in _KINDS:
        members = pdf.members(held.get(key))
        present = {digest for member in members if (digest := _digest(pdf, member))}
        pieces: tuple[bytes, ...] = getattr(evidence, kind)
        fresh = [piece for piece in pieces if hashlib.sha256(piece).digest() not in present]
        members += [b"%d 0 R" % update.add(_stream(piece)) for piece in fresh]
        if members:
            store[key] = join_array(members)
    number = reference(catalogue.get(b"DSS"))
    if number is None:
        number = update.reserve()
        update.put(pdf.root, join_dictionary({**catalogue, b"DSS": b"%d 0 R" % number}))
    update.put(number, join_dictionary(store))


def _stream(content: bytes) -> bytes:
    return b"<</Length %d>>\nstream\n%s\nendstream" % (len(content), content)


def _digest(pdf: LeanPdf, member: bytes) -> bytes | None:
    number = reference(member)
    try:
        return hashlib.sha256(pdf.stream(number)).digest() if number is not None else None
    except UnusualError:
        return None  # written with another filter: it may be repeated
