"""Data to be signed that stays where it is: bytes or a file, read in pieces."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from msign.kernel.errors import Code, MSignError
from msign.signing.algorithms import Digest

Data = bytes | Path
_CHUNK = 1024 * 1024


def pieces(data: Data) -> Iterator[bytes]:
    """Yield the data in pieces of bounded size. Raises ``MSignError`` for a file that cannot be read."""
    if isinstance(data, bytes):
        yield data
        return
    try:
        with data.open("rb", buffering=0) as file:
            while piece := file.read(_CHUNK):
                yield piece
    except OSError as error:
        raise MSignError(Code.UNREADABLE_DOCUMENT, f"{data.name} cannot be read: {error.strerror}") from error


def digest_of(data: Data, digest: Digest) -> bytes:
    """Return the digest of the data."""
    hasher = hashlib.new(digest.value)
    for piece in pieces(data):
        hasher.update(piece)
    return hasher.digest()
