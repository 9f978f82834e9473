"""What a judgement runs with: whom to trust, where to ask, what time it is, by which policy."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from msign.kernel.clock import Clock, SystemClock
from msign.pki.evidence import NoRevocation, RevocationSource
from msign.pki.path import IssuerSource
from msign.pki.trust import TrustStore
from msign.validation.policy import DEFAULT_POLICY, Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationContext:
    """Collaborators of the validation processes. ``at`` overrides the clock (``msign verify --at``)."""

    trust: TrustStore
    revocation: RevocationSource = field(default_factory=NoRevocation)
    clock: Clock = field(default_factory=SystemClock)
    policy: Policy = DEFAULT_POLICY
    at: dt.datetime | None = None
    issuers: IssuerSource | None = None  # finds missing issuers (AIA); None = only what is at hand

    def now(self) -> dt.datetime:
        """Return the moment for which the verdict is asked."""
        return self.at or self.clock.now()
