"""The trail. Rows are only ever added; the database itself refuses to change or remove one."""

from __future__ import annotations

from django.db import models


class Event(models.Model):
    """One thing that happened. ``body`` is what was hashed; the other columns repeat parts of it for searching.

    Unmanaged, so that no command that empties tables ever counts this one in; the migration creates it.
    """

    sequence = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    tag = models.CharField(max_length=60)
    subject = models.CharField(max_length=80)
    actor = models.CharField(max_length=80)
    body = models.TextField()
    previous = models.CharField(max_length=64, unique=True)  # unique: a chain cannot fork
    hash = models.CharField(max_length=64, unique=True)

    class Meta:
        managed = False
        db_table = "audit_event"


class ChainCheck(models.Model):
    """How far the verification of the chain has come, and how the last whole one ended. One row."""

    started = models.DateTimeField(null=True)  # of the walk under way
    sequence = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, blank=True)
    finished = models.DateTimeField(null=True)
    whole_sequence = models.BigIntegerField(default=0)
    whole_hash = models.CharField(max_length=64, blank=True)
    broken = models.BigIntegerField(null=True)
    why = models.CharField(max_length=200, blank=True)
