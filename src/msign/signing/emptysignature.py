"""The signature dictionary with its place kept free, as bytes (ISO 32000-1 clause 12.8.1, EN 319 142-1 clause 5)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from msign.pdf.rawsyntax import text_string
from msign.pki.der import utc_digits
from msign.signing.reservation import Appended, SignatureEntries

_RANGE_WIDTH = 64  # "[0 a b c]" with four numbers of at most 19 digits


@dataclass(frozen=True, slots=True)
class EmptySignature:
    """A dictionary value with the offsets, inside it, of the ByteRange array and of the Contents string."""

    value: bytes
    byte_range: int
    contents: int
    contents_end: int

    def locate(self, update: bytes, at: int, size: int) -> Appended:
        """Return the update with the ByteRange filled in; ``at`` is where the value starts in it.

        ``size`` is the length of the document that the update is appended to.
        """
        start, end = at + self.contents, at + self.contents_end
        numbers = b"[0 %d %d %d]" % (size + start, size + end, len(update) - end)
        place = at + self.byte_range
        filled = update[:place] + numbers.ljust(_RANGE_WIDTH) + update[place + _RANGE_WIDTH :]
        return Appended(filled, start, end)


def empty_signature(entries: SignatureEntries, *, reference: bytes = b"") -> EmptySignature:
    """Return the dictionary of an approval or certification signature.

    ``reference`` is the raw /Reference array, if any. The signing time stands in /M; there is no signingTime attribute
    (EN 319 142-1 clause 6.3).
    """
    texts = (
        (b"/Name", entries.name),
        (b"/Reason", entries.reason),
        (b"/Location", entries.location),
        (b"/ContactInfo", entries.contact),
    )
    said = b"".join(key + text_string(value) for key, value in texts if value)
    tail = b"/M" + date(entries.moment) + said + (b"/Reference" + reference if reference else b"")
    return _with_place(b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached", entries.reserved, tail)


def empty_timestamp(reserved: int) -> EmptySignature:
    """Return the dictionary of a document time-stamp (EN 319 142-1 clause 5.4.3)."""
    return _with_place(b"<</Type/DocTimeStamp/Filter/Adobe.PPKLite/SubFilter/ETSI.RFC3161", reserved, b"")


def date(moment: dt.datetime) -> bytes:
    """Return a PDF date in UTC (clause 7.9.4)."""
    return b"(D:%sZ)" % utc_digits(moment)


def _with_place(head: bytes, reserved: int, tail: bytes) -> EmptySignature:
    before = head + b"/ByteRange"
    until = before + b" " * _RANGE_WIDTH + b"/Contents"
    value = until + b"<" + b"0" * (2 * reserved) + b">" + tail + b">>"
    return EmptySignature(value, len(before), len(until), len(until) + 2 * reserved + 2)
