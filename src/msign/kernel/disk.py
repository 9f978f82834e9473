"""A full disk stops everything, the database first: strangers' uploads end before that."""

from __future__ import annotations

import contextlib
import datetime as dt
import shutil
from pathlib import Path

from msign.kernel.errors import Code, MSignError
from msign.kernel.limits import DISK_RESERVE_BYTES


def ensure_room(folder: Path, reserve: int = DISK_RESERVE_BYTES) -> None:
    """Raise ``MSignError`` (``UNAVAILABLE``, retry) when the disk of ``folder`` has less than ``reserve`` bytes left.

    ``folder`` must exist. Not checked: quotas of the file system, and what others write at the same moment.
    """
    if shutil.disk_usage(folder).free < reserve:
        raise MSignError(Code.UNAVAILABLE, "there is no room for new documents just now", retry=True)


def remove_older(folder: Path, before: dt.datetime) -> int:
    """Remove what lies in ``folder`` since ``before``: what killed processes left behind. Return how many there were.

    Several may sweep at once. Not followed: links; they are removed themselves.
    """
    gone = 0
    for entry in folder.iterdir() if folder.is_dir() else ():
        with contextlib.suppress(FileNotFoundError):  # another sweep was quicker
            if dt.datetime.fromtimestamp(entry.lstat().st_mtime, dt.UTC) >= before:
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry, ignore_errors=True)
            else:
                entry.unlink()
            gone += 1
    return gone
