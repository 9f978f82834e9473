"""Keeps trusted lists fresh: fetch, verify, keep the last good one, raise an alarm (TS 119 615 clause 4).

A list counts only if one of its known signers signed the whole of it and it is not older than the one in force. A
failed refresh never takes trust away at once and never adds any: the last good list stays in force, and an alarm says
how old it is.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from msign.kernel.clock import Clock
from msign.kernel.errors import Code, MSignError
from msign.kernel.limits import MIB
from msign.pki.certificate import ParsedCertificate, parse
from msign.pki.fetch import Fetcher
from msign.pki.trust import TrustStore
from msign.validation.context import ValidationContext
from msign.validation.detached import DetachedContents
from msign.validation.model import Integrity, Scope
from msign.validation.trustlists.content import Pointer, TrustedList, read_list
from msign.validation.xades.judge import SignatureJudge
from msign.validation.xades.structure import find_signatures
from msign.validation.xades.xml import parse_xml

MAX_LIST_BYTES = 32 * MIB
MAX_PIVOTS = 16
MAX_FOLLOWED = 64  # lists of one list of lists; the European one has 31
WARN_BEFORE = dt.timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something about a list that an operator should know; ``code`` is stable."""

    code: str
    location: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Refreshed:
    """The outcome: what is trusted now, which lists are in force, what is wrong."""

    store: TrustStore
    lists: tuple[TrustedList, ...]
    alarms: tuple[Alarm, ...]


@dataclass(frozen=True, slots=True)
class ListSource:
    """A list to follow: a URL or a file, and the certificates of those who may sign it. No signers: never believed."""

    location: str
    signers: tuple[ParsedCertificate, ...]
    follow: bool = False  # it is a list of lists: take in the lists that it points to
    territories: frozenset[str] = frozenset()  # of those, only these; empty: all


