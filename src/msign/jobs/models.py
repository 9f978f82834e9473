"""Rows of work that must survive a kill. A row exists for as long as there is something to do."""

from __future__ import annotations

from django.db import models


class Job(models.Model):
    """One thing to do, at most one for each kind and key; leased by a worker while it is done."""

    kind = models.CharField(max_length=60)
    key = models.CharField(max_length=120)
    payload = models.JSONField(default=dict)
    due = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    lease_token = models.CharField(max_length=32, default="")
    attempts = models.PositiveIntegerField(default=0)  # claims since the last one that went well
    wakes = models.PositiveIntegerField(default=0)  # how often somebody asked for it to run now
    last_error = models.TextField(default="")
    given_up_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="jobs_one_for_kind_and_key")]
        indexes = [models.Index(fields=["due"], name="jobs_due")]
