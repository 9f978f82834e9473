"""What happened to a document after its first so many bytes: for whoever handed out a file and got more back."""

from __future__ import annotations

from pathlib import Path

from msign.pdf.errors import PdfError
from msign.pdf.reader import PdfFile
from msign.validation.model import Modification
from msign.validation.pades.history import DocumentHistory
from msign.validation.pades.kinds import QUIET


def changes_since(path: Path, since: int) -> Modification:
    """Return ``PERMITTED`` if all after ``since`` bytes are signatures and data for validating them (clause 5.3 of
    EN 319 142-1), ``UNDEFINED`` for anything else and for a file that cannot be read, ``NONE`` if nothing came.

    Not checked: the signatures themselves, and that the first ``since`` bytes are those that were handed out.
    """
    try:
        with PdfFile.open(path) as pdf:
            if pdf.size <= since:
                return Modification.NONE
            known = [revision.index for revision in pdf.revisions if revision.end <= since]
            if not known:
                return Modification.UNDEFINED
            changes = DocumentHistory(pdf).since(known[-1])
    except PdfError:
        return Modification.UNDEFINED
    return Modification.PERMITTED if all(one.kind in QUIET for one in changes) else Modification.UNDEFINED
