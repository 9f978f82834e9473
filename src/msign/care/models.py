"""Rows of files under care. The files themselves lie on the shelves of whoever owns them."""

from __future__ import annotations

from django.db import models


class Item(models.Model):
    """One signed file that is kept provable: where it lies, what was reached, what comes next."""

    shelf = models.CharField(max_length=20)
    name = models.CharField(max_length=80)
    taken_in = models.DateTimeField()
    looked_at = models.DateTimeField(null=True)
    next_look = models.DateTimeField()
    level = models.CharField(max_length=8, blank=True)  # what care has reached; empty: nothing yet
    protected_until = models.DateTimeField(null=True)  # by its newest archive time-stamp
    raised = models.PositiveIntegerField(default=0)  # how often
    problem = models.TextField(blank=True)  # why the last look did not do what was due
    given_up = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shelf", "name"], name="care_one_for_shelf_and_name")]
