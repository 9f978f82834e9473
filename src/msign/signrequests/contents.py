"""The content store on a local folder: documents as posted, signatures as released. Bytes only, no rules.

A file is complete or not there: it is written aside, flushed to the disk, then renamed, then the folder is flushed.
Keys are random, so nobody guesses one, and name their folder, so no folder grows large.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from msign.kernel.disk import ensure_room
from msign.kernel.errors import Code, MSignError
from msign.kernel.limits import HASH_LENGTHS

MAX_HASH = max(HASH_LENGTHS)  # a content so small is a hash: the database keeps it, the file is for the moment only
HEAD = 1024  # a PDF shows itself within its first 1024 bytes
_KEY = re.compile(r"[0-9a-f]{40}")
_ORDER = re.compile(r"[0-9a-f]{32}(-[0-9]{1,4})?")
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class StoredContent:
    """A finished file: where it is, how large, its SHA-256 in hexadecimal, and its first bytes."""

    key: str
    size: int
    sha256: str
    head: bytes


class ContentSink:
    """Takes one content as it arrives; hashes on the way. ``finish`` or ``abort`` ends it."""

    def __init__(self, store: LocalContentStore, path: Path) -> None:
        self._store = store
        self._path = path
        self._file: BinaryIO | None = path.open("xb")
        self._hash = hashlib.sha256()
        self._size = 0
        self._head = b""

    def write(self, data: bytes) -> None:
        """Append bytes."""
        if self._file is None:
            raise MSignError(Code.INTERNAL, "the content was already finished")
        if len(self._head) < HEAD:
            self._head += data[: HEAD - len(self._head)]
        self._hash.update(data)
        self._size += len(data)
        self._file.write(data)

    def finish(self) -> StoredContent:
        """Put the file in its place, safely on the disk, and return where it is."""
        if self._file is None:
            raise MSignError(Code.INTERNAL, "the content was already finished")
        file, self._file = self._file, None
        durable = self._size > MAX_HASH
        with file:
            file.flush()
            if durable:
                os.fsync(file.fileno())
        key = self._store.keep(self._path, durable=durable)
        return StoredContent(key, self._size, self._hash.hexdigest(), self._head)

    def abort(self) -> None:
        """Throw the bytes away; harmless after ``finish``."""
        if self._file is not None:
            self._file.close()
            self._file = None
            self._path.unlink(missing_ok=True)


class LocalContentStore:
    """Contents in files below ``root``, which belongs to this store alone."""

    def __init__(self, root: Path) -> None:
        self._incoming = root / "incoming"
        self._kept = root / "kept"
        self._work = root / "work"
        for folder in (self._incoming, self._kept, self._work):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def create(self) -> ContentSink:
        """Begin a new content. Raises ``MSignError`` (``UNAVAILABLE``) while the disk is nearly full."""
        ensure_room(self._incoming)
        return ContentSink(self, self._incoming / secrets.token_hex(16))

    def adopt(self, path: Path) -> StoredContent:
        """Take a finished file of a workspace over. ``path`` stays, so that a killed caller can do it again."""
        digest, size, head = hashlib.sha256(), 0, b""
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                head = head or chunk[:HEAD]
                digest.update(chunk)
                size += len(chunk)
            os.fsync(file.fileno())
        aside = self._incoming / secrets.token_hex(16)
        os.link(path, aside)
        return StoredContent(self.keep(aside), size, digest.hexdigest(), head)

    def path(self, key: str) -> Path:
        """Return the file of a content. Raises ``MSignError`` (``REQUEST_NOT_FOUND``) for what is no key."""
        if not _KEY.fullmatch(key):
            raise MSignError(Code.REQUEST_NOT_FOUND, "no such content")
        return self._kept / key[:2] / key

    def remove(self, key: str) -> None:
        """Delete a content; nothing happens if it is gone already."""
        self.path(key).unlink(missing_ok=True)

    def workspace(self, order_id: str) -> Path:
        """Return the private folder of a signing session, made if it is not there."""
        folder = self._workspace(order_id)
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    def close_workspace(self, order_id: str) -> None:
        """Delete a session's folder with all that is in it."""
        shutil.rmtree(self._workspace(order_id), ignore_errors=True)

    def workspaces(self) -> Iterator[str]:
        """Yield the sessions that have a folder."""
        yield from (entry.name for entry in self._work.iterdir() if _ORDER.fullmatch(entry.name))

    def keys_older_than(self, moment: dt.datetime) -> Iterator[str]:
        """Yield the keys of files that were finished before ``moment``: candidates of the orphan sweep."""
        for path in self._kept.glob("??/*"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < moment.timestamp():
                    yield path.name

    def drop_unfinished(self, moment: dt.datetime) -> int:
        """Delete what was begun before ``moment`` and never finished; return how many files that were."""
        count = 0
        for path in self._incoming.iterdir():
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < moment.timestamp():
                    path.unlink()
                    count += 1
        return count

    def _workspace(self, order_id: str) -> Path:
        if not _ORDER.fullmatch(order_id):
            raise MSignError(Code.INTERNAL, "not the id of a signing session")
        return self._work / order_id

    def keep(self, path: Path, *, durable: bool = True) -> str:
        """Move a flushed file into its place and return its new key."""
        key = secrets.token_hex(20)
        target = self.path(key)
        made = not target.parent.exists()
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.replace(target)
        if durable:
            _flush_folder(target.parent)
        if made:  # the new folder's own entry has to be on the disk too
            _flush_folder(self._kept)
        return key


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
