"""Counting what a system uses, in the transaction of the change that it counts."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import F, QuerySet

from msign.kernel.words import Environment
from msign.signrequests.models import SignRequest, SystemUsage


@dataclass(frozen=True, slots=True)
class Usage:
    """What is in use now; SHA-1 hashes: ever posted."""

    open_requests: int = 0
    stored_bytes: int = 0
    sha1_hashes: int = 0


def usage(system_id: str, environment: Environment) -> Usage:
    """Return what a system uses in an environment."""
    row = SystemUsage.objects.filter(system_id=system_id, environment=environment.value).first()
    return Usage(row.open_requests, row.stored_bytes, row.sha1_hashes) if row else Usage()


def posted(system_id: str, environment: Environment, *, size: int, sha1: int) -> None:
    """Count a new request."""
    where = {"system_id": system_id, "environment": environment.value}
    rows = SystemUsage.objects.filter(**where)
    more = {
        "open_requests": F("open_requests") + 1,
        "stored_bytes": F("stored_bytes") + size,
        "sha1_hashes": F("sha1_hashes") + sha1,
    }
    if not rows.update(**more):
        SystemUsage.objects.get_or_create(system_id=system_id, environment=environment.value)
        rows.update(**more)


def finished(request_id: str, *, released: int = 0) -> None:
    """Count that a request is no longer open, and the bytes of its signatures."""
    SignRequest.objects.filter(pk=request_id).update(stored_bytes=F("stored_bytes") + released)
    _of(request_id).update(open_requests=F("open_requests") - 1, stored_bytes=F("stored_bytes") + released)


def removed(request_id: str) -> None:
    """Count that a finished request is about to go."""
    size = SignRequest.objects.values_list("stored_bytes", flat=True).get(pk=request_id)
    _of(request_id).update(stored_bytes=F("stored_bytes") - size)


def _of(request_id: str) -> QuerySet[SystemUsage]:
    row = SignRequest.objects.values("system_id", "environment").get(pk=request_id)
    return SystemUsage.objects.filter(**row)
