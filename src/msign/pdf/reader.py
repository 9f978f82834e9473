"""The lean PDF reader: opens a file by its cross-references, reads only what is asked for, remembers what was odd.

    with PdfFile.open(path) as pdf:
        pdf.catalog, pdf.trailer, pdf.revisions, pdf.get(12), pdf.get(12, revision=0)

It serves judging and signing alike. It inflates cross-reference and object streams only, never page content, and
keeps the file mapped, not loaded: memory stays flat with the file's size. Nothing here decides whether a document is
trustworthy; ``anomalies`` tells what a strict reader would have refused.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

from msign.kernel.limits import MAX_PDF_BYTES
from msign.pdf.bytefile import OBJECT
from msign.pdf.crypt import open_with_empty_password
from msign.pdf.errors import Anomaly, AnomalyKind, PdfError, Refusal
from msign.pdf.limits import (
    HEADER_WINDOW,
    TAIL_WINDOW,
)
from msign.pdf.objects import ObjectFile
from msign.pdf.revisions import History, Revision, read_revisions, size_of
from msign.pdf.syntax import Buffer
from msign.pdf.values import (
    FREE,
    InFile,
    Ref,
    Stream,
    as_dict,
    as_list,
)
from msign.pdf.xref import Source, XrefKind

_WS = rb"[\x00\t\n\x0c\r ]"
_HEADER = re.compile(rb"%PDF-(\d\.\d)")
_STARTXREF = re.compile(rb"startxref" + _WS + rb"*(\d{1,19})" + _WS + rb"*(?:%|\Z)")


class PdfFile(ObjectFile):
    """One PDF document, open for reading. Use as a context manager, or close it.

    Raises PdfError from ``open`` for files that cannot be read at all; later reads raise it only for limits, other
    unreadable objects read as null and leave an anomaly. Not safe for use by several threads at once.
    """

    def __init__(self, buffer: Buffer) -> None:
        super().__init__(buffer)
        self.version, self.shift = self._header()
        decode: Callable[[Stream], bytes] = self.stream_data
        self._source = Source(buffer, self.size, self.shift, self.object_at, decode, self.extent, self.note)
        self.revisions, self.last_startxref = self._read_chain()
        self._index(History(self.revisions), len(self.revisions) - 1)
        if self.shift:
            self._twins()
        self._open_encryption()
        if not isinstance(self.resolve(self.trailer.get("Root")), dict):
            raise PdfError(Refusal.NO_CATALOG, "the document has no catalogue")

    @classmethod
    def open(cls, source: Path | bytes, *, max_bytes: int = MAX_PDF_BYTES) -> Self:
        """Open a file (mapped into memory) or bytes. Raises PdfError; the message says what is wrong."""
        if isinstance(source, bytes):
            size, buffer = len(source), source
            _check_size(size, max_bytes)
            return cls(buffer)
        with source.open("rb") as handle:
            size = handle.seek(0, 2)
            _check_size(size, max_bytes)
            mapped = mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ)
        try:
            return cls(mapped)
        except BaseException:
            mapped.close()
            raise

    # What a reader and a writer ask first

    @property
    def trailer(self) -> dict[str, object]:
        """The newest trailer dictionary."""
        return self.revisions[-1].trailer

    @property
    def catalog(self) -> dict[str, object]:
        """The document catalogue of the newest revision."""
        return self.root()

    @property
    def xref_kind(self) -> XrefKind:
        """How the newest revision lists its objects."""
        return self.revisions[-1].xref_kind

    @property
    def next_number(self) -> int:
        """The lowest object number that no revision has used."""
        return size_of(self.revisions)

    @property
    def encrypted(self) -> bool:
        """Whether the document is encrypted (and opened with the empty password)."""
        return self._decryptor is not None

    def root(self, revision: int | None = None) -> dict[str, object]:
        """Return the document catalogue as of a revision."""
        index = self.newest if revision is None else revision
        return as_dict(self.resolve(self.revisions[index].trailer.get("Root"), index))

    # Opening

    def _header(self) -> tuple[str, int]:
        match = _HEADER.search(self._buffer, 0, min(self.size, HEADER_WINDOW))
        if match is None:
            raise PdfError(Refusal.NOT_A_PDF, "the file does not begin like a PDF")
        if match.start():
            self.note(Anomaly(AnomalyKind.HEADER_NOT_FIRST, match.start()))
        return match[1].decode("ascii"), match.start()

    def _read_chain(self) -> tuple[list[Revision], int]:
        """Read from the last startxref; when that update is unreadable, from the one before, and remember it."""
        first_error: PdfError | None = None
        for match in self._startxrefs():
            try:
                revisions = read_revisions(self._source, int(match[1]))
            except PdfError as error:
                if error.refusal in (Refusal.TOO_MANY_OBJECTS, Refusal.INFLATES_TOO_FAR, Refusal.TOO_MANY_REVISIONS):
                    raise
                self.note(Anomaly(AnomalyKind.LAST_REVISION_UNREADABLE, match.start(), error.message))
                first_error = first_error or error
                continue
            return revisions, int(match[1])
        raise first_error or PdfError(Refusal.NO_CROSS_REFERENCE, "the word startxref is missing")

    def _twins(self) -> None:
        """Junk before the header: offsets may count it or not. Where both readings find the object, readers differ."""
        for revision in self.revisions:
            for number, entry in revision.entries.items():
                if isinstance(entry, InFile) and entry.offset + self.shift < self.size:
                    places = (OBJECT.match(self._buffer, entry.offset + step) for step in (0, self.shift))
                    heads = {match.start(1) for match in places if match and int(match[1]) == number}
                    if len(heads) > 1:
                        detail = f"object {number} with and without the junk"
                        self.note(Anomaly(AnomalyKind.XREF_CONTRADICTION, entry.offset, detail))

    def _startxrefs(self) -> Iterator[re.Match[bytes]]:
        """Yield the startxref pointers, last first, at most eight: more broken updates in a row are no accident."""
        stop = self.size
        low = max(0, self.size - TAIL_WINDOW)
        for _ in range(8):
            position = self._buffer.rfind(b"startxref", low, stop)
            if position < 0 and low:
                low = 0
                position = self._buffer.rfind(b"startxref", 0, stop)
            if position < 0:
                return
            match = _STARTXREF.match(self._buffer, position)
            if match is not None:
                yield match
            stop = position

    def _open_encryption(self) -> None:
        encrypt = self.trailer.get("Encrypt")
        if encrypt is None:
            return
        if isinstance(encrypt, Ref):
            self._encrypt_number = encrypt.number
        settings = self.deep(encrypt, None)
        first = as_list(self.resolve(self.trailer.get("ID")))
        first_id = first[0] if first and isinstance(first[0], bytes) else b""
        self._decryptor = open_with_empty_password(settings, first_id)
        self.forget()


def _check_size(size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise PdfError(Refusal.TOO_LARGE, f"the file has {size} bytes, at most {max_bytes} are read")
    if size == 0:
        raise PdfError(Refusal.NOT_A_PDF, "the file is empty")


__all__ = ["FREE", "PdfFile"]
