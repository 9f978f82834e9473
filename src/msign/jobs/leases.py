"""Claiming, renewing and giving back. Every write names the lease token: who lost the lease changes nothing."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Collection
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet

from msign.jobs.models import Job
from msign.jobs.values import Done, GivenUp, Later, Outcome, Task

MAX_ERROR = 2000  # characters of an error kept in the row


@dataclass(frozen=True, slots=True)
class Lease:
    """A claim on one job. ``wakes`` is what the row said when it was claimed."""

    job: int
    token: str
    wakes: int
    task: Task


def claim(kinds: Collection[str], now: dt.datetime, lease: dt.timedelta, limit: int) -> list[Lease]:
    """Take up to ``limit`` jobs that are due, oldest first; those of a killed worker too, once their lease is over."""
    if limit <= 0 or not _due(kinds, now).exists():  # a look costs no write lock
        return []
    with transaction.atomic():
        rows = _due(kinds, now).order_by("due", "id")
        if connection.features.has_select_for_update_skip_locked:
            rows = rows.select_for_update(skip_locked=True)
        taken = [_take(job, now + lease) for job in rows[:limit]]
    return [one for one in taken if one is not None]


def renew(leases: Collection[Lease], until: dt.datetime) -> None:
    """Keep the claims while their handlers still run."""
    for lease in leases:
        Job.objects.filter(pk=lease.job, lease_token=lease.token).update(lease_until=until)


def settle(lease: Lease, outcome: Outcome, now: dt.datetime) -> bool:
    """Write down how it went; tell whether the lease was still ours."""
    mine = Job.objects.filter(pk=lease.job, lease_token=lease.token)
    free = {"lease_until": None, "lease_token": ""}
    with transaction.atomic():
        match outcome:
            case Done():
                if mine.filter(wakes=lease.wakes).delete()[0]:
                    return True
                return bool(mine.update(due=now, attempts=0, **free))  # woken meanwhile: once more
            case Later(seconds):
                due = now + dt.timedelta(seconds=seconds)
                if mine.filter(wakes=lease.wakes).update(due=due, attempts=0, last_error="", **free):
                    return True
                return bool(mine.update(due=now, attempts=0, **free))
            case GivenUp(reason):
                return bool(mine.update(given_up_at=now, last_error=reason[:MAX_ERROR], **free))


def postpone(lease: Lease, error: str, due: dt.datetime) -> bool:
    """Try again at ``due`` after an error; ``attempts`` keeps growing."""
    mine = Job.objects.filter(pk=lease.job, lease_token=lease.token)
    return bool(mine.update(due=due, last_error=error[:MAX_ERROR], lease_until=None, lease_token=""))


def _due(kinds: Collection[str], now: dt.datetime) -> QuerySet[Job]:
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    return Job.objects.filter(free, kind__in=list(kinds), due__lte=now, given_up_at=None)


def _take(job: Job, until: dt.datetime) -> Lease | None:
    token = secrets.token_hex(16)
    same = Job.objects.filter(pk=job.pk, lease_token=job.lease_token, wakes=job.wakes)  # compare …
    if not same.update(lease_token=token, lease_until=until, attempts=F("attempts") + 1):  # … and set
        return None
    task = Task(kind=job.kind, key=job.key, payload=job.payload, attempts=job.attempts + 1)
    return Lease(job=job.pk, token=token, wakes=job.wakes, task=task)
