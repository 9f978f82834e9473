"""The register of a certification authority: what was issued, and what was taken back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from cryptography import x509

from msign.kernel.errors import Code, MSignError


@dataclass(frozen=True, slots=True)
class Entry:
    """One issued certificate. ``revoked_at`` and ``reason`` are set while it is revoked or suspended."""

    authority: str
    serial: int
    certificate: bytes
    revoked_at: dt.datetime | None = None
    reason: x509.ReasonFlags | None = None

    @property
    def suspended(self) -> bool:
        """Whether it is on hold and may come back."""
        return self.reason is x509.ReasonFlags.certificate_hold


class Book(Protocol):
    """Where entries are kept."""

    def add(self, entry: Entry) -> None:
        """Store a new entry or replace the one of the same authority and serial."""
        ...

    def find(self, authority: str, serial: int) -> Entry | None:
        """Return the entry of one certificate."""
        ...

    def revoked(self, authority: str) -> Iterator[Entry]:
        """Yield the entries of one authority that are revoked or suspended."""
        ...


class MemoryBook:
    """A register that lives as long as the process; for tests."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, int], Entry] = {}

    def add(self, entry: Entry) -> None:
        """Store or replace."""
        self._entries[entry.authority, entry.serial] = entry

    def find(self, authority: str, serial: int) -> Entry | None:
        """Return the entry of one certificate."""
        return self._entries.get((authority, serial))

    def revoked(self, authority: str) -> Iterator[Entry]:
        """Yield what is on the authority's revocation list."""
        for entry in list(self._entries.values()):
            if entry.authority == authority and entry.revoked_at is not None:
                yield entry


def take_back(book: Book, authority: str, serial: int, *, at: dt.datetime, reason: x509.ReasonFlags) -> None:
    """Revoke, or suspend with ``certificate_hold``. A revoked certificate stays revoked."""
    entry = _known(book, authority, serial)
    if entry.revoked_at is not None and not entry.suspended:
        return
    book.add(replace(entry, revoked_at=at.replace(microsecond=0), reason=reason))


def release(book: Book, authority: str, serial: int) -> None:
    """End a suspension. Raises ``MSignError`` (``CONFLICT``) for a revoked certificate."""
    entry = _known(book, authority, serial)
    if entry.revoked_at is not None and not entry.suspended:
        raise MSignError(Code.CONFLICT, "a revoked certificate cannot come back")
    book.add(replace(entry, revoked_at=None, reason=None))


def _known(book: Book, authority: str, serial: int) -> Entry:
    entry = book.find(authority, serial)
    if entry is None:
        raise MSignError(Code.REQUEST_NOT_FOUND, f"{authority} has issued no certificate {serial:X}")
    return entry
