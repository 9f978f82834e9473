"""Which CRLs cover a certificate, and what they say together (RFC 5280 clause 6.3.3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from msign.pki import asn1
from msign.pki import extensions as ext
from msign.pki.certificate import ParsedCertificate
from msign.pki.crl import REMOVE_FROM_CRL, CrlEntry, ParsedCrl
from msign.pki.extensions import DistributionPoint, GeneralName, IssuingDistributionPoint
from msign.pki.names import Name, parse_name

ALL_REASONS = frozenset(range(1, 9))


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the usable lists say: decided if all reasons are covered or an entry was found."""

    decided: bool
    entry: CrlEntry | None = None
    this_update: dt.datetime | None = None
    why: tuple[str, ...] = ()


@dataclass(slots=True)
class CrlJudge:
    """Applies CRLs to one certificate. ``vouched`` says whether a list's signature and signer hold."""

    certificate: ParsedCertificate
    issuer: ParsedCertificate
    vouched: Callable[[ParsedCrl], bool]
    _why: list[str] = field(default_factory=list)
    _covered: frozenset[int] = frozenset()
    _entry: CrlEntry | None = None
    _newest: dt.datetime | None = None

    def coverage(self, lists: Sequence[ParsedCrl]) -> Coverage:
        """Return what complete lists, corrected by delta lists, say about the certificate."""
        complete = sorted((c for c in lists if c.base_number is None), key=lambda c: c.this_update, reverse=True)
        deltas = [c for c in lists if c.base_number is not None]
        for point in self.certificate.distribution_points or (None,):
            for crl in complete:
                self._apply(point, crl, deltas)
        for crl in complete:  # clause 6.3.3, last paragraph: a list of the issuer itself, named or not
            if self._covered != ALL_REASONS:
                self._apply(None, crl, deltas)
        decided = self._covered == ALL_REASONS or self._entry is not None
        if not decided and not self._why:
            self._why.append("crl-not-found")
        return Coverage(decided, self._entry, self._newest, tuple(dict.fromkeys(self._why)))

    def _apply(self, point: DistributionPoint | None, crl: ParsedCrl, deltas: Sequence[ParsedCrl]) -> None:
        if not self._in_scope(point, crl):
            return
        reasons = _reasons(point, crl.distribution)
        if reasons <= self._covered:
            return
        if not crl.understood or not self.vouched(crl):
            self._why.append("crl-signature-invalid" if crl.understood else "crl-extension-unknown")
            return
        delta = self._delta_for(crl, deltas)
        entry = self._entry_in(crl, delta)
        if entry is not None and not entry.usable:
            self._why.append("crl-extension-unknown")
            return
        self._covered |= reasons
        self._entry = self._entry or entry
        updates = [c.this_update for c in (crl, delta) if c is not None]
        self._newest = max(updates if self._newest is None else [*updates, self._newest])

    def _in_scope(self, point: DistributionPoint | None, crl: ParsedCrl) -> bool:
        """Clause 6.3.3 b: right issuer, right distribution point, right kind of certificate."""
        scope = crl.distribution
        if not self._issuer_fits(point, crl, scope):
            return False
        if scope is None:
            return True
        if scope.only_attribute or (scope.only_user and self.certificate.is_ca):
            return False
        if scope.only_ca and not self.certificate.is_ca:
            return False
        return scope.point is None or self._point_fits(point, crl, scope.point)

    def _issuer_fits(
        self, point: DistributionPoint | None, crl: ParsedCrl, scope: IssuingDistributionPoint | None
    ) -> bool:
        if point is not None and point.crl_issuer:
            named = any(n.name is not None and n.name.key == crl.issuer.key for n in point.crl_issuer)
            return named and scope is not None and scope.indirect
        return crl.issuer.key == self.certificate.issuer.key

    def _point_fits(self, point: DistributionPoint | None, crl: ParsedCrl, own: DistributionPoint) -> bool:
        if point is None:
            return False
        theirs = _full_names(own, crl.issuer)
        if point.full_name or point.relative_name is not None:
            base = next((n.name for n in point.crl_issuer if n.name is not None), self.certificate.issuer)
            return bool(theirs & _full_names(point, base))
        return bool(theirs & {_key(name) for name in point.crl_issuer})

    def _delta_for(self, crl: ParsedCrl, deltas: Sequence[ParsedCrl]) -> ParsedCrl | None:
        """Clause 6.3.3 c: same issuer, same scope, same key, a base not newer than the complete list."""
        fitting = [d for d in deltas if _extends(d, crl) and d.understood and self.vouched(d)]
        return max(fitting, key=lambda d: d.number or 0, default=None)

    def _entry_in(self, crl: ParsedCrl, delta: ParsedCrl | None) -> CrlEntry | None:
        found = delta.entry(self.certificate.issuer, self.certificate.serial) if delta is not None else None
        if found is None:
            return crl.entry(self.certificate.issuer, self.certificate.serial)
        return None if found.reason == REMOVE_FROM_CRL else found


def _extends(delta: ParsedCrl, crl: ParsedCrl) -> bool:
    if delta.issuer.key != crl.issuer.key or delta.authority_key_id != crl.authority_key_id:
        return False
    scope, theirs = (
        crl.extensions.get(ext.ISSUING_DISTRIBUTION_POINT),
        delta.extensions.get(ext.ISSUING_DISTRIBUTION_POINT),
    )
    if (scope.value if scope else None) != (theirs.value if theirs else None):
        return False
    numbers = crl.number, delta.number, delta.base_number
    if any(number is None for number in numbers):
        return False
    complete, own, base = (number or 0 for number in numbers)
    return base <= complete < own


def _reasons(point: DistributionPoint | None, scope: IssuingDistributionPoint | None) -> frozenset[int]:
    """Clause 6.3.3 d: what both the point and the list cover."""
    of_point = ALL_REASONS if point is None or point.reasons is None else point.reasons
    of_list = ALL_REASONS if scope is None or scope.reasons is None else scope.reasons
    return of_point & of_list & ALL_REASONS


def _full_names(point: DistributionPoint, base: Name) -> set[object]:
    """Names of a point; a name relative to the issuer is completed first (clause 4.2.1.13)."""
    if point.relative_name is None:
        return {_key(name) for name in point.full_name}
    rdns = asn1.read_all(base.der).value + asn1.encode(asn1.SET, point.relative_name)
    return {parse_name(asn1.encode(asn1.SEQUENCE, rdns)).key}


def _key(name: GeneralName) -> object:
    return name.name.key if name.name is not None else (name.kind, name.value)
