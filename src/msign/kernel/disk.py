"""A full disk stops everything, the database first: strangers' uploads end before that."""

from __future__ import annotations

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
