"""What this room asks of others, as narrow protocols; the wiring passes the real ones, tests pass fakes."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Protocol

from msign.kernel.words import ContentType, Environment
from msign.providers.base import Provider
from msign.validation.model import DocumentReport, Modification
from msign.validation.pades.precheck import Looked


class Instrument(Protocol):
    """What has to be known of an instrument (providers.instruments.Instrument)."""

    @property
    def id(self) -> str: ...
    @property
    def provider(self) -> str: ...
    @property
    def needs(self) -> frozenset[str]: ...


class Registry(Protocol):
    """Which instruments suit a request, and who works them (providers.registry.Registry)."""

    def suitable(
        self,
        *,
        environment: Environment,
        content_type: ContentType,
        hash_lengths: Collection[int] = (),
        count: int = 1,
        allowed: Collection[str] = (),
    ) -> tuple[Instrument, ...]: ...

    def provider(self, identifier: str) -> Provider: ...


class DocumentReader(Protocol):
    """Looks at posted files behind limits."""

    def look(self, path: Path, max_bytes: int) -> Looked:
        """Return whether a file is a readable PDF, and signed."""
        ...


class ResultValidator(Protocol):
    """Judges what a provider delivered, for one environment."""

    def pdf(self, path: Path) -> DocumentReport:
        """Judge every signature of a PDF."""
        ...

    def hash(self, xades: bytes, digest: bytes) -> DocumentReport:
        """Judge a detached XAdES over a posted hash."""
        ...

    def changes(self, path: Path, since: int) -> Modification:
        """Say what the bytes after the first ``since`` ones change, beyond one signature and its validation data."""
        ...
