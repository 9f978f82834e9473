"""What a document carries for its own later validation: the DSS of every revision (EN 319 142-1 clause 5.4.2)."""

from __future__ import annotations

from collections.abc import Iterator

from msign.kernel.limits import MIB
from msign.pdf.errors import PdfError
from msign.pdf.reader import PdfFile
from msign.pdf.values import Ref, Stream, as_dict, as_list
from msign.pki.asn1 import Asn1Error
from msign.pki.certificate import ParsedCertificate, parse
from msign.pki.evidence import RevocationEvidence

MAX_EVIDENCE_BYTES = 24 * MIB  # national CRLs reach several megabytes
MAX_EVIDENCE_ITEMS = 2_000


class SecurityStore:
    """Certificates, OCSP responses and CRLs of all DSS dictionaries. What a later revision drops still counts."""

    def __init__(self, pdf: PdfFile) -> None:
        self._pdf = pdf
        self._budget = MAX_EVIDENCE_BYTES
        self._items = 0
        self._seen: set[int] = set()
        self.certificates: tuple[ParsedCertificate, ...] = ()
        self.evidence = RevocationEvidence()
        self.complete = True
        self._read()

    def _read(self) -> None:
        found: dict[str, list[bytes]] = {"Certs": [], "OCSPs": [], "CRLs": []}
        for store, revision in self._stores():
            for key, items in found.items():
                items.extend(self._streams(store.get(key), revision))
        self.certificates = tuple(_parsed(found["Certs"]))
        self.evidence = RevocationEvidence(tuple(found["OCSPs"]), tuple(found["CRLs"]), (), self.certificates)

    def _stores(self) -> Iterator[tuple[dict[str, object], int]]:
        last: object = None
        for revision in reversed(self._pdf.revisions):
            pointer = self._pdf.root(revision.index).get("DSS")
            store = as_dict(self._pdf.resolve(pointer, revision.index))
            if store and store is not last:
                yield store, revision.index
            last = store

    def _streams(self, value: object, revision: int) -> Iterator[bytes]:
        for item in as_list(self._pdf.resolve(value, revision)):
            stream = self._pdf.resolve(item, revision) if isinstance(item, Ref) else None
            if not isinstance(stream, Stream) or stream.start in self._seen:
                continue
            self._seen.add(stream.start)
            self._items += 1
            if self._items > MAX_EVIDENCE_ITEMS or self._budget <= 0:
                self.complete = False
                return
            try:
                data = self._pdf.stream_data(stream, limit=self._budget, revision=revision)
            except PdfError:
                self.complete = False
                continue
            self._budget -= len(data)
            yield data


def _parsed(items: list[bytes]) -> Iterator[ParsedCertificate]:
    for item in dict.fromkeys(items):
        try:
            yield parse(item)
        except Asn1Error:
            continue
