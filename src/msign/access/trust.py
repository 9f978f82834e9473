"""Which authorities may issue system certificates: those in the trust store of the environment, and nobody else."""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from msign.kernel.clock import monotonic
from msign.kernel.errors import MSignError
from msign.pki.certificate import parse
from msign.pki.path import PathBuilder, PathResult
from msign.pki.rfc5280 import PathDefect
from msign.pki.trust import ServiceRole, TrustStore

log = logging.getLogger(__name__)

RECHECK_SECONDS = 1.0  # how often a folder of anchors is looked at for changes
_OWN_DATES = (PathDefect.EXPIRED, PathDefect.NOT_YET_VALID)


class SystemTrust(Protocol):
    """Judges whether a certificate leads to an accepted authority."""

    @property
    def version(self) -> int:
        """A number that is another one after every change of the accepted authorities."""
        ...

    def problem(self, certificate_der: bytes, at: dt.datetime) -> str | None:
        """Return why the certificate does not chain to an accepted authority; ``None`` when it does.

        The dates of the certificate itself are not judged here: the gate has a check of its own for them.
        """
        ...


class StoreTrust:
    """Accepts what chains to an anchor of the role ``systems`` by RFC 5280. An empty store accepts nobody."""

    def __init__(self, store: TrustStore) -> None:
        self._store = store

    @property
    def version(self) -> int:
        """See :class:`SystemTrust`."""
        return 0

    def problem(self, certificate_der: bytes, at: dt.datetime) -> str | None:
        """See :class:`SystemTrust`."""
        try:
            certificate = parse(certificate_der)
            builder = PathBuilder(trust=self._store, roles=(ServiceRole.SYSTEMS,))
            return _problem(builder.best(certificate, at), at)
        except MSignError as error:
            return f"the certificate cannot be read: {error.message}"


class FolderTrust:
    """The authorities in ``{folder}/systems`` and ``{folder}/intermediates``; files added or removed take effect.

    Raises ``MSignError`` (``MISCONFIGURED``) at construction for a file that is no certificate; later such a file is
    logged, and the authorities read before stay in force.
    """

    def __init__(self, folder: Path, *, seconds: Callable[[], float] = monotonic) -> None:
        self._folder = folder
        self._seconds = seconds
        self._lock = threading.Lock()
        self._looked = seconds()
        self._seen = self._look()
        self._version = 0
        self._trust = StoreTrust(TrustStore.from_folder(folder))

    @property
    def version(self) -> int:
        """See :class:`SystemTrust`."""
        self._refresh()
        return self._version

    def problem(self, certificate_der: bytes, at: dt.datetime) -> str | None:
        """See :class:`SystemTrust`."""
        self._refresh()
        return self._trust.problem(certificate_der, at)

    def _refresh(self) -> None:
        with self._lock:
            if self._seconds() - self._looked < RECHECK_SECONDS:
                return
            self._looked = self._seconds()
            found = self._look()
            if found == self._seen:
                return
            self._seen = found
            try:
                self._trust = StoreTrust(TrustStore.from_folder(self._folder))
                self._version += 1
            except (MSignError, OSError) as error:
                log.warning("trust anchors in %s: %s; the ones read before stay in force", self._folder, error)

    def _look(self) -> frozenset[tuple[str, int, int]]:
        found = set()
        for path in (*(self._folder / "systems").glob("*"), *(self._folder / "intermediates").glob("*")):
            with contextlib.suppress(FileNotFoundError):  # just being replaced; the next look sees it
                status = path.stat()
                found.add((str(path), status.st_mtime_ns, status.st_size))
        return frozenset(found)


def trust_of_folder(folder: Path) -> FolderTrust:
    """Return the authorities of system certificates in a folder; a missing one accepts nobody."""
    return FolderTrust(folder)


def _problem(result: PathResult, at: dt.datetime) -> str | None:
    if result.path is None:
        return "no accepted authority issued it"
    failures = [one for one in result.failures if not (one.index == 0 and one.defect in _OWN_DATES)]
    if failures:
        return f"its chain does not hold: {failures[0].defect}"
    if not result.path.anchor.certificate.valid_at(at):
        return "the authority's own certificate is not valid now"
    return None if result.path.anchor.trusted_at(at) else "the authority is no longer accepted"
