"""Where a system certificate comes from: the accepted authorities of an environment, then their revocation services."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from msign.connections.ports import ChainVerdict
from msign.kernel.clock import Clock
from msign.kernel.errors import MSignError
from msign.kernel.words import Environment
from msign.pki.certificate import parse
from msign.pki.evidence import RevocationSource
from msign.pki.path import PathBuilder
from msign.pki.revocation import StatusFinder, StatusKind
from msign.pki.trust import ServiceRole, TrustStore


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustChainJudge:
    """Judges by RFC 5280 against the anchors of role ``systems``; OCSP and CRL answer for revocation.

    Dates of the certificate itself are left to the desk's own checks, which say more about them.
    """

    trust: Mapping[Environment, TrustStore]
    revocation: RevocationSource
    clock: Clock

    def judge(self, certificate: bytes, environment: Environment) -> ChainVerdict:
        """Return whether an accepted authority issued ``certificate``, and whether it is revoked."""
        now = self.clock.now()
        try:
            parsed = parse(certificate)
            builder = PathBuilder(trust=self.trust[environment], roles=(ServiceRole.SYSTEMS,))
            moment = min(max(now, parsed.not_before), parsed.not_after)
            result = builder.best(parsed, moment)
            if result.path is None or not result.holds:
                return ChainVerdict(trusted=False)
            status = StatusFinder(builder=builder, source=self.revocation).status(
                parsed, result.path.certificates[1:], now, now
            )
        except MSignError:
            return ChainVerdict(trusted=False)
        known = {StatusKind.GOOD: False, StatusKind.REVOKED: True, StatusKind.SUSPENDED: True}
        return ChainVerdict(trusted=True, revoked=known.get(status.kind), on_hold=status.kind is StatusKind.SUSPENDED)
