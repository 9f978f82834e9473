"""What the caller says was signed: whole contents or only their digests, by name."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from msign.kernel.errors import invalid
from msign.kernel.limits import HASH_LENGTHS, MIB
from msign.pki import algorithms

_CHUNK = MIB
MAX_IN_MEMORY = 64 * MIB  # a content that transforms must read whole


@dataclass(frozen=True)
class DetachedContent:
    """One document, in memory or in a file, or only its digests. An empty name fits any single reference."""

    name: str = ""
    data: bytes | None = None
    path: Path | None = None
    digests: Mapping[str, bytes] = field(default_factory=dict)

    def digest(self, algorithm: str) -> bytes | None:
        """Return the digest under an algorithm; ``None`` if only other digests are known."""
        if self.data is not None:
            return algorithms.digest(algorithm, self.data)
        return (
            self._of_file.setdefault(algorithm, self._hash_file(algorithm))
            if self.path
            else self.digests.get(algorithm)
        )

    def octets(self) -> bytes | None:
        """Return the whole content if it is at hand and of bearable size."""
        if self.data is not None:
            return self.data
        if self.path is None or self.path.stat().st_size > MAX_IN_MEMORY:
            return None
        return self.path.read_bytes()

    @cached_property
    def _of_file(self) -> dict[str, bytes]:
        return {}

    def _hash_file(self, algorithm: str) -> bytes:
        assert self.path is not None
        if algorithm in self._of_file:
            return self._of_file[algorithm]
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, algorithm.replace("sha3-", "sha3_")).digest()


@dataclass(frozen=True, slots=True)
class DetachedContents:
    """All contents handed over with a signature. ``all_needed``: a signature that misses one is over other things."""

    items: tuple[DetachedContent, ...] = ()
    all_needed: bool = True

    @classmethod
    def of_digest(cls, value: bytes, name: str = "") -> DetachedContents:
        """Return contents for one posted hash; its length tells the algorithm. Raises for another length."""
        if len(value) not in HASH_LENGTHS:
            raise invalid("Content", f"a hash has {', '.join(map(str, HASH_LENGTHS))} octets, not {len(value)}")
        return cls((DetachedContent(name, digests={HASH_LENGTHS[len(value)]: value}),))

    @classmethod
    def of_file(cls, path: Path, name: str | None = None) -> DetachedContents:
        """Return contents for one file."""
        return cls((DetachedContent(path.name if name is None else name, path=path),))

    def named(self, name: str) -> DetachedContent | None:
        """Return the content of that name, in either spelling of its path."""
        wanted = _plain(name)
        return next((item for item in self.items if item.name and _plain(item.name) == wanted), None)

    @property
    def anonymous(self) -> DetachedContent | None:
        """Return the only content if it has no name."""
        return self.items[0] if len(self.items) == 1 and not self.items[0].name else None


def _plain(name: str) -> str:
    """Drop what different makers put before a file name."""
    return name.removeprefix("file:").lstrip("/").removeprefix("./")
