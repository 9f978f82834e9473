"""What happens by the clock: expiry, removal after retention, sweep of what killed processes left behind."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q

from msign.audit import events
from msign.jobs import services as jobs
from msign.jobs.values import Handler, Later, Outcome, Task
from msign.kernel.clock import Clock
from msign.kernel.words import SignStatus
from msign.signrequests import ending, usage
from msign.signrequests.contents import LocalContentStore
from msign.signrequests.models import SignContent, SigningSession, SignRequest
from msign.signrequests.rules import REMOVAL_PERIOD, Rules
from msign.signrequests.sessions import SESSION_JOB

EXPIRE_JOB, RETENTION_JOB, SWEEP_JOB = "signrequests.expire", "signrequests.retention", "signrequests.sweep"
_EVERY_MINUTE, _HOURLY = 60.0, 3600.0
ORPHAN_AGE = dt.timedelta(hours=24)  # far longer than any post takes to commit
_GRACE = dt.timedelta(minutes=2)
_BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Upkeep:
    """Recurring jobs; each does a batch and comes again, at once if there is more."""

    store: LocalContentStore
    clock: Clock
    rules: Rules

    def handlers(self) -> dict[str, Handler]:
        """Return the handlers for the worker."""
        return {EXPIRE_JOB: self.expire, RETENTION_JOB: self.remove_old, SWEEP_JOB: self.sweep}

    def schedule(self) -> None:
        """Make sure that the jobs exist."""
        for kind in self.handlers():
            jobs.ensure(kind, "all", {}, self.clock.now())

    def expire(self, _task: Task) -> Outcome:
        """Expire pending requests whose time is over and that nobody is signing."""
        now = self.clock.now()
        due = SignRequest.objects.filter(status=SignStatus.PENDING.value, expires_at__lte=now).exclude(
            sessions__active=True
        )
        rows = list(due.order_by("expires_at")[:_BATCH])
        for row in rows:
            ending.expire_if_due(row, now)
        self._revive(now)
        return _again(len(rows), _EVERY_MINUTE)

    def _revive(self, now: dt.datetime) -> None:
        """Let sessions that are past their deadline and still open be worked again, whatever became of their jobs."""
        late = SigningSession.objects.filter(active=True, deadline__lte=now - _GRACE)
        for order_id in late.values_list("order_id", flat=True)[:_BATCH]:
            jobs.enqueue(SESSION_JOB, order_id, {}, now)

    def remove_old(self, _task: Task) -> Outcome:
        """Delete finished requests after the online retention, with their documents and signatures."""
        now = self.clock.now()
        old = Q(finished_at__lte=now - self.rules.retention)
        uploaded = now - self.rules.own_keep + REMOVAL_PERIOD
        own = Q(system_id__in=self.rules.own_systems, created_at__lte=uploaded, finished_at__isnull=False)
        rows = list(SignRequest.objects.filter(old | own).order_by("finished_at")[:_BATCH])
        for row in rows:
            self.remove(row)
        return _again(len(rows), REMOVAL_PERIOD.total_seconds())

    def discard(self, request_id: str) -> bool:
        """Delete a finished request of somebody's own documents, because they ask; tell whether there was one."""
        own = SignRequest.objects.filter(system_id__in=self.rules.own_systems, finished_at__isnull=False)
        row = own.filter(pk=request_id).first()
        if row is not None:
            self.remove(row)
        return row is not None

    def sweep(self, _task: Task) -> Outcome:
        """Delete files that no row knows: of posts and results that were killed before their commit."""
        before = self.clock.now() - ORPHAN_AGE
        batch: list[str] = []
        for key in self.store.keys_older_than(before):
            batch.append(key)
            if len(batch) == _BATCH:
                self._drop_orphans(batch)
                batch = []
        self._drop_orphans(batch)
        self.store.drop_unfinished(before)
        for order_id in self.store.workspaces():
            if not SigningSession.objects.filter(order_id=order_id, active=True).exists():
                self.store.close_workspace(order_id)
        return Later(_HOURLY)

    def remove(self, row: SignRequest) -> None:
        """Delete one finished request with its documents and signatures."""
        contents = row.contents.values_list("key", "signature_key")
        keys = [key for pair in contents for key in pair if key]
        with transaction.atomic():
            present = SignRequest.objects.select_for_update().filter(pk=row.pk, finished_at__isnull=False)
            if present.exists():
                usage.removed(row.pk)
                present.delete()
                events.request_removed(at=self.clock.now(), request_id=row.pk, files=len(keys))
        for key in keys:  # after the commit: a kill in between leaves orphans, never rows without files
            self.store.remove(key)

    def _drop_orphans(self, keys: list[str]) -> None:
        known: set[str] = set()
        rows = SignContent.objects.filter(Q(key__in=keys) | Q(signature_key__in=keys))
        for pair in rows.values_list("key", "signature_key"):
            known.update(pair)
        for key in set(keys) - known:
            self.store.remove(key)


def _again(done: int, pause: float) -> Outcome:
    return Later(0 if done == _BATCH else pause)
