"""Rows of mandates. They are added and revoked, never rewritten: what a signature leaned on can be read later."""

from __future__ import annotations

from django.db import models


class MandateRow(models.Model):
    """One power to sign for another."""

    number = models.CharField(max_length=40, unique=True)
    delegator_type = models.CharField(max_length=16)
    delegator_id = models.CharField(max_length=13)
    delegate_id = models.CharField(max_length=13)
    role = models.BigIntegerField(default=0)
    basis = models.CharField(max_length=200)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_why = models.CharField(max_length=200, default="")
    added_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["delegator_id", "delegate_id"], name="mandates_of_both")]
