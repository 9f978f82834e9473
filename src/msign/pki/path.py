"""Path building: from a certificate up to an anchor, through whatever certificates are at hand (RFC 4158)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from msign.pki import rfc5280
from msign.pki.certificate import ParsedCertificate
from msign.pki.rfc5280 import PathFailure, PathParameters
from msign.pki.trust import ServiceRole, TrustAnchor, TrustStore

T = TypeVar("T")
MAX_DEPTH = 10  # certificates above the end entity
MAX_PATHS = 48  # candidate paths tried before giving up
MAX_STEPS = 600  # issuers considered: bounds meshes of cross-certificates


class IssuerSource(Protocol):
    """Finds the issuer of a certificate elsewhere, for example through authorityInfoAccess."""

    def issuers(self, certificate: ParsedCertificate) -> tuple[ParsedCertificate, ...]:
        """Return candidates; never raises for what the network does."""
        ...


@dataclass(frozen=True, slots=True)
class Path:
    """A chain, end entity first, that ends at ``anchor`` (whose certificate is the last element)."""

    certificates: tuple[ParsedCertificate, ...]
    anchor: TrustAnchor


@dataclass(frozen=True, slots=True)
class PathResult:
    """The best path found with its defects, or none and the certificate whose issuer is missing."""

    path: Path | None
    failures: tuple[PathFailure, ...] = ()
    orphan: ParsedCertificate | None = None
    accepted: bool = False

    @property
    def holds(self) -> bool:
        """Tell whether there is a path without a defect that was also accepted."""
        return self.accepted


Acceptance = Callable[[Path], bool]


@dataclass(slots=True)
class PathBuilder:
    """Finds paths to the anchors of given roles. ``extra`` are certificates that came with the document."""

    trust: TrustStore
    roles: tuple[ServiceRole, ...]
    extra: Iterable[ParsedCertificate] = ()
    issuers: IssuerSource | None = None
    _pool: dict[object, list[ParsedCertificate]] = field(default_factory=dict)
    _orphan: ParsedCertificate | None = None
    _steps: int = 0

    def __post_init__(self) -> None:
        for certificate in dict.fromkeys(self.extra):
            self._pool.setdefault(certificate.subject.key, []).append(certificate)

    def best(
        self,
        certificate: ParsedCertificate,
        at: dt.datetime,
        parameters: PathParameters | None = None,
        accept: Acceptance | None = None,
    ) -> PathResult:
        """Return the first path that holds at ``at`` and that ``accept`` agrees with; else the least bad one."""
        best: PathResult | None = None
        for number, path in enumerate(self.paths(certificate)):
            failures = rfc5280.validate(path.certificates, at, parameters)
            if not failures and path.anchor.trusted_at(at) and (accept is None or accept(path)):
                return PathResult(path, accepted=True)
            if best is None or len(failures) < len(best.failures):
                best = PathResult(path, failures)
            if number + 1 >= MAX_PATHS:
                break
        return best or PathResult(None, orphan=self._orphan or certificate)

    def paths(self, certificate: ParsedCertificate) -> Iterator[Path]:
        """Yield candidate paths, likely ones first. An issuer whose key does not fit comes only for lack of others."""
        self._orphan, self._steps = None, 0
        if anchor := self.trust.anchor_of(certificate, self.roles):
            yield Path((certificate,), anchor)
            return
        yield from self._climb((certificate,))

    def _climb(self, chain: tuple[ParsedCertificate, ...]) -> Iterator[Path]:
        top = chain[-1]
        anchors = self.trust.named(top.issuer, self.roles)
        for anchor in _likely_first(anchors, top, lambda a: a.certificate):
            yield Path((*chain, anchor.certificate), anchor)
        if len(chain) > MAX_DEPTH:
            return
        candidates = self._candidates(top, chain)
        if not anchors and not candidates and self._orphan is None:
            self._orphan = top
        for issuer in candidates:
            self._steps += 1
            if self._steps > MAX_STEPS:
                return
            yield from self._climb((*chain, issuer))

    def _candidates(
        self, certificate: ParsedCertificate, chain: tuple[ParsedCertificate, ...]
    ) -> list[ParsedCertificate]:
        pool = [*self._pool.get(certificate.issuer.key, ()), *self.trust.intermediates_named(certificate.issuer)]
        fresh = self._unused(pool, chain)
        if not fresh and self.issuers is not None and not certificate.self_issued:
            fetched = [c for c in self.issuers.issuers(certificate) if c.subject.key == certificate.issuer.key]
            for found in fetched:
                self._pool.setdefault(found.subject.key, []).append(found)
            fresh = self._unused(fetched, chain)
        signers = [c for c in fresh if c.public_key is None or rfc5280.signed_by(certificate, c.public_key)]
        return _likely_first(signers or fresh[:1], certificate, lambda c: c)

    @staticmethod
    def _unused(
        candidates: Iterable[ParsedCertificate], chain: tuple[ParsedCertificate, ...]
    ) -> list[ParsedCertificate]:
        """Leave out repetitions: the same name and key a second time leads in a circle (RFC 4158 clause 2.4.2)."""
        used = {(c.subject.key, c.spki) for c in chain}
        return [c for c in dict.fromkeys(candidates) if (c.subject.key, c.spki) not in used]


def _likely_first(items: Iterable[T], child: ParsedCertificate, of: Callable[[T], ParsedCertificate]) -> list[T]:
    """Order by key identifier: the same first, unknown next, different last; then the youngest."""

    def rank(item: T) -> tuple[int, float]:
        issuer = of(item)
        ours, theirs = child.authority_key_id, issuer.subject_key_id
        fit = 1 if ours is None or theirs is None else 0 if ours == theirs else 2
        return fit, -issuer.not_before.timestamp()

    return sorted(items, key=rank)
