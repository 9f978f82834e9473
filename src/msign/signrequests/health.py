"""How the providers are doing, told from what became of the latest signing sessions."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from msign.kernel.clock import Clock
from msign.kernel.words import FailureReason
from msign.signrequests.ending import SIGNED
from msign.signrequests.models import SigningSession

RECENT = dt.timedelta(minutes=2)  # after that people may try again: nothing else would find out that it works
ENOUGH = 2  # one failed session may be bad luck
FRESH = dt.timedelta(seconds=5)  # how long an answer is used again


@dataclass(frozen=True, slots=True)
class ProviderHealth:
    """Whether a provider answers, and when it last delivered a signature (looked up only if it does not)."""

    reachable: bool = True
    last_success: dt.datetime | None = None


class HealthBoard:
    """Asks the sessions, at most once in a few seconds for each provider."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[str, tuple[dt.datetime, ProviderHealth]] = {}

    def of(self, provider: str) -> ProviderHealth:
        """Return the health of a provider."""
        now = self._clock.now()
        known = self._known.get(provider)
        if known is None or now - known[0] >= FRESH:
            known = (now, _look(provider, now))
            self._known[provider] = known
        return known[1]


def _look(provider: str, now: dt.datetime) -> ProviderHealth:
    ended = SigningSession.objects.filter(provider=provider, active=False)
    latest = ended.filter(ended_at__gt=now - RECENT).order_by("-ended_at")
    outcomes = list(latest.values_list("outcome", flat=True)[:ENOUGH])
    if len(outcomes) < ENOUGH or set(outcomes) != {FailureReason.INSTRUMENT_UNAVAILABLE.value}:
        return ProviderHealth()
    success = ended.filter(outcome=SIGNED).order_by("-ended_at").values_list("ended_at", flat=True).first()
    return ProviderHealth(reachable=False, last_success=success)
