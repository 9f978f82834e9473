"""The shelf of submitted files: a folder for each, under a name that was drawn."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from msign.care.values import Loan
from msign.kernel.errors import Code, MSignError

_NAME = re.compile(r"[0-9a-f]{32}")
_DOCUMENT, _CONTENT, _TITLE = "document", "content", "title"


@dataclass(frozen=True, slots=True)
class FolderShelf:
    """Files that somebody has submitted for care, each with its detached content where it has one."""

    root: Path

    def put(self, document: Path, content: Path | None = None) -> str:
        """Copy a file onto the shelf; return its name there. A folder that is not finished does not count."""
        name = secrets.token_hex(16)
        draft = self.root / f".{name}"
        draft.mkdir(parents=True, mode=0o700)
        shutil.copyfile(document, draft / _DOCUMENT)
        if content is not None:
            shutil.copyfile(content, draft / _CONTENT)
        (draft / _TITLE).write_text(document.name, "utf-8")
        draft.rename(self.root / name)
        return name

    def title(self, name: str) -> str:
        """Return what the file was called by who submitted it."""
        return (self._folder(name) / _TITLE).read_text("utf-8")

    def newest(self, name: str) -> Path:
        """Return where the file lies as it is now."""
        return self._folder(name) / _DOCUMENT

    def remove(self, name: str) -> None:
        """Take a file off the shelf."""
        shutil.rmtree(self._folder(name))

    def names(self) -> Iterator[str]:
        """Yield the names of all files."""
        if self.root.exists():
            yield from (one.name for one in sorted(self.root.iterdir()) if _NAME.fullmatch(one.name))

    def lend(self, name: str, folder: Path) -> Loan | None:
        """Copy a file into ``folder``."""
        try:
            own = self._folder(name)
        except MSignError:
            return None
        copy = folder / _DOCUMENT
        shutil.copyfile(own / _DOCUMENT, copy)
        content = own / _CONTENT
        return Loan(copy, _version(copy), content if content.exists() else None)

    def take_back(self, name: str, raised: Path, version: str) -> bool:
        """Replace a file in one step, if it is still that version."""
        own = self._folder(name) / _DOCUMENT
        if _version(own) != version:
            return False
        draft = own.with_name(".draft")
        shutil.copyfile(raised, draft)
        with draft.open("rb") as file:
            os.fsync(file.fileno())
        draft.replace(own)
        return True

    def _folder(self, name: str) -> Path:
        folder = self.root / name
        if not _NAME.fullmatch(name) or not folder.is_dir():
            raise MSignError(Code.REQUEST_NOT_FOUND, f"no file {name} is under care")
        return folder


def _version(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
