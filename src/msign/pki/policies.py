"""Certificate policy processing as a graph (RFC 9618, which replaces the exponential tree of RFC 5280)."""

from __future__ import annotations

from dataclasses import dataclass, field

from msign.pki.certificate import ParsedCertificate
from msign.pki.extensions import ANY_POLICY


@dataclass(slots=True)
class _Node:
    expected: set[str]
    parents: set[str]


@dataclass(slots=True)
class PolicyGraph:
    """The valid policies of a path, one level a certificate; ``None`` levels mean that no policy is valid any more."""

    levels: list[dict[str, _Node]] = field(default_factory=lambda: [{ANY_POLICY: _Node({ANY_POLICY}, set())}])
    dead: bool = False

    def extend(self, certificate: ParsedCertificate, *, any_allowed: bool) -> None:
        """Add the policies of the next certificate (RFC 9618 clause 5.2, RFC 5280 clause 6.1.3 d and e)."""
        stated = certificate.policies
        if self.dead or not stated:
            self.dead = True
            return
        above, level = self.levels[-1], {}
        for policy in stated:
            if policy != ANY_POLICY and (parents := _parents(above, policy)):
                level[policy] = _Node({policy}, parents)
        if ANY_POLICY in stated and any_allowed:
            for policy in {p for node in above.values() for p in node.expected} - level.keys():
                level[policy] = _Node({policy}, {name for name, node in above.items() if policy in node.expected})
        self.levels.append(level)
        self.dead = not level

    def map(self, pairs: tuple[tuple[str, str], ...], *, allowed: bool) -> None:
        """Apply the policy mappings of a CA certificate (RFC 5280 clause 6.1.4 b)."""
        if self.dead:
            return
        level = self.levels[-1]
        for source in {issuer for issuer, _ in pairs}:
            targets = {subject for issuer, subject in pairs if issuer == source}
            if not allowed:
                level.pop(source, None)
            elif source in level:
                level[source].expected = targets
            elif ANY_POLICY in level:
                level[source] = _Node(targets, {ANY_POLICY})
        self.dead = not level

    def valid_policies(self, wanted: frozenset[str] | None) -> frozenset[str]:
        """Return the user-constrained policy set (RFC 5280 clause 6.1.5 g); ``None`` wants any policy."""
        if self.dead:
            return frozenset()
        authority = self._authority_constrained()
        if wanted is None or ANY_POLICY in wanted:
            return authority
        return wanted if ANY_POLICY in authority else authority & wanted

    def _authority_constrained(self) -> frozenset[str]:
        """Policies first stated under an anyPolicy node, as far as they reach the last certificate."""
        found: set[str] = {ANY_POLICY} if ANY_POLICY in self.levels[-1] else set()
        alive = set(self.levels[-1])
        for level in reversed(self.levels[1:]):
            found |= {p for p in alive if p != ANY_POLICY and ANY_POLICY in level[p].parents}
            alive = {parent for p in alive for parent in level[p].parents}
        return frozenset(found)


def _parents(above: dict[str, _Node], policy: str) -> set[str]:
    parents = {name for name, node in above.items() if policy in node.expected}
    return parents or ({ANY_POLICY} if ANY_POLICY in above else set())
