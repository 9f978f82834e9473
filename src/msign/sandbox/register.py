"""The register of the sandbox CAs in one SQLite file: a killed service has lost nothing."""

from __future__ import annotations

import datetime as dt
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

from cryptography import x509

from msign.sandbox.book import Entry

_TABLE = """
CREATE TABLE IF NOT EXISTS certificates (
    number INTEGER PRIMARY KEY, authority TEXT NOT NULL, serial TEXT NOT NULL, der BLOB NOT NULL,
    revoked_at TEXT, reason TEXT, UNIQUE (authority, serial))
"""
_COLUMNS = "authority, serial, der, revoked_at, reason"


class SqliteBook:
    """A ``Book`` in a file; safe to use from several threads and processes."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute(_TABLE)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def add(self, entry: Entry) -> None:
        """Store or replace."""
        revoked = entry.revoked_at.isoformat() if entry.revoked_at else None
        reason = entry.reason.name if entry.reason else None
        with self._lock:
            self._connection.execute(
                f"INSERT INTO certificates ({_COLUMNS}) VALUES (?, ?, ?, ?, ?) ON CONFLICT (authority, serial)"  # noqa: S608
                " DO UPDATE SET der = excluded.der, revoked_at = excluded.revoked_at, reason = excluded.reason",
                (entry.authority, f"{entry.serial:x}", entry.certificate, revoked, reason),
            )

    def find(self, authority: str, serial: int) -> Entry | None:
        """Return the entry of one certificate."""
        rows = self._rows("WHERE authority = ? AND serial = ?", authority, f"{serial:x}")
        return next(rows, None)

    def revoked(self, authority: str) -> Iterator[Entry]:
        """Yield what is on the authority's revocation list."""
        return self._rows("WHERE authority = ? AND revoked_at IS NOT NULL", authority)

    def latest(self, count: int) -> list[Entry]:
        """Return the entries issued last, newest first."""
        return list(self._rows("ORDER BY number DESC LIMIT ?", count))

    def _rows(self, rest: str, *values: object) -> Iterator[Entry]:
        with self._lock:
            found = self._connection.execute(f"SELECT {_COLUMNS} FROM certificates {rest}", values).fetchall()  # noqa: S608
        return iter([_entry(*row) for row in found])


def _entry(authority: str, serial: str, der: bytes, revoked_at: str | None, reason: str | None) -> Entry:
    moment = dt.datetime.fromisoformat(revoked_at) if revoked_at else None
    return Entry(authority, int(serial, 16), der, moment, x509.ReasonFlags[reason] if reason else None)
