"""A store for the length of one call: what VerifySignatures brings is judged and forgotten."""

from __future__ import annotations

import tempfile
import threading
from dataclasses import dataclass
from io import BufferedWriter
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ScratchContent:
    """A file of the scratch folder."""

    key: str
    size: int


class ScratchSink:
    """Writes one file; nothing is forced to the disk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BufferedWriter = path.open("wb")
        self._size = 0

    def write(self, data: bytes) -> None:
        """Append."""
        self._size += self._file.write(data)

    def finish(self) -> ScratchContent:
        """Close the file."""
        self._file.close()
        return ScratchContent(self._path.name, self._size)

    def abort(self) -> None:
        """Close and remove the file."""
        self._file.close()
        self._path.unlink(missing_ok=True)


class Scratch:
    """A private temporary folder, made when the first file is needed. ``clear`` removes everything."""

    def __init__(self, root: Path | None = None) -> None:
        self._root = root
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._count = 0
        self._lock = threading.Lock()

    @property
    def used(self) -> bool:
        """Whether there is something to clear."""
        return self._folder is not None

    def create(self) -> ScratchSink:
        """Open a new file; several threads may judge items of one call."""
        with self._lock:
            if self._folder is None:
                if self._root is not None:
                    self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
                self._folder = tempfile.TemporaryDirectory(prefix="msign-verify-", dir=self._root)
            self._count += 1
            return ScratchSink(Path(self._folder.name) / str(self._count))

    def path(self, key: str) -> Path:
        """Return where a finished file lies."""
        assert self._folder is not None
        return Path(self._folder.name) / key

    def clear(self) -> None:
        """Remove the folder."""
        folder, self._folder = self._folder, None
        if folder is not None:
            folder.cleanup()
