from __future__ import annotations

from django.db import models

from msign.connections.models.cases import Case


class Invoice(models.Model):
    """The fee of one system for one year."""

    case = models.ForeignKey(Case, models.PROTECT)
    number = models.CharField(max_length=30, unique=True)
    bani = models.BigIntegerField()
    period_from = models.DateField()
    period_to = models.DateField()
    issued = models.DateField()
    due = models.DateField()
    paid = models.DateField(null=True)
    cancelled = models.BooleanField(default=False)
    reminded = models.PositiveSmallIntegerField(default=0)  # steps of the ladder of reminders already taken
    pdf = models.BinaryField()
