"""The verbs of the job table. Call them in the transaction of the change: state and work commit together."""

from __future__ import annotations

import datetime as dt

from django.db.models import DateTimeField, F, Q, Value
from django.db.models.functions import Least

from msign.jobs.models import Job
from msign.jobs.values import Payload, Waiting


def enqueue(kind: str, key: str, payload: Payload, due: dt.datetime) -> None:
    """Ask for work at ``due``. If the job exists it is kept, gets the payload and runs at the earlier of both times.

    A job that is just being done is done once more afterwards, so that nothing asked for meanwhile is missed.
    """
    while not _created(kind, key, payload, due):
        more = {"payload": payload, "due": Least(F("due"), Value(due, output_field=DateTimeField()))}
        if Job.objects.filter(kind=kind, key=key).update(wakes=F("wakes") + 1, given_up_at=None, **more):
            return  # otherwise it was done and removed between the two statements: make it anew


def ensure(kind: str, key: str, payload: Payload, due: dt.datetime) -> None:
    """Make sure that a recurring job exists; one that exists is left alone."""
    Job.objects.get_or_create(kind=kind, key=key, defaults={"payload": payload, "due": due})


def wake(kind: str, key: str, now: dt.datetime) -> bool:
    """Let the job run now instead of later; tell whether there is such a job."""
    return bool(Job.objects.filter(kind=kind, key=key, given_up_at=None).update(due=now, wakes=F("wakes") + 1))


def waiting(now: dt.datetime) -> Waiting:
    """Count what is due, being done and given up."""
    return Waiting(
        due=Job.objects.filter(Q(lease_until=None) | Q(lease_until__lt=now), due__lte=now, given_up_at=None).count(),
        leased=Job.objects.filter(lease_until__gte=now).count(),
        given_up=Job.objects.exclude(given_up_at=None).count(),
    )


def _created(kind: str, key: str, payload: Payload, due: dt.datetime) -> bool:
    _job, created = Job.objects.get_or_create(kind=kind, key=key, defaults={"payload": payload, "due": due})
    return created
