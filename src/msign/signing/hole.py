"""Filling the reserved place of a prepared document."""

from __future__ import annotations

import os
from io import FileIO
from pathlib import Path

from msign.kernel.errors import Code, MSignError
from msign.signing.reservation import Hole


class TooSmallError(MSignError):
    """The reserved space does not hold the signature: prepare again with at least ``needed`` bytes."""

    def __init__(self, needed: int, reserved: int) -> None:
        super().__init__(Code.CONFLICT, f"the signature needs {needed} bytes, {reserved} are reserved")
        self.needed = needed


def fill(target: Path, hole: Hole, container: bytes) -> None:
    """Write a CMS container into the empty reserved place.

    Raises ``TooSmallError``, or ``MSignError(CONFLICT)`` if the file has another size or the place is not empty any
    more. The digest of the document is not worked out a second time.
    """
    reserved = (hole.end - hole.start - 2) // 2
    if len(container) > reserved:
        raise TooSmallError(len(container), reserved)
    try:
        with FileIO(target, "r+") as file:
            file.seek(hole.start)
            same = os.fstat(file.fileno()).st_size == hole.size
            if not same or file.read(hole.end - hole.start) != b"<" + b"0" * (2 * reserved) + b">":
                raise MSignError(Code.CONFLICT, "the file is not the prepared one any more")
            file.seek(hole.start + 1)
            file.write(container.hex().encode("ascii"))
    except OSError as error:
        raise MSignError(Code.CONFLICT, f"the prepared file cannot be opened: {error.strerror}") from error


def holds_value(target: Path, hole: Hole, value: bytes) -> bool:
    """Tell whether the reserved place holds a container with this signature value: then it was completed before."""
    try:
        with FileIO(target) as file:
            file.seek(hole.start)
            return value.hex().encode("ascii") in file.read(hole.end - hole.start)
    except OSError:
        return False