@dataclass(slots=True, kw_only=True)
class TrustedLists:
    """Refreshes a set of lists; the last good octets of each are kept in ``folder``."""

    sources: Sequence[ListSource]
    folder: Path
    clock: Clock
    fetcher: Fetcher | None = None
    _alarms: list[Alarm] = field(default_factory=list)

    def refresh(self) -> Refreshed:
        """Fetch and verify every list. Raises nothing that a list or the network causes."""
        self._alarms = []
        lists = [found for source in self.sources for found in self._follow(source)]
        store = TrustStore()
        for found in lists:
            store |= found.store
        return Refreshed(store, tuple(lists), tuple(self._alarms))

    def _follow(self, source: ListSource) -> list[TrustedList]:
        first = self._list(source.location, source.signers, pivots=source.follow)
        if first is None:
            return []
        if not source.follow:
            return [first]
        chosen = [p for p in first.pointers if not p.is_list_of_lists and self._wanted(p, source)]
        if len(chosen) > MAX_FOLLOWED:
            self._alarm("trusted-list-points-to-too-many", source.location, str(len(chosen)))
        chosen = chosen[:MAX_FOLLOWED]
        return [found for p in chosen if (found := self._list(p.location, p.signers)) is not None]

    @staticmethod
    def _wanted(pointer: Pointer, source: ListSource) -> bool:
        machine_readable = pointer.location.lower().endswith((".xml", ".xtsl"))
        return machine_readable and (not source.territories or pointer.territory in source.territories)

    def _stated(self, location: str) -> bool:
        """Whether the operator named this place. What lists point to is fetched from the public network only."""
        return any(location == source.location for source in self.sources)

    def _list(
        self, location: str, signers: tuple[ParsedCertificate, ...], *, pivots: bool = False
    ) -> TrustedList | None:
        kept = self._kept(location, signers, pivots=pivots)
        fresh = self._fresh(location, signers, kept, pivots=pivots)
        chosen = fresh or kept
        if chosen is None:
            self._alarm("trusted-list-missing", location)
            return None
        self._age(chosen, location)
        return chosen

    def _fresh(
        self, location: str, signers: tuple[ParsedCertificate, ...], kept: TrustedList | None, *, pivots: bool
    ) -> TrustedList | None:
        try:
            data = self._octets(location)
            found = self._verified(data, signers, pivots=pivots)
            if kept is not None and found.sequence < kept.sequence:
                raise MSignError(Code.CONFLICT, f"sequence {found.sequence} is older than {kept.sequence} in force")
        except (MSignError, OSError) as error:
            self._alarm("trusted-list-refresh-failed", location, str(error))
            return None
        self._keep(location, data)
        return found

    def _kept(self, location: str, signers: tuple[ParsedCertificate, ...], *, pivots: bool) -> TrustedList | None:
        """The last good list is verified again: the folder is not trusted either."""
        place = self._place(location)
        if not place.is_file():
            return None
        try:
            return self._verified(place.read_bytes(), signers, pivots=pivots)
        except (MSignError, OSError) as error:
            self._alarm("trusted-list-kept-unusable", location, str(error))
            return None

    def _octets(self, location: str) -> bytes:
        if location.startswith(("http://", "https://")):
            if self.fetcher is None:
                raise MSignError(Code.UNAVAILABLE, "offline")
            return self.fetcher.get(location, MAX_LIST_BYTES)
        if not self._stated(location):
            raise MSignError(Code.UNAVAILABLE, "a list may point to http and https addresses only")
        path = Path(location.removeprefix("file://"))
        if path.stat().st_size > MAX_LIST_BYTES:
            raise MSignError(Code.TOO_LARGE, "the trusted list is larger than the limit")
        return path.read_bytes()

    def _verified(self, data: bytes, signers: tuple[ParsedCertificate, ...], *, pivots: bool) -> TrustedList:
        document = parse_xml(data)
        found = read_list(document.root)
        if pivots and not _signed_by(data, signers, self.clock):
            signers = self._through_pivots(found, signers)
        if not _signed_by(data, signers, self.clock):
            raise MSignError(Code.UNREADABLE_DOCUMENT, "the trusted list is not signed by one of its known signers")
        return found

    def _through_pivots(
        self, found: TrustedList, signers: tuple[ParsedCertificate, ...]
    ) -> tuple[ParsedCertificate, ...]:
        """TS 119 615 clause 4.2: from the oldest pivot on, each names the signers of the next."""
        for location in reversed(found.pivots[:MAX_PIVOTS]):
            try:
                data = self._octets(location)
                pivot = read_list(parse_xml(data).root)
            except (MSignError, OSError) as error:
                self._alarm("pivot-unavailable", location, str(error))
                continue
            if _signed_by(data, signers, self.clock):
                named = next((p.signers for p in pivot.pointers if p.is_list_of_lists and p.signers), signers)
                signers = named
            else:
                self._alarm("pivot-not-signed-by-known-signer", location)
        return signers

    def _age(self, found: TrustedList, location: str) -> None:
        now = self.clock.now()
        if found.next_update is None or now > found.next_update:
            self._alarm("trusted-list-overdue", location, str(found.next_update))
        elif now + WARN_BEFORE > found.next_update:
            self._alarm("trusted-list-due-soon", location, found.next_update.isoformat())

    def _alarm(self, code: str, location: str, detail: str = "") -> None:
        self._alarms.append(Alarm(code, location, detail[:300]))

    def _place(self, location: str) -> Path:
        return self.folder / f"{hashlib.sha256(location.encode()).hexdigest()[:32]}.xml"

    def _keep(self, location: str, data: bytes) -> None:
        """Keep the octets of a good list. A full disk costs the memory of it, not the list itself."""
        place = self._place(location)
        draft = place.with_suffix(".new")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(data)
            draft.replace(place)
        except OSError as error:
            self._alarm("trusted-list-not-kept", location, str(error.strerror))


def _signed_by(data: bytes, signers: tuple[ParsedCertificate, ...], clock: Clock) -> bool:
    """Tell whether one of the signers signed the whole list (TS 119 612 clause 5.7: one enveloped signature).

    The signers are known one by one, so no chain is needed; their validity at the present moment is.
    """
    document = parse_xml(data)
    signatures = find_signatures(document)
    if len(signatures) != 1 or not signers:
        return False
    context = ValidationContext(trust=TrustStore(), clock=clock)
    report = SignatureJudge(signatures[0], DetachedContents(), context).judge()
    known = next((s for s in signers if s.der == report.certificate or _same_key(s, report.certificate)), None)
    return (
        known is not None
        and known.valid_at(clock.now())
        and report.integrity is Integrity.VALID
        and report.scope is Scope.FULL
    )


def _same_key(signer: ParsedCertificate, der: bytes | None) -> bool:
    """A signer's certificate may have been renewed under the same name and key."""
    if der is None:
        return False
    other = parse(der)
    return other.spki == signer.spki and other.subject.key == signer.subject.key
