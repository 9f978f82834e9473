"""An empty signature in a plain PDF, written by our own incremental writer: fast, and constant in memory."""

from __future__ import annotations

import mmap
from pathlib import Path

from msign.pdf.increment import Update
from msign.pdf.lean import LeanPdf
from msign.signing.emptysignature import empty_signature
from msign.signing.fields import place_in_field, refuse_if_certified_final
from msign.signing.reservation import Appended, Hole, SignatureEntries, append


def reserve_lean(source: Path, target: Path, entries: SignatureEntries) -> Hole:
    """Write ``source`` plus an update with an empty signature to ``target``.

    Raises ``UnusualError`` for documents that need the other path, before anything is written, and ``MSignError`` for
    what no path can do.
    """

    def build(content: bytes | mmap.mmap) -> Appended:
        update = Update(LeanPdf(content))
        refuse_if_certified_final(update.pdf)
        number = update.reserve()
        empty = empty_signature(entries)
        update.put(number, empty.value)
        place_in_field(update, number, entries.field)
        rendered, values = update.render()
        return empty.locate(rendered, values[number], len(content))

    return append(source, target, entries.digest, build)
