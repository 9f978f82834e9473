"""What is known of a trusted service: its certificate, its role, its history, where that was learnt."""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass

from msign.pki.certificate import ParsedCertificate
from msign.pki.qualifiers import QualificationRule


class ServiceRole(enum.StrEnum):
    """What a trusted service is trusted for (the service types of TS 119 612, reduced to what we use)."""

    SIGNERS_QUALIFIED = "signers-qualified"
    SIGNERS_ADVANCED = "signers-advanced"
    TSA = "tsa"
    SYSTEMS = "systems"


SIGNER_ROLES = (ServiceRole.SIGNERS_QUALIFIED, ServiceRole.SIGNERS_ADVANCED)


@dataclass(frozen=True, slots=True)
class TrustPeriod:
    """A stretch of a service's history (TS 119 612 clause 5.5.4): granted or not, since when.

    ``rules`` are its Qualifications extension (clause 5.5.9.2): which certificates of the service are what.
    """

    since: dt.datetime
    granted: bool
    rules: tuple[QualificationRule, ...] = ()


@dataclass(frozen=True, slots=True)
class TrustAnchor:
    """A certificate that paths may end at: a root, an issuing CA or a time-stamping unit, with its history if known.

    ``source`` names the trusted list that it was learnt from, ``due`` says when that list has to be replaced; an anchor
    that the operator put into a folder has neither.
    """

    certificate: ParsedCertificate
    role: ServiceRole
    service: str = ""
    periods: tuple[TrustPeriod, ...] = ()  # empty: always trusted
    source: str = ""
    due: dt.datetime | None = None

    def trusted_at(self, at: dt.datetime) -> bool:
        """Tell whether the service had the status granted at ``at``."""
        if not self.periods:
            return True
        period = self.period_at(at)
        return period is not None and period.granted

    def period_at(self, at: dt.datetime) -> TrustPeriod | None:
        """Return the stretch of the history that ``at`` falls into; ``None`` before it begins."""
        past = [period for period in self.periods if period.since <= at]
        return max(past, key=lambda period: period.since) if past else None
