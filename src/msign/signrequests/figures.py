"""How signing attempts ended, counted in the transaction of their end, so that figures outlive the requests."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Max, Sum

from msign.kernel.clock import CHISINAU
from msign.kernel.words import Environment
from msign.signrequests.delegation import MANDATE
from msign.signrequests.models import SignatureCount, SigningSession, SignRequest


@dataclass(frozen=True, slots=True)
class Endings:
    """Attempts that ended alike. ``outcome`` is ``signed`` or a failure reason."""

    day: dt.date
    instrument: str
    outcome: str
    count: int


@dataclass(frozen=True, slots=True)
class Leaning:
    """Signatures that a mandate made possible."""

    count: int
    newest: dt.datetime | None


def ended(session: SigningSession, outcome: str, now: dt.datetime) -> None:
    """Count one attempt."""
    owner = SignRequest.objects.values("system_id", "environment").get(pk=session.request_id)
    key: dict[str, Any] = {
        **owner,
        "day": now.astimezone(CHISINAU).date(),
        "instrument": session.instrument,
        "outcome": outcome[:32],
    }
    if not SignatureCount.objects.filter(**key).update(count=F("count") + 1):
        SignatureCount.objects.get_or_create(**key)
        SignatureCount.objects.filter(**key).update(count=F("count") + 1)


def leaning_on(mandate: str) -> Leaning:
    """Return what leaned on a mandate, by its number, of the results that are still kept."""
    rows = SignRequest.objects.filter(delegation__how=MANDATE, delegation__reference=mandate)
    return Leaning(**rows.aggregate(count=Count("pk"), newest=Max("finished_at")))


def endings(system_id: str, environment: Environment, *, since: dt.date) -> tuple[Endings, ...]:
    """Return how a system's attempts ended, by day, instrument and outcome, oldest first."""
    rows = SignatureCount.objects.filter(system_id=system_id, environment=environment.value, day__gte=since)
    grouped = rows.values("day", "instrument", "outcome").annotate(total=Sum("count"))
    return tuple(
        Endings(row["day"], row["instrument"], row["outcome"], row["total"])
        for row in grouped.order_by("day", "instrument", "outcome")
    )
