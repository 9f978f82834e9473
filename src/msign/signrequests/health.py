"""How the providers are doing: what the worker's checks found, and what became of the latest signing sessions."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from msign.kernel.clock import Clock
from msign.kernel.words import FailureReason
from msign.signrequests.ending import SIGNED
from msign.signrequests.models import ProviderCheck, SigningSession

RECENT = dt.timedelta(minutes=2)  # after that people may try again: nothing else would find out that signing works
ENOUGH = 2  # one failed session may be bad luck
FRESH = dt.timedelta(seconds=5)  # how long an answer is used again
PATIENCE = dt.timedelta(seconds=15)  # one check that failed may be bad luck, or a restart
STALE = dt.timedelta(minutes=10)  # a check that old says nothing: no worker runs


@dataclass(frozen=True, slots=True)
class ProviderHealth:
    """Whether a provider answers, and when it last delivered a signature (looked up only if it does not).

    ``trouble`` is what the latest check found, in words for the operator, and may stand beside ``reachable`` for the
    first seconds; ``checked_at`` is ``None`` where nothing was checked lately.
    """

    reachable: bool = True
    last_success: dt.datetime | None = None
    checked_at: dt.datetime | None = None
    trouble: str = ""


class HealthBoard:
    """Asks the rows, at most once in a few seconds for each provider. Contacts nobody."""

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
    check = ProviderCheck.objects.filter(pk=provider, checked_at__gt=now - STALE).first()
    checked_at, trouble = (check.checked_at, check.trouble) if check else (None, "")
    lasting = check is not None and check.since is not None and check.checked_at - check.since >= PATIENCE
    if not lasting and not _sessions_fail(provider, now):
        return ProviderHealth(checked_at=checked_at, trouble=trouble)
    signed = SigningSession.objects.filter(provider=provider, active=False, outcome=SIGNED)
    success = signed.order_by("-ended_at").values_list("ended_at", flat=True).first()
    return ProviderHealth(False, success, checked_at, trouble)


def _sessions_fail(provider: str, now: dt.datetime) -> bool:
    latest = SigningSession.objects.filter(provider=provider, active=False, ended_at__gt=now - RECENT)
    outcomes = list(latest.order_by("-ended_at").values_list("outcome", flat=True)[:ENOUGH])
    return len(outcomes) == ENOUGH and set(outcomes) == {FailureReason.INSTRUMENT_UNAVAILABLE.value}
