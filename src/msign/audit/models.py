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
    body = models.TextField()
    previous = models.CharField(max_length=64, unique=True)  # unique: a chain cannot fork
    hash = models.CharField(max_length=64, unique=True)

    class Meta:
        managed = False
        db_table = "audit_event"
